"""Ways out of the Lesson: to a test of one's own photo, and to an exercise with it; and its pictures of a change."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import PATIENCE, PHONE, RUN, WIDE
from playwright.sync_api import Locator, Page, expect
from test_page import finished

from demo.server import addresses

expect.set_options(timeout=PATIENCE)


def screen_of(page: Page, key: str) -> Locator:
    """A screen with its answer."""
    page.get_by_role("tab", name="Lesson", exact=True).first.click()
    expect(page.locator("#lesson .course")).to_be_visible(timeout=RUN)
    page.locator(f"#lesson .way [data-to={key}]").click()
    screen = page.locator(f"#lesson .screen[data-screen={key}]")
    if screen.locator(".skip").is_visible():
        screen.locator(".skip").click()
    expect(screen.locator(".own")).to_be_visible()
    return screen


@pytest.mark.parametrize("size", [WIDE, PHONE])
@pytest.mark.parametrize("key", ["noise", "jpeg"])
def test_a_link_goes_to_where_an_attacked_photo_is_tested(opened: Page, key: str, size: dict[str, int]) -> None:
    opened.set_viewport_size(size)  # type: ignore[arg-type]
    screen = screen_of(opened, key)
    expect(screen.locator(".own")).to_contain_text("press “Test it” at “Is it real?”, far below the pictures")
    link = screen.locator(".own .way-there")
    words, lines = link.bounding_box(), link.evaluate("one => parseFloat(getComputedStyle(one).lineHeight)")
    assert words and words["height"] < 2 * lines and words["width"] > 100  # one line of plain words
    link.click()
    expect(opened.locator("#real h2")).to_be_in_viewport()
    expect(opened.locator("#real-button")).to_be_in_viewport(ratio=1)
    expect(opened.locator("#real-button")).to_have_text("Test it")
    expect(opened.locator("#to-real")).to_be_visible(visible=size == PHONE)  # so it is on small screens only


def test_single_dots_of_a_change_do_not_fade_where_its_picture_is_made_smaller(opened: Page) -> None:
    opened.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for key, titles in {"flip": ["The change"], "noise": ["The attack", "Random noise"]}.items():
        grains = screen_of(opened, key).locator(".grains")
        assert grains.locator("h4").all_inner_texts() == titles
        how = grains.locator("img").evaluate_all("all => all.map(one => getComputedStyle(one).imageRendering)")
        assert set(how) == {"pixelated"}


def exercise(page: Page, key: str) -> Locator:
    """The button of a screen's exercise."""
    return screen_of(page, key).locator(".own .go")


@pytest.mark.usefixtures("small_photos")
def test_a_result_that_the_visitor_made_stays_until_another_is_made(
    visit: Callable[..., Page], photos: dict[str, Path]
) -> None:
    page = visit(WIDE)
    note, verdict, stage = page.locator("#photo-note p"), page.locator("#verdict"), page.locator("#stage")
    exercise(page, "plant").click()
    expect(note).to_contain_text("Put in a photo of your own here, then press Attack.")
    expect(verdict).to_contain_text("From the Lesson", timeout=RUN)  # of the page's own result nothing is lost
    page.locator("#photo input[type=file]").set_input_files(photos["cat"])
    expect(page.locator("#chips")).to_contain_text("This is a guess", timeout=RUN)
    exercise(page, "flip").click()  # with an own photo in, and no result of it
    expect(note).to_have_text(
        re.compile(r"“Fool it gently” .* is chosen\. Your photo is in: press Attack, or put in another\.$")
    )
    expect(verdict).to_contain_text("Your photo is in: press Attack", timeout=RUN)
    page.locator("#attack-button").click()
    finished(page)
    said, pictures = verdict.locator("p").text_content(), page.locator("#after img").get_attribute("src")

    exercise(page, "plant").click()
    expect(note).to_contain_text("“Add the impossible” with 3 labels shown (k) is chosen. Your photo is in")
    expect(page.locator("#presets button[aria-pressed=true]")).to_have_id("preset-impossible", timeout=RUN)
    expect(page.locator("#k input[type=number]")).to_have_value("3")
    expect(page.locator("#k")).to_contain_text("Stays as it was set, whatever is marked")
    expect(stage).to_have_attribute("data-changed", "")  # the note that the choices are others by now
    assert verdict.locator("p").text_content() == said
    assert page.locator("#after img").get_attribute("src") == pictures
    expect(page.locator("#replay input")).to_be_enabled()
    expect(page.locator("#real-button")).to_be_enabled()

    button = exercise(page, "universal")  # which asks another annotator: of its result nothing could stay
    button.click()
    expect(button).to_contain_text("Your result in the tab Attack goes: this asks mobilenet-")
    page.locator("#lesson .way [data-to=flip]").click()  # a press elsewhere takes the question back
    assert verdict.locator("p").text_content() == said
    button = exercise(page, "universal")
    for _ in range(2):
        button.click()
    expect(verdict).to_contain_text("From the Lesson", timeout=RUN)
    expect(page.locator("#annotator input:checked")).to_have_value(re.compile("^mobilenet-"))
    exercise(page, "guess").click()  # which chooses nothing
    expect(note).to_contain_text("From the Lesson: your photo is in, or put in another.")


# What a presented screen's pictures have of the window: the width of the narrowest, and where the lowest of all ends
ROOM = """key => {
  const all = [...document.querySelectorAll(`.screen[data-screen=${key}] :is(.shot, .label)`)].filter(one => one.offsetParent);
  const shots = all.filter(one => one.matches(".shot"));
  return [Math.min(...shots.map(one => one.offsetWidth)), Math.max(...all.map(one => one.getBoundingClientRect().bottom))];
}"""
FITS = "(all => all.scrollHeight <= all.clientHeight && all.scrollWidth <= all.clientWidth)(window.lesson)"


def test_presented_beside_a_code_pictures_use_the_room_of_a_low_screen(
    visit: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "_listens_on", lambda: "0.0.0.0")
    monkeypatch.setattr(addresses, "lan_address", lambda: "192.168.7.5")
    page = visit({"width": 1280, "height": 720})
    page.get_by_role("tab", name="Lesson", exact=True).first.click()
    page.get_by_role("link", name="Present").click()
    expect(page.locator("#presenter .qr svg")).to_be_visible(timeout=RUN)
    found = {}
    for _ in range(13):
        key, view = page.locator("#lesson .screen:visible").evaluate("one => [one.dataset.screen, one.dataset.view]")
        if view == "ask":
            for digit in "123":
                page.keyboard.press(digit)
        page.wait_for_function(FITS)
        found[key, view] = page.evaluate(ROOM, key)
        page.keyboard.press("ArrowRight")
    narrowest, lowest = found["universal", "ask"]
    assert narrowest >= 160 and lowest > 600
    narrowest, lowest = found["noise", "happened"]
    assert narrowest >= 300 and lowest > 650


@pytest.mark.parametrize(("way", "noted"), [("guess", False), ("flip", True), ("growing", False), ("lemma", True)])
def test_only_what_chooses_something_has_the_note_that_choices_have_changed(
    visit: Callable[..., Page], way: str, noted: bool
) -> None:
    page = visit(WIDE)
    if way in ("growing", "lemma"):
        page.get_by_role("tab", name="How it works", exact=True).first.click()
        button = page.locator(f"[data-step={way}] button.go")
    else:
        button = exercise(page, way)
    button.click()
    expect(page.locator("#attack-button")).to_be_visible()
    if not noted:
        page.wait_for_timeout(3000)  # for a note that comes late
    expect(page.locator("#stage[data-changed]")).to_have_count(int(noted))
