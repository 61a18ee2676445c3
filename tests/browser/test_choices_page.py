"""Choices in a real browser: numbers out of range, the chosen sample, and another photo in the middle of a run."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import MOVING, PATIENCE, RUN
from playwright.sync_api import Page, expect
from test_page import attack, choose_attack, finished, names, pressed, start_a_long_run, upload

expect.set_options(timeout=PATIENCE)
pytestmark = pytest.mark.usefixtures("small_photos")


def choose_coffee(page: Page, photo: Path) -> None:
    page.locator(".sample[data-sample=coffee]").click()


def choose_voc20(page: Page, photo: Path) -> None:
    page.locator("#annotator label:has(input[value=voc20])").click()


@pytest.mark.parametrize("choose", [choose_coffee, choose_voc20, upload])
def test_another_photo_or_annotator_ends_the_run_and_keeps_the_stage(
    visit: Callable[..., Page], photos: dict[str, Path], choose: Callable[[Page, Path], None]
) -> None:
    page = visit()
    start_a_long_run(page)
    page.wait_for_function("/step \\d/.test(document.querySelector('#status').innerText)", timeout=RUN)
    choose(page, photos["cat"])
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    expect(page.locator("#after")).to_contain_text("Press Attack")
    expect(page.locator("#status")).to_have_text("ready")
    expect(page.locator(".replay input")).to_be_disabled()
    expect(page.locator("#download-png")).to_be_disabled()
    if choose is upload:
        page.locator("#preset-gentle").click()  # the next run is not taken for the one that was left
        expect(page.locator("#verdict")).to_contain_text("Running MinNorm", timeout=RUN)
        page.locator("#stop-button").click()
        finished(page)
        expect(page.locator("#verdict")).to_contain_text("Stopped after")


def test_an_answer_that_comes_too_late_is_asked_for_again(
    visit: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    from demo.tabs.attack import updates

    choose, asked = updates.choose, []

    def of_another(w: Any, path: str, name: str, *rest: Any) -> Any:
        asked.append(name)
        return choose(w, path, "voc20" if len(asked) == 1 else name, *rest)

    page = visit()
    page.locator("#annotator label:has(input[value=coco80])").click()
    expect(page.locator("#chips")).to_contain_text("75 more labels")
    monkeypatch.setattr(updates, "choose", of_another)
    page.locator(".sample[data-sample=coffee]").click()
    expect(page.locator("#chips")).to_contain_text("15 more labels")
    expect(page.locator("#chips")).to_contain_text("75 more labels")
    assert asked == ["coco80", "coco80"]


def test_a_run_that_breaks_off_says_why_and_clears_the_stage(
    visit: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    from demo.tabs.attack import stage

    opening = stage.opening

    def broken(plan: Any, *_: Any, **__: Any) -> Iterator[Any]:
        yield opening(plan)
        raise ValueError("The scores are no longer finite.")

    page = visit()
    with monkeypatch.context() as patch:
        patch.setattr(stage, "views", broken)
        page.locator("#attack-button").click()
        expect(page.get_by_test_id("toast-body")).to_contain_text("The scores are no longer finite.")
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("The run ended without a result")
    expect(page.locator("#after")).to_contain_text("Press Attack")
    expect(page.locator("#status")).to_have_text("ready")
    expect(page.locator("#download-png")).to_be_disabled()
    attack(page)
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("Fooled")


def test_a_number_out_of_range_becomes_the_nearest_that_there_is(visit: Callable[..., Page]) -> None:
    page = visit()
    k, ends = page.locator("#k input[type=number]"), page.locator("#chips .edge")
    k.fill("")
    k.press_sequentially("999")
    expect(k).to_have_value("17")
    expect(ends).to_have_count(0)  # nearly all labels are above the line, which would stand in the closed list
    for typed, shown in (("-4", "1"), ("2.5", "3"), ("7", "7")):
        k.fill("")
        k.press_sequentially(typed)
        expect(k).to_have_value(shown)
        expect(ends).to_contain_text(f"top {shown} ends here")
    k.fill("")
    k.press("Tab")
    expect(k).to_have_value("7")
    expect(ends).to_contain_text("top 7 ends here")
    budget = page.locator("#craft-budget input[type=number]")
    page.get_by_role("tab", name="Universal").click()
    budget.fill("")
    budget.press_sequentially("3000")  # its first digits are below the least
    expect(budget).to_have_value("3000")
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


def test_the_chosen_sample_is_marked(visit: Callable[..., Page], photos: dict[str, Path]) -> None:
    page = visit()
    marked = page.locator(".sample[aria-pressed=true]")
    expect(marked).to_have_attribute("data-sample", "mosaic")
    page.locator(".sample[data-sample=coffee]").click()
    expect(marked).to_have_attribute("data-sample", "coffee")
    upload(page, photos["cat"])
    expect(marked).to_have_attribute("title", "Your photo")


def test_a_photo_of_ones_own_comes_back_with_what_was_marked_on_it(
    visit: Callable[..., Page], photos: dict[str, Path]
) -> None:
    page = visit()
    own = page.locator(".sample[data-sample=own]")
    expect(own).to_have_count(0)
    upload(page, photos["cat"])
    expect(own).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#chips")).to_contain_text("guess")
    page.locator("#chips .chip[aria-pressed=false]").first.click()
    truth, photo = pressed(page), page.locator("#before img").get_attribute("src")
    page.locator(".sample[data-sample=coffee]").click()
    expect(page.locator("#before img")).not_to_have_attribute("src", str(photo))
    expect(own).to_have_attribute("aria-pressed", "false")
    own.focus()
    page.keyboard.press("Enter")
    expect(own).to_have_attribute("aria-pressed", "true")
    expect(own).to_be_focused()
    expect(page.locator("#before img")).to_have_attribute("src", str(photo))
    assert len(truth) == 2 and pressed(page) == truth
    expect(page.locator("#chips")).not_to_contain_text("guess")
    upload(page, photos["coffee"])
    expect(page.locator("#before img")).not_to_have_attribute("src", str(photo))
    expect(own).to_have_count(1)


def test_a_ready_choice_brings_the_verdict_into_sight(visit: Callable[..., Page]) -> None:
    page = visit({"width": 1280, "height": 600}, **MOVING)
    page.locator("#preset-gentle").scroll_into_view_if_needed()
    page.evaluate("scrollTo(0, 900)")
    expect(page.locator("#verdict")).not_to_be_in_viewport()
    page.locator("#preset-gentle").click()
    expect(page.locator("#verdict")).to_be_in_viewport(ratio=1)
    page.locator("#stop-button").click(timeout=RUN)
    finished(page)
    expect(page.locator("#verdict")).to_be_in_viewport(ratio=1)


def test_targets_named_by_hand_stay_for_the_next_photo(visit: Callable[..., Page], photos: dict[str, Path]) -> None:
    """As many as k, which after an upload is the number of labels marked as true: here one, the cat."""
    page = visit()
    page.locator("#k input[type=number]").fill("1")
    page.locator("#k input[type=number]").press("Tab")
    choose_attack(page, "TkML-AP-T")
    page.locator("#easiest").click()  # one click names them, as if by hand
    expect(page.locator("#case input:checked")).to_have_value("chosen")
    expect(page.locator("#chips output")).to_have_text("1 of 1")
    expect(page.locator("#chosen")).to_contain_text("Measured with one target at a time on other photos")
    page.locator("#chips details.more summary").click()
    page.locator("#chips .chip[data-label=cow]").click()
    expect(page.locator("#chips output")).to_have_text("1 of 1")
    upload(page, photos["cat"])
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    expect(page.locator("#chips .chip.target")).to_have_count(1)
    expect(page.locator("#chosen")).to_contain_text("cow")
    attack(page)
    finished(page)
    assert names(page, "#after") == ["cow"]
    with page.expect_download() as download:
        page.locator("#download-report").click()
    report = json.loads(Path(download.value.path()).read_text())
    assert report["true_labels"] == ["cat"] and report["true_labels_guessed"]


def test_choices_made_after_a_run_are_told_from_it(visit: Callable[..., Page]) -> None:
    page = visit()
    told = "getComputedStyle(document.querySelector('#verdict .verdict p'), '::after').content"
    assert page.evaluate(told) == "none"
    page.locator("#k input[type=number]").fill("2")
    page.wait_for_function(f"{told}.includes('Press Attack for a new result')")
    attack(page)
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("The top 2 was")
    assert page.evaluate(told) == "none"
    choose_attack(page, "TkML-AP-T")
    page.locator("#case label", has_text="chosen by hand").click()
    attack(page)
    expect(page.locator(".toast-body")).to_contain_text("Choose exactly 2")
    page.wait_for_function(f"{told}.includes('No target is chosen yet')")  # the refused wish is not on the stage
    for number, more in enumerate(("1 of 2 targets chosen so far", "Press Attack for a new result")):
        page.locator("#chips .chip[aria-disabled=false]").nth(number).click()
        page.wait_for_function(f"{told}.includes('{more}')")


def test_the_glossary_is_a_click_away_and_the_page_stays_as_it_is(visit: Callable[..., Page]) -> None:
    page = visit(theme="dark")
    page.locator("#k input[type=number]").fill("2")
    page.locator("#table a", has_text="How it works").click()
    expect(page.locator("#learn-glossary")).to_be_visible()
    assert page.url.endswith("?__theme=dark#learn")
    page.go_back()
    expect(page.locator("#k input[type=number]")).to_have_value("2")
