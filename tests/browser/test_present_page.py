"""The stage presented: nothing lies on anything else, and nothing ends a result of the visitor's own unasked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import PATIENCE, RUN
from playwright.sync_api import Page, expect
from test_page import fill, finished

from demo.server import addresses

expect.set_options(timeout=PATIENCE)
PROJECTOR = {"width": 1920, "height": 1080}
SCREENS = ({"width": 1280, "height": 720}, {"width": 1280, "height": 800}, PROJECTOR)
SHAPES = {"wide": (480, 240), "square": (400, 400), "upright": (240, 480)}
# What is seen of the stage and beside it, none of it within another; what of it meets, leaves the window, or is cut off
MEET = """() => {
  const seen = [...document.querySelectorAll(`#pictures :is(h2, h3, .shot, .label, .beyond, .hint), #verdict .verdict,
    #presenter .present > *, #attack-button, #stop-button, #status .status`)].filter(one => one.checkVisibility());
  const named = one => `${one.closest("#pictures > *, #change")?.id ?? ""} ${one.tagName}.${one.className} ${one.innerText}`;
  const boxes = seen.map(one => [named(one), one.getBoundingClientRect()]).filter(([, box]) => box.width && box.height);
  const found = boxes.filter(([, box]) => box.top < 0 || box.left < 0 || box.right > innerWidth || box.bottom > innerHeight)
    .map(([name]) => `${name} leaves the window`);
  boxes.forEach(([name, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const tall = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (Math.min(wide, tall) > 0.5) found.push(`${name} meets ${other}`);
  }));
  for (const one of document.querySelectorAll("#pictures ol, #verdict .verdict"))
    if (one.scrollHeight > one.clientHeight + 1) found.push(`${named(one)} is cut off`);
  return found;
}"""
ASKED = "Press Space or Attack again to attack anew; this result goes."
# Every run that begins, by its first sign on the page
RUNS = """() => {
  window.runs = 0;
  new MutationObserver(() => (runs += !document.getElementById("stop-button").disabled)).observe(
    document.getElementById("stop-button"), { attributeFilter: ["disabled"] });
}"""


@pytest.mark.usefixtures("small_photos")
def test_a_result_that_is_presented_is_asked_about_before_another_attack_takes_its_place(
    visit: Callable[..., Page],
) -> None:
    page = visit(PROJECTOR)
    page.get_by_role("link", name="Present").click()
    page.evaluate(RUNS)
    said, button = page.locator("#presenter .sure"), page.locator("#attack-button")
    page.keyboard.press("Space")  # asks nothing: what is shown on arrival is the page's own
    page.wait_for_function("runs === 1")
    expect(said).to_be_hidden()
    finished(page)
    page.wait_for_function("document.querySelector('#replay [data-made]')")
    pictures = page.locator("#after img").get_attribute("src")

    def nothing_ended() -> None:
        expect(said).to_have_text(ASKED)
        assert page.locator("#after img").get_attribute("src") == pictures
        assert page.evaluate("runs") == 1 and page.locator("#replay [data-made]").count() == 1

    page.keyboard.press("Space")
    nothing_ended()
    page.keyboard.press("ArrowRight")  # another question: the one before is not answered by it
    expect(said).to_have_text("Press → again for the next photo; this result goes.")
    button.click()
    nothing_ended()
    page.keyboard.press("Escape")  # nor is it left open
    page.get_by_role("link", name="Present").click()
    expect(said).to_be_hidden()
    button.click()
    nothing_ended()
    page.keyboard.press("Space")  # key and button are one
    page.wait_for_function("runs === 2")
    expect(said).to_be_hidden()
    expect(page.locator("#verdict strong")).to_be_visible(timeout=RUN)
    finished(page)
    page.keyboard.press("Escape")
    button.click()  # the page itself does not ask
    page.wait_for_function("runs === 3")
    expect(said).to_be_hidden()


def nothing_meets(page: Page, labels: int) -> None:
    """On each screen: all labels are there, the photos are as large as one another and large enough to be seen."""
    for screen in SCREENS:
        page.set_viewport_size(screen)  # type: ignore[arg-type]
        page.wait_for_function("innerHeight === " + str(screen["height"]))
        assert page.evaluate(MEET) == [], screen
        heights = page.locator("#pictures :is(#before, #after) img").evaluate_all("all => all.map(one => one.height)")
        assert min(heights) > 0.17 * screen["height"] and len(set(heights)) == 1, screen
    expect(page.locator("#before .label:visible")).to_have_count(labels)


@pytest.mark.usefixtures("small_photos")
@pytest.mark.parametrize("theme, code", [("light", True), ("dark", False)])
def test_photos_of_any_shape_leave_room_for_their_labels_and_the_verdict(
    visit: Callable[..., Page],
    photos: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    theme: str,
    code: bool,
) -> None:
    if code:
        monkeypatch.setattr(addresses, "_listens_on", lambda: "0.0.0.0")
        monkeypatch.setattr(addresses, "lan_address", lambda: "192.168.7.5")
    page = visit(PROJECTOR, theme=theme)
    side: Any = page.locator("#presenter .qr svg" if code else "#presenter .no-code")
    for k in (1, 3, 10):
        fill(page, "#k input[type=number]", str(k))
        for shape, size in SHAPES.items():
            file = tmp_path / f"{shape}-{k}.png"
            with Image.open(photos["admiral"]) as admiral:
                ImageOps.fit(admiral.convert("RGB"), size, centering=(0.5, 0.3)).save(file)
            page.locator("#photo input[type=file]").set_input_files(file)
            expect(page.locator("#after img")).to_have_count(0)
            expect(page.locator("#before .label")).to_have_count(k)
            page.get_by_role("link", name="Present").click()
            expect(side).to_be_visible(timeout=RUN)
            nothing_meets(page, k)
            page.keyboard.press("Space")
            expect(page.locator("#verdict strong")).to_be_visible(timeout=RUN)
            finished(page)
            page.wait_for_function("document.querySelector('#replay [data-made]')")
            nothing_meets(page, k)
            page.keyboard.press("Escape")


def test_answers_of_a_rehearsal_are_told_of_and_the_place_in_the_lesson_is_seen(visit: Callable[..., Page]) -> None:
    page = visit(PROJECTOR)
    page.get_by_role("tab", name="Lesson", exact=True).first.click()
    said, screen = page.locator("#presenter .sure"), page.locator("#lesson .screen:visible")
    expect(screen.locator(".of")).to_be_hidden()
    page.get_by_role("link", name="Present").click()
    expect(said).to_be_hidden()  # nobody has answered
    many = page.locator("#lesson .screen:not(.closing)").count()
    expect(screen.locator("h2 .number")).to_have_text(f"1 of {many}")
    expect(screen.locator(".of")).to_be_visible()
    page.keyboard.press("Escape")
    for place in range(3):  # as many as screen 1 asks for
        screen.locator(".answer").nth(place).click()
    screen.locator(".reveal").click()
    page.get_by_role("link", name="Present").click()
    expect(said).to_contain_text("Answers from before are still here. Press S twice to start over")
    expect(screen.locator("[aria-pressed=true]")).to_have_count(3)  # nothing goes unasked
    for _ in range(2):
        page.keyboard.press("s")
    expect(screen.locator("[aria-pressed=true], .answer.right")).to_have_count(0)
    expect(said).to_be_hidden()
