"""The page as a teacher shows it to a class: a smaller change, nothing that jumps, an order that fits a phone."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import PHONE, RUN, WIDE
from playwright.sync_api import Page, expect
from test_page import attack, choose_attack, finished

# From the third frame on, as those before are of the window's new size
SHIFTS = """async () => {
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
  window.observer?.disconnect();
  window.shifts = [];
  window.observer = new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((one) => one.value)));
  window.observer.observe({ type: "layout-shift" });
}"""


TICKS_LATER = """() => getComputedStyle(document.querySelector("#choose-truth h2"), "::after").content
  .includes("ticks count from the next run")"""


def test_a_change_is_made_smaller_and_nothing_jumps(visit: Callable[..., Page]) -> None:
    page = visit(PHONE)
    size = "() => Number(document.querySelector('#change div + div > dd').firstChild.data)"
    for viewport in (PHONE, WIDE):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        page.locator("#verdict").scroll_into_view_if_needed()
        before = page.evaluate(size)
        page.evaluate(SHIFTS)
        page.locator("#smaller-button").click()
        page.wait_for_function(TICKS_LATER, timeout=RUN)
        expect(page.locator("#attack-button")).to_be_disabled()
        expect(page.locator("#verdict")).to_contain_text("Making it smaller", timeout=RUN)
        expect(page.locator("#smaller-button")).to_be_hidden()
        page.locator("#stop-button").click(delay=300)
        finished(page)
        expect(page.locator("#verdict")).to_contain_text(
            re.compile("The change is (now [0-9]+% smaller|the one from before|about as large)|No smaller change")
        )
        expect(page.locator("#share .open")).to_be_enabled()
        assert 0 < page.evaluate(size) <= before
        expect(page.locator("#smaller-button")).to_be_visible()
        page.locator("#attack-button").click()
        finished(page)
        shifts = page.evaluate("window.shifts")
        assert sum(shifts) <= 0.05, (viewport, max(shifts), sum(shifts))


TOPS = "ids => ids.map(id => document.querySelector(id).getBoundingClientRect().top)"


# What can be pressed and is smaller than a finger's 24 pixels, but for links within a text, as WCAG 2.5.8 has it
SMALL = """() => [...document.querySelectorAll("button, a, summary, input, select, [role=button]")]
  .filter((one) => !one.closest("p, caption, footer, details:not([open]) > :not(summary)"))
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .map((one) => [one, (one.matches("input") && one.closest("label, .wrap-inner")) || one])
  .map(([one, box]) => [one, box.getBoundingClientRect()])
  .filter(([, { width, height }]) => width && height && Math.min(width, height) < 24)
  .map(([one]) => one.outerHTML.slice(0, 120))"""


@pytest.mark.usefixtures("small_photos")
def test_on_a_phone_what_counts_comes_first_and_nothing_scrolls_sideways(
    visit: Callable[..., Page], photos: dict[str, Path]
) -> None:
    page = visit(PHONE, "dark")
    width = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
    assert page.evaluate(width) <= 390
    assert page.evaluate("document.body.classList.contains('dark')")
    order = [
        "#verdict",
        "#next",
        "#after",
        "#samples",
        "#presets",
        "#chips",
        "#change-column",
        "#annotator",
        "#attack",
        "#race",
        "#table",
    ]
    for box in order:
        expect(page.locator(box)).to_be_visible()
    expect(page.locator("#photo")).to_be_hidden()  # a photo is chosen in one place, the strip
    tops = page.evaluate(TOPS, order)
    assert tops == sorted(tops), dict(zip(order, tops, strict=True))
    small = page.evaluate(SMALL)
    assert not small, small

    page.locator("#advanced > button").click()
    choose_attack(page, "TkML-AP-T")
    page.locator("#chips summary").click()
    expect(page.locator("#case")).to_be_visible()
    attack(page)
    # What a run changes comes in sight.
    for part in ("#verdict", "#before .label >> nth=-1", "#after .label >> nth=-1"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)
    finished(page)
    assert page.evaluate(width) <= 390
    for box in ("#before", "#after", "#race", "#chips", "#attack-button"):
        edges = page.locator(box).bounding_box()
        assert edges and edges["x"] >= 0 and edges["x"] + edges["width"] <= 390

    with page.expect_file_chooser() as chooser:  # the strip of samples begins with the visitor's own
        page.locator("#samples .add").click()
    chooser.value.set_files(photos["cat"])
    expect(page.locator("#chips")).to_contain_text("This is a guess", timeout=RUN)
    page.set_viewport_size({"width": 640, "height": 450})  # 1280 × 900 at twice its size
    bar = page.locator(".runbar:visible").bounding_box()
    assert bar and bar["height"] <= 45
