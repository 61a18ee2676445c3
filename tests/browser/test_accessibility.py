"""Every tab looked over by axe-core: WCAG 2.1 A and AA, in light and dark, on a wide screen and on a phone."""

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("axe_playwright_python", reason="needs the package axe-playwright-python")
pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from axe_playwright_python.sync_playwright import Axe
from conftest import PHONE, RUN, WIDE
from playwright.sync_api import Page, expect
from test_page import attack, fill, finished, running, stop

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
}
COLOURS = RULES | {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
}  # all that dark changes
SHOWN = "[role=tabpanel]:not([style*='display: none'])"  # the tab that is shown; what is around it is the same for each
MOST_STOPS = 400  # of the keyboard on one tab
TABS = ("attack", "compare", "universal", "tables", "learn", "lesson-tab")
FETCHED = TABS[3:]  # when they are opened


def show(page: Page, tab: str) -> None:
    page.evaluate(f"document.querySelector('[role=tab][data-tab-id={tab}]').click()")
    expect(page.locator(f"[role=tab][data-tab-id={tab}]").first).to_have_attribute("aria-selected", "true")
    page.wait_for_timeout(500)  # what the tab holds is mounted now
    if tab in FETCHED:
        expect(page.locator(f"{SHOWN} .fetched")).to_be_visible(timeout=RUN)


# Of the rows and curves of Tables it leaves the first two of each and whatever has an element that is unlike all before it,
# or stands elsewhere: thousands of cells look alike, and axe takes its time for each.
FEWER = """() => {
  const kind = (one) => [one.tagName, ...["class", "style", "role"].map((name) => one.getAttribute(name))].join(" ");
  const path = (one) => (one.id === "tables" ? "" : path(one.parentElement) + ">" + kind(one));
  const seen = new Set();
  for (const part of document.querySelectorAll("#tables :is(tbody tr, figure, li)")) {
    const paths = [part, ...part.querySelectorAll("*")].map(path);
    if (paths.every((one) => seen.has(one)) && part.previousElementSibling?.previousElementSibling) part.remove();
    for (const one of paths) seen.add(one);
  }
}"""


def broken(
    page: Page,
    part: str | None = None,
    options: dict[str, Any] = RULES,
    viewports: tuple[dict[str, int], ...] = (PHONE,),
) -> list[str]:
    """What breaks a rule on the page, or in a part of it, with everything open that can be opened."""
    page.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
    said = []
    for viewport in viewports:
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        said += [f"{wide} pixels are beyond the right edge of {viewport['width']}"] if wide > 0 else []
    page.evaluate(FEWER)
    for viewport in reversed(viewports):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        found = Axe().run(page, part, options=options).response["violations"]
        said += [f"{rule['id']}, {viewport['width']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]
    return said


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
        found[tab] = broken(page, None if tab == TABS[0] else SHOWN, options, viewports)
    assert not any(found.values()), found


@pytest.mark.usefixtures("small_photos")
def test_nor_does_what_a_run_leaves_behind_which_a_keyboard_started(visit: Callable[..., Page]) -> None:
    page = visit(PHONE, "light")
    page.evaluate("window.focused = []; addEventListener('focusin', (event) => focused.push(event.target.id))")
    page.locator("#attack-button").focus()
    page.keyboard.press("Enter")  # the focus goes from Attack to Stop, and back as the run ends
    page.wait_for_function("focused.join() === 'attack-button,stop-button,attack-button'", timeout=RUN)
    finished(page)
    page.locator("#attack-button").press("Enter")
    page.wait_for_function("focused.slice(3).includes('stop-button')", timeout=RUN)
    page.locator(".amplifier input").focus()  # who has gone elsewhere is left there
    finished(page)
    expect(page.locator(".amplifier input")).to_be_focused()
    assert "Error" not in page.locator("body").aria_snapshot()  # words for what has not happened are not read out

    page.locator("#preset-hide").click()
    running(page, "MinNorm")
    stop(page)
    page.locator("#advanced > button").click()
    fill(page, "#max-steps input[type=number]", "40")  # as many as it takes, and no more
    attack(page)
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("Hidden")
    for accordion in page.locator("#numbers button.label-wrap").all():
        accordion.click()
    page.locator("#real-button").click()
    page.locator("#real summary").click(timeout=RUN)
    expect(page.locator("#real table").first).to_be_visible()
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


# What has the focus: its name, whether a ring is seen, the part of the tab it is in, and whether the walk has been there.
RINGED = """() => {
  const ring = (box) => box && parseFloat(getComputedStyle(box).outlineWidth) >= 2 && getComputedStyle(box).outlineStyle;
  const one = document.activeElement;
  if (one === document.body) return null;  // past the page's end, or in a menu that has just closed
  const shown = [one, one.closest("label"), one.closest(".wrap-inner")].some((box) => box && ring(box) && ring(box) !== "none");
  const part = one.closest("#choose-photo, #choose-truth, #choose-attack, #stage")?.id ?? "";
  const again = passed.has(one);
  passed.add(one);
  return [one.id || one.getAttribute("aria-label") || one.innerText || one.outerHTML.slice(0, 160), shown, part, again];
}"""


# Groups of radio buttons that a browser takes for several
RADIO_NAMES = """() => [...document.querySelectorAll("fieldset")].map((group) =>
  new Set([...group.querySelectorAll("input[type=radio]")].map((option) => option.name)))
  .filter((names) => names.size > 1).map((names) => [...names])"""


def test_whoever_uses_the_keyboard_sees_where_it_is(visit: Callable[..., Page]) -> None:
    page = visit()
    expect(page.locator("#tabs [role=tab][tabindex='-1']").first).to_be_attached()  # the tabs are one stop
    page.evaluate("document.querySelector('#advanced > button').click()")  # which leaves the focus at the page's top
    for tab in TABS[:4]:
        if tab != TABS[0]:
            show(page, tab)
            page.locator(f"[role=tab][data-tab-id={tab}]").first.focus()
        page.evaluate("window.passed = new Set()")
        parts, unseen = [], []
        for _ in range(MOST_STOPS):
            page.keyboard.press("Tab")
            stop = page.evaluate(RINGED)
            if stop is None:
                continue
            name, shown, part, again = stop
            if again:  # once around
                break
            parts.append(part)
            unseen += [] if shown else [name]
        assert again, (tab, parts)
        assert len(parts) > 15 and not unseen, (tab, unseen)
        assert page.evaluate(RADIO_NAMES) == []
        if tab == TABS[0]:  # the keyboard comes to photo, labels and attack in this order, and soon
            assert [*dict.fromkeys(filter(None, parts))] == ["choose-photo", "choose-truth", "choose-attack", "stage"]
            assert any(parts[:6]), parts[:6]
            assert not page.locator("#stage[data-changed]").count()  # to pass through the choices changes none
    show(page, "attack")
    page.locator("#annotator input").first.focus()
    page.keyboard.press("ArrowRight")  # one group, one stop: arrow keys choose
    expect(page.locator("#annotator input[value=coco80]")).to_be_checked()
    expect(page.locator("#before .chip, #before li").filter(has_text="motorcycle").first).to_be_visible()
