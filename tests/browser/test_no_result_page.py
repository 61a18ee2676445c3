"""Where there is no result: nothing marked as true, Stop pressed, a photo that is as it was. On a desktop and on a phone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import PHONE, RUN, WIDE
from playwright.sync_api import Page, expect
from test_page import attack, finished, upload

from demo.catalog.presets import PRESETS

NOTHING = "nothing to attack yet. Mark what is true, or choose another photo or a sample."
RESULT = ("#download-png", "#share .open", "#download-report")  # what can be taken away of a run


@pytest.mark.usefixtures("small_photos")
@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_with_no_label_marked_the_page_says_what_is_possible_and_keeps_no_result(
    visit: Callable[..., Page], size: dict[str, int]
) -> None:
    page = visit(size)
    verdict = page.locator("#verdict")
    for box in RESULT:
        expect(page.locator(box)).to_be_enabled()
    # What the box says below the old verdict until the server has answered
    at_once = """() => {
      document.querySelector("#chips button.nothing").click();
      document.getElementById("stage").setAttribute("data-changed", ""); // as the page does a moment later
      return getComputedStyle(document.querySelector("#verdict p"), "::after").content;
    }"""
    said = page.evaluate(at_once)
    assert NOTHING in said and "Press Attack" not in said
    expect(verdict).to_contain_text(NOTHING)
    expect(verdict).not_to_contain_text("Press Attack")
    expect(page.locator("#after")).to_contain_text("First mark what is true, or try 80 labels.")
    for box in RESULT:
        expect(page.locator(box)).to_be_disabled()
    expect(page.locator("#before .label.true")).to_have_count(0)
    attack_button = page.locator("#attack-button")
    attack_button.click()
    page.wait_for_function("document.getElementById('verdict').getAnimations().length")  # the press is answered
    finished(page)
    expect(verdict).to_contain_text(NOTHING)
    expect(page.get_by_test_id("toast-body")).to_have_count(0)
    page.locator("#chips .chip").first.click()
    expect(verdict).to_contain_text("Press Attack. It changes the photo")
    expect(page.locator("#after")).to_contain_text("Press Attack.")


@pytest.mark.usefixtures("small_photos")
def test_stop_answers_at_once_and_what_changed_nothing_is_not_offered(visit: Callable[..., Page]) -> None:
    page = visit()
    page.evaluate("""() => {
      const stop = document.getElementById("stop-button");
      window.said = [];
      new MutationObserver(() => said.push(stop.textContent.trim())).observe(stop, {
        childList: true, subtree: true, characterData: true,
      });
    }""")
    attack(page)
    page.locator("#stop-button").click()
    finished(page)
    expect(page.locator("#stop-button")).to_have_text("Stop")
    assert "Stopping…" in page.evaluate("said")
    expect(page.locator("#verdict")).not_to_contain_text("The attack:", timeout=RUN)
    unchanged = page.locator("#verdict [data-unchanged]").count() == 1
    expect(page.locator("#download-png")).to_be_enabled(enabled=not unchanged)
    expect(page.locator("#share .open")).to_be_enabled(enabled=not unchanged)


@pytest.mark.usefixtures("small_photos")
def test_the_verdicts_first_line_is_not_behind_the_bar_after_an_upload(
    visit: Callable[..., Page], photos: dict[str, Path]
) -> None:
    page = visit(PHONE)
    verdict = page.locator("#verdict .verdict")
    page.evaluate("""() => {
      const top = document.getElementById("verdict").getBoundingClientRect().top;
      scrollBy(0, top - 20); // its first lines are behind the bar, all of it within the screen
    }""")
    upload(page, photos["cat"])
    expect(verdict).to_contain_text("guess is ticked")
    page.wait_for_function(
        """() => document.querySelector("#verdict .verdict p").getBoundingClientRect().top
          >= document.querySelector("#attack-button").closest(".runbar").getBoundingClientRect().bottom"""
    )


@pytest.mark.usefixtures("small_photos")
def test_where_nothing_is_found_the_ways_out_stay_in_sight_whatever_is_pressed(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    page = visit(PHONE)
    verdict, more, mark = (
        page.locator(f"#verdict{inner}") for inner in ("", " .more-labels", ' [href="#choose-truth"]')
    )
    empty = tmp_path / "empty.png"
    Image.new("RGB", (320, 240), (127, 127, 127)).save(empty)

    def ways_out() -> None:
        expect(verdict).to_contain_text("voc20 finds none of its 20 labels in this photo", timeout=RUN)
        for way in (more, mark):
            expect(way).to_be_in_viewport(ratio=1)
        expect(verdict).to_contain_text("choose another photo or a sample")
        expect(page.locator("#after")).to_contain_text("First mark what is true, or try 80 labels.")
        said = page.locator("#main").inner_text()
        assert "ress Attack" not in said and "start at once" not in said

    upload(page, empty)
    ways_out()
    for press in ("#attack-button", *(f"#preset-{name}" for name in PRESETS), "#chips .nothing", "#attack-button"):
        page.locator(press).click()
        finished(page)
        page.wait_for_timeout(300)  # for what answers late, and takes them away
        ways_out()
    page.locator(".sample[data-sample^=upload]").click()
    page.wait_for_timeout(300)
    ways_out()
    page.locator("#annotator label", has_text="hardened-voc20").click()
    expect(verdict).to_contain_text("hardened-voc20 finds none", timeout=RUN)
    expect(mark).to_be_in_viewport(ratio=1)
    page.locator("#chips .chip").first.click()
    expect(verdict).to_contain_text("Press Attack. It changes the photo")
    expect(page.locator("#quick .if-marked")).to_be_visible()
    expect(page.locator("#quick .if-none-marked")).to_be_hidden()


@pytest.mark.usefixtures("small_photos")
def test_with_nothing_true_a_press_marks_what_is_true_whatever_the_goal_names(visit: Callable[..., Page]) -> None:
    page = visit()
    page.locator("#preset-hide").click()
    finished(page)
    page.locator('#chips .marks input[value="named"]').check()
    page.locator("#chips .nothing").click()
    chip = page.locator("#chips .chip").first
    expect(chip).to_have_attribute("aria-disabled", "false")
    expect(page.locator('#chips .marks input[value="true"]')).to_be_checked()
    chip.click()
    expect(page.locator("#chips .origin")).to_contain_text("Ticked by you: ")
