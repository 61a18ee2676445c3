"""The page as a teacher shows it to a class: a smaller change, nothing that jumps, an order that fits phone and keyboard."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import PHONE, RUN
from playwright.sync_api import Page, expect
from test_page import finished

SHIFTS = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((one) => one.value)))
    .observe({ type: "layout-shift" });
}"""

# A box of our own, by which files come into the browser without their bytes in the script
HOLDER = """() => document.body.append(Object.assign(document.createElement("input"),
  { id: "holder", type: "file", multiple: true }))"""


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 900}])
def test_a_change_is_made_smaller_and_nothing_jumps(visit: Callable[..., Page], viewport: dict[str, int]) -> None:
    page = visit(viewport)
    page.locator("#verdict").scroll_into_view_if_needed()
    size = "() => Number(document.querySelector('#change dd').firstChild.data)"
    before = page.evaluate(size)
    page.evaluate(SHIFTS)
    page.locator("#smaller-button").click()
    expect(page.locator("#attack-button")).to_be_disabled()
    expect(page.locator("#verdict")).to_contain_text("Making the change smaller", timeout=RUN)
    expect(page.locator("#smaller-button")).to_be_hidden()
    page.locator("#stop-button").click(delay=300)
    finished(page)
    expect(page.locator("#verdict")).to_contain_text(
        re.compile("The change is now 0.[0-9]+ of what it was|No smaller change")
    )
    assert 0 < page.evaluate(size) <= before
    expect(page.locator("#smaller-button")).to_be_visible()
    page.locator("#attack-button").click()
    finished(page)
    assert sum(page.evaluate("window.shifts")) <= 0.05


TOPS = "ids => ids.map(id => document.querySelector(id).getBoundingClientRect().top)"


# What can be pressed and is smaller than a finger's 24 pixels, but for links within a text, as WCAG 2.5.8 has it
SMALL = """() => [...document.querySelectorAll("button, a, summary, input, select, [role=button]")]
  .filter((one) => !one.closest("p, caption, footer, details:not([open]) > :not(summary)"))
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .map((one) => [one, (one.matches("input") && one.closest("label, .wrap-inner")) || one])
  .map(([one, box]) => [one, box.getBoundingClientRect()])
  .filter(([, { width, height }]) => width && height && Math.min(width, height) < 24)
  .map(([one]) => one.outerHTML.slice(0, 120))"""


def test_on_a_phone_verdict_pictures_samples_ready_choices_and_labels_come_first(
    visit: Callable[..., Page], photos: dict[str, Path]
) -> None:
    page = visit(PHONE)
    order = [
        "#verdict",
        "#next",
        "#after",
        "#samples",
        "#presets",
        "#chips",
        "#change-column",
        "#photo",
        "#attack",
        "#race",
        "#table",
    ]
    tops = page.evaluate(TOPS, order)
    assert tops == sorted(tops), dict(zip(order, tops, strict=True))
    small = page.evaluate(SMALL)
    assert not small, small
    with page.expect_file_chooser() as chooser:  # the strip of samples begins with the visitor's own
        page.locator("#samples .add").click()
    chooser.value.set_files(photos["cat"])
    expect(page.locator("#chips")).to_contain_text("This is a guess", timeout=RUN)
    page.set_viewport_size({"width": 640, "height": 450})  # 1280 × 900 at twice its size
    bar = page.locator(".runbar:visible").bounding_box()
    assert bar and bar["height"] <= 45


def test_the_keyboard_comes_to_photo_labels_and_attack_in_this_order(visit: Callable[..., Page]) -> None:
    page = visit()
    expect(page.locator("#tabs [role=tab][tabindex='-1']").first).to_be_attached()  # the tabs are one stop
    page.evaluate("document.activeElement.blur()")
    came: list[str] = []
    for stop in range(60):
        page.keyboard.press("Tab")
        part = page.evaluate(
            "document.activeElement.closest('#choose-photo, #choose-truth, #choose-attack, #stage')?.id ?? ''"
        )
        assert part or came or stop < 5, "more than five stops before the photo"
        if part and part not in came:
            came.append(part)
        if part == "stage":
            break
    assert came == ["choose-photo", "choose-truth", "choose-attack", "stage"]
    assert not page.locator("#stage[data-changed]").count()  # to pass through the choices changes none


def test_of_five_files_the_first_is_taken_and_that_is_said(visit: Callable[..., Page], photos: dict[str, Path]) -> None:
    page = visit()
    files = [photos[name] for name in ("cat", "coffee", "astronaut", "admiral", "motorcycle")]
    page.evaluate(HOLDER)
    page.locator("#holder").set_input_files(files)
    drop = page.evaluate_handle(
        """() => {
          const all = new DataTransfer();
          for (const file of document.querySelector("#holder").files) all.items.add(file);
          return all;
        }"""
    )
    page.locator("#photo button").first.dispatch_event("drop", {"dataTransfer": drop})
    expect(page.locator("#photo-note")).to_have_text(f"5 files were dropped; the first one, {files[0].name}, is taken.")
    expect(page.locator("#chips")).to_contain_text("This is a guess", timeout=RUN)
    assert page.locator("#before .label .name").first.inner_text().startswith("cat")
    page.locator(".sample[data-sample=coffee]").click()
    expect(page.locator("#photo-note p")).to_be_hidden()
