"""The tools of the stage in a real browser: replay, amplification, closer look, targets by clicking, ready choices."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import MOVING, PHONE, RUN, WIDE
from playwright.sync_api import Locator, Page, expect
from test_page import attack, choose_attack, fill, finished, names, pressed, running, stop

SAVED = re.compile(r"^step \d+, saved$")
SLIDE = "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input', {bubbles: true})); }"


def kind_of(page: Page, box: str) -> str:
    return str(page.locator(f"{box} img").get_attribute("src"))[:15]


def chip(page: Page, name: str) -> Locator:
    return page.locator(f"#chips .chip[data-label={name}]")


def saved(page: Page) -> bytes:
    """What the download button gives."""
    with page.expect_download() as download:
        page.locator("#download-png").click()
    return Path(download.value.path()).read_bytes()


@pytest.mark.usefixtures("small_photos")
def test_a_closer_look_gives_the_focus_back_and_a_replay_changes_the_pictures_alone(visit: Callable[..., Page]) -> None:
    page = visit(PHONE, **MOVING)
    button, dialog, pane = page.locator("#closer .open"), page.locator("dialog.closer"), page.locator(".pane")
    expect(dialog).to_be_hidden()
    button.focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    for part, box in (("original", "#before"), ("attacked", "#after")):
        assert pane.locator(f"img.{part}").get_attribute("src") == page.locator(f"{box} img").get_attribute("src")
    edges = dialog.bounding_box()
    assert edges and edges["x"] >= 0 and edges["x"] + edges["width"] <= 390

    wipe, zoom = page.locator("input.wipe"), page.locator("input.zoom")
    wipe.focus()
    page.keyboard.press("Home")
    expect(page.locator(".above")).to_have_css("clip-path", "inset(0px 100% 0px 0px)")
    page.keyboard.press("End")
    expect(page.locator(".above")).to_have_css("clip-path", re.compile(r"inset\(0px( 0%)?( 0px)*\)"))
    zoom.focus()
    page.keyboard.press("End")
    pane.focus()
    before = pane.locator("img.original").get_attribute("style")
    page.keyboard.press("ArrowRight")
    styles = [pane.locator(f"img.{part}").get_attribute("style") for part in ("original", "attacked")]
    assert styles[0] == styles[1] != before and "scale(8)" in str(styles[0])
    expect(pane.locator("img.original")).to_have_css("image-rendering", "pixelated")
    for control in (wipe, zoom, dialog.locator(".close"), button):
        size = control.bounding_box()
        assert size and size["height"] >= 44

    edges = pane.bounding_box()
    assert edges
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.evaluate("document.activeElement.matches('#closer .open')")

    button.click()  # and by finger or mouse: the line follows
    page.mouse.move(edges["x"] + edges["width"] / 2, edges["y"] + 20)
    page.mouse.down()
    page.mouse.move(edges["x"] + edges["width"] / 4, edges["y"] + 20, steps=3)
    page.mouse.up()
    assert abs(float(wipe.input_value()) - 25) <= 1
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    kept = ["#verdict", "#table", "#status", "#before", "#race"]
    for box in kept:  # while the page loads, a clock that nobody can see counts in them
        expect(page.locator(box)).not_to_have_text(re.compile(r"^\s*[\d.]+\s?s"))
    end, after = [page.locator(box).inner_text() for box in kept], page.locator("#after .figure").inner_html()
    png = saved(page)
    slider, play, title = page.locator(".replay input"), page.locator(".play"), page.locator(".replay output")
    last = int(str(slider.get_attribute("max")))
    expect(title).to_have_text(SAVED)
    expect(play).to_have_attribute("aria-label", "Play the run again")  # nobody has to see it move unasked

    slider.focus()
    page.keyboard.press("Home")
    expect(title).to_have_text("step 0")
    expect(page.locator("#after h3")).to_have_text("Top 3 at step 0")
    assert names(page, "#after") == names(page, "#before")
    expect(page.locator("#after .moved").first).to_contain_text("same place")
    expect(page.locator("#race")).to_have_attribute("data-replay", "")
    assert page.locator("#race").evaluate("race => race.style.getPropertyValue('--replay')") == "0"

    play.click()
    expect(title).to_have_text(SAVED, timeout=RUN)
    expect(play).to_have_attribute("aria-label", "Play the run again")
    expect(page.locator("#after h3")).to_have_text("Top 3 after")
    expect(page.locator("#race")).not_to_have_attribute("data-replay", "")
    assert page.locator("#after .figure").inner_html() == after and kind_of(page, "#after") == "data:image/png;"
    assert [page.locator(box).inner_text() for box in kept] == end
    assert saved(page) == png

    change = page.locator("#change img").get_attribute("src")
    page.locator(".amplifier input").evaluate(SLIDE, 64)
    expect(page.locator("#change .badge")).to_have_text("× 64")
    assert page.locator("#change img").get_attribute("src") != change and kind_of(page, "#change") == "data:image/png;"
    slider.evaluate(SLIDE, last // 2)
    expect(page.locator("#after h3")).to_contain_text("at step")
    expect(page.locator("#change .badge")).to_have_text("× 64")

    page.locator(".sample[data-sample=cat]").click()  # another photo: nothing to replay
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    expect(slider).to_be_disabled()
    expect(play).to_be_disabled()
    expect(page.locator("#closer .open")).to_be_disabled()
    attack(page)
    finished(page)
    expect(page.locator("#change .badge")).to_have_text("× 64")
    expect(slider).to_be_enabled()
    expect(title).to_have_text(SAVED)


@pytest.mark.usefixtures("small_photos")
def test_targets_are_chosen_in_order_by_clicking_labels_and_the_order_is_checked(visit: Callable[..., Page]) -> None:
    page = visit()
    page.locator(".sample[data-sample=cat]").click()
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    expect(page.locator(".marks")).to_be_hidden()
    choose_attack(page, "CW^k")
    expect(page.locator("#goal input:checked")).to_have_value("ordered")
    fill(page, "#k input[type=number]", "2")
    page.locator("#case label", has_text="chosen by hand").click()
    expect(page.locator("#chosen")).to_contain_text("Choose exactly 2, as many as k, the first one on top")
    marks = page.locator(".marks")
    expect(marks).to_be_visible()
    expect(marks.locator("input[value=named]")).to_be_checked()
    expect(marks.locator("output")).to_have_text("0 of 2")
    others = [
        name for name in page.locator("#chips .chip:visible").evaluate_all("c => c.map(one => one.dataset.label)")
    ]
    first, second, third = [name for name in others if name != "cat"][:3]

    expect(chip(page, "cat")).to_have_attribute("aria-disabled", "true")  # true labels cannot be targets
    chip(page, "cat").click(force=True)
    chip(page, first).click()
    chip(page, second).click()
    expect(marks.locator("output")).to_have_text("2 of 2")
    tokens = page.locator("#chosen .token")
    expect(tokens).to_have_count(2)
    assert [one.strip() for one in tokens.all_inner_texts()] == [first, second]
    assert chip(page, second).locator(".tick").inner_text() == "2"
    expect(chip(page, second)).to_have_attribute("aria-label", re.compile(r", target for place 2$"))
    chip(page, third).click()  # no room: the last one goes
    expect(tokens).to_have_text([re.compile(first), re.compile(third)])
    expect(chip(page, second)).to_have_attribute("aria-pressed", "false")

    page.locator("#chosen input").click()  # and the menu moves the toggles
    page.get_by_role("option", name=third, exact=True).click()
    page.locator("#chosen input").press_sequentially(second)  # a name can be typed, Enter takes it
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(tokens).to_have_text([re.compile(first), re.compile(second)])
    expect(chip(page, second)).to_have_attribute("aria-pressed", "true")
    expect(chip(page, third)).to_have_attribute("aria-pressed", "false")

    marks.locator("label", has_text="true").click()
    assert pressed(page) == ["cat"]
    page.locator("#advanced > button").click()
    expect(page.locator("#kappa")).to_be_visible()
    expect(page.locator("#beta")).to_have_count(0)
    fill(page, "#max-steps input[type=number]", "60")
    attack(page)
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("the targets in the order asked for")
    assert names(page, "#after") == [first, second]
    assert page.locator("#after .place").all_inner_texts() == ["1", "2"]
    expect(page.locator("#table")).to_contain_text(f"wanted: {first} and {second}")
    page.locator("#case label", has_text="best-scored").click()
    expect(marks).to_be_hidden()
    expect(page.locator("#chips .chip.target")).to_have_count(0)


@pytest.mark.usefixtures("small_photos")
def test_what_is_chosen_a_moment_ago_or_ready_made_starts_in_sight_and_a_run_can_be_looked_at(
    visit: Callable[..., Page],
) -> None:
    page = visit({"width": 1280, "height": 600}, **MOVING)
    page.locator(".sample[data-sample=cat]").click()
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    shown = page.locator("#goal label:visible input")
    assert shown.evaluate_all("all => all.map(one => one.value)") == ["cleared", "inconsistent"]
    choose_attack(page, "MinNorm")
    page.locator("#goal label", has_text="some true labels leave").click()
    fill(page, "#k input[type=number]", "3")
    page.locator("#attack input").click()
    # Both in one moment, so that Attack is pressed before the server has said which goals kFool has.
    page.locator("#attack [role=option]", has_text="(kFool)").dispatch_event("mousedown")
    page.locator("#attack-button").click()
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("No true label is left in the top 3")
    expect(page.locator("body")).not_to_contain_text("list of choices")
    assert shown.evaluate_all("all => all.map(one => one.value)") == ["cleared", "inconsistent"]

    page.locator(".sample[data-sample=mosaic]").click()
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    best = names(page, "#before")[0]
    page.locator("#preset-hide").click()
    running(page, "MinNorm")
    expect(page.locator("#goal input:checked")).to_have_value("hide")
    expect(page.locator("#attack input")).to_have_value(re.compile("MinNorm"))
    assert page.locator("#chosen .token").all_inner_texts()[0].strip() == best
    expect(page.locator(f"#chips .chip.out[data-label={best}]")).to_have_attribute(
        "aria-label", re.compile("to be hidden$")
    )
    marked = page.locator("#presets button[aria-pressed=true]")
    expect(marked).to_have_id("preset-hide")
    stop(page)

    page.locator("#preset-impossible").scroll_into_view_if_needed()
    page.evaluate("scrollTo(0, 900)")
    expect(page.locator("#verdict")).not_to_be_in_viewport()
    page.locator("#preset-impossible").click()
    expect(page.locator("#verdict")).to_be_in_viewport(ratio=1)
    running(page, "TkML-AP-T")
    expect(page.locator("#case input:checked")).to_have_value("worst")
    stop(page)
    expect(page.locator("#verdict")).to_be_in_viewport(ratio=1)

    expect(marked).to_have_id("preset-impossible")
    page.locator("#advanced > button").click()
    fill(page, "#max-steps input[type=number]", "2000")
    expect(marked).to_have_count(0)  # something else is chosen now
    fill(page, "#max-steps input[type=number]", "200")
    expect(marked).to_have_id("preset-impossible")
    fill(page, "#max-steps input[type=number]", "2000")
    fill(page, "#step textarea, #step input", "0.001")
    attack(page)
    expect(page.locator("#status")).to_contain_text(re.compile("steps?/s"), timeout=RUN)
    expect(page.locator(".replay input")).to_be_disabled()
    page.locator(".amplifier input").evaluate(SLIDE, 100)
    expect(page.locator("#change .badge")).to_have_text("× 100")
    expect(page.locator("#stop-button")).to_be_enabled()  # still the run's own picture
    page.locator("#stop-button").click()
    finished(page)
    expect(page.locator("#change .badge")).to_have_text("× 100")
    expect(page.locator(".replay input")).to_be_enabled()
