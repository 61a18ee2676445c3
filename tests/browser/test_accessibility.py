"""Every tab looked over by axe-core: WCAG 2.1 A and AA, in light and dark, on a wide screen and on a phone."""

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("axe_playwright_python", reason="needs the package axe-playwright-python")
pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from axe_playwright_python.sync_playwright import Axe
from conftest import PHONE, RUN, WIDE
from playwright.sync_api import Page, expect
from test_page import fill, finished

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
}
COLOURS = RULES | {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
}  # all that dark changes
SHOWN = "[role=tabpanel]:not([style*='display: none'])"  # the tab that is shown; what is around it is the same for each
TABS = ("attack", "compare", "universal", "tables", "learn", "lesson-tab")


def show(page: Page, tab: str) -> None:
    page.evaluate(f"document.querySelector('[role=tab][data-tab-id={tab}]').click()")
    expect(page.locator(f"[role=tab][data-tab-id={tab}]").first).to_have_attribute("aria-selected", "true")
    page.wait_for_timeout(500)  # what the tab holds is mounted now
    if tab == "lesson-tab":
        expect(page.locator("#lesson .course")).to_be_visible(timeout=RUN)


def broken(page: Page, part: str | None = None, options: dict[str, Any] = RULES) -> list[str]:
    """What breaks a rule on the page, or in a part of it, with everything open that can be opened."""
    page.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
    found = Axe().run(page, part, options=options).response["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    sideways = [f"{wide} pixels are beyond the right edge"] if wide > 0 else []
    return sideways + [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize(
    ("theme", "options", "viewports"), [("light", RULES, (PHONE, WIDE)), ("dark", COLOURS, (PHONE,))]
)
def test_no_tab_breaks_a_rule_or_scrolls_sideways(
    visit: Callable[..., Page], theme: str, options: dict[str, Any], viewports: tuple[dict[str, int], ...]
) -> None:
    page = visit(PHONE, theme)
    found = {}
    for tab in TABS:
        show(page, tab)
        for viewport in viewports:
            page.set_viewport_size(viewport)  # type: ignore[arg-type]
            found[tab, viewport["width"]] = broken(page, None if tab == TABS[0] else SHOWN, options)
    assert not any(found.values()), found


@pytest.mark.usefixtures("small_photos")
def test_nor_does_what_a_run_leaves_behind(visit: Callable[..., Page]) -> None:
    page = visit(PHONE, "light")
    page.locator("#preset-hide").click()
    expect(page.locator("#verdict")).to_contain_text("Hidden", timeout=RUN)
    finished(page)
    for accordion in page.locator("#advanced > button, #numbers button.label-wrap").all():
        accordion.click()
    page.locator("#real-button").click()
    expect(page.locator("#real table").first).to_be_visible(timeout=RUN)
    expect(page.locator("#real-button")).to_be_enabled(timeout=RUN)
    found = {"attack": broken(page)}
    show(page, "compare")
    for chosen in page.locator("#compare-methods input:checked").all()[2:]:  # two fill every kind of cell
        chosen.uncheck()
    fill(page, "#compare-steps input[type=number]", "10")
    page.locator("#compare-button").click()
    expect(page.locator("#compare-table a[download]").first).to_be_visible(timeout=RUN)
    found["compare"] = broken(page)
    over = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.dataset.name)"
    found["cells"] = page.locator("#compare-table td").evaluate_all(over)
    assert not any(found.values()), found


RINGED = """() => {
  const ring = (box) => box && parseFloat(getComputedStyle(box).outlineWidth) >= 2 && getComputedStyle(box).outlineStyle;
  const one = document.activeElement;
  const shown = [one, one.closest("label"), one.closest(".wrap-inner")].some((box) => box && ring(box) && ring(box) !== "none");
  return [one.tagName, one.id || one.getAttribute("aria-label") || one.innerText, shown];
}"""


# Groups of radio buttons that a browser takes for several
RADIO_NAMES = """() => [...document.querySelectorAll("fieldset")].map((group) =>
  new Set([...group.querySelectorAll("input[type=radio]")].map((option) => option.name)))
  .filter((names) => names.size > 1).map((names) => [...names])"""


def test_whoever_uses_the_keyboard_sees_where_it_is(visit: Callable[..., Page]) -> None:
    page = visit()
    page.locator("#advanced > button").click()
    for tab in TABS[:4]:
        show(page, tab)
        page.locator(f"[role=tab][data-tab-id={tab}]").first.focus()
        stops, unseen = 0, []
        while True:
            page.keyboard.press("Tab")
            tag, name, shown = page.evaluate(RINGED)
            if tag == "BODY":  # past the end of the page
                break
            stops += 1
            unseen += [] if shown else [name]
        assert stops > 15 and not unseen, (tab, unseen)
        assert page.evaluate(RADIO_NAMES) == []
    show(page, "attack")
    page.locator("#annotator input").first.focus()
    page.keyboard.press("ArrowRight")  # one group, one stop: arrow keys choose
    expect(page.locator("#annotator input[value=coco80]")).to_be_checked()
    expect(page.locator("#before .chip, #before li").filter(has_text="motorcycle").first).to_be_visible()


def test_the_keyboard_goes_from_attack_to_stop_and_back(visit: Callable[..., Page]) -> None:
    page = visit()
    page.locator("#attack-button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#stop-button")).to_be_focused(timeout=RUN)
    finished(page)
    expect(page.locator("#attack-button")).to_be_focused()
    page.locator("#attack-button").press("Enter")
    expect(page.locator("#stop-button")).to_be_focused(timeout=RUN)
    page.locator(".amplifier input").focus()  # who has gone elsewhere is left there
    finished(page)
    expect(page.locator(".amplifier input")).to_be_focused()
    assert "Error" not in page.locator("body").aria_snapshot()  # words for what has not happened are not read out
