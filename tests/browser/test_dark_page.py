"""The page's switch between light and dark takes nothing away, as Gradio's own would, which reloads the page."""

import re
from collections.abc import Callable

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import RUN
from playwright.sync_api import Page, expect
from test_page import attack, finished


def is_dark(page: Page) -> bool:
    """As the page is drawn, not as the switch says."""
    ground = page.evaluate("getComputedStyle(document.querySelector('gradio-app')).backgroundColor")
    return sum(map(int, re.findall(r"\d+", ground)[:3])) < 200


@pytest.mark.usefixtures("small_photos")
def test_a_result_and_a_vote_survive_the_switch_and_the_browser_remembers_it(visit: Callable[..., Page]) -> None:
    page = visit()
    assert not is_dark(page)
    attack(page)
    finished(page)
    result = page.locator("#verdict").inner_text()
    page.get_by_role("tab", name="Lesson", exact=True).first.click()
    vote = page.locator("#lesson .screen:visible .answer").first
    vote.click(timeout=RUN)
    page.evaluate("window.same = true")

    switch = page.get_by_role("switch", name="Dark page", exact=True)
    expect(switch).not_to_be_checked()
    switch.focus()
    switch.press("Space")
    expect(switch).to_be_checked()
    assert is_dark(page)
    expect(page).to_have_url(re.compile("__theme=dark"))
    page.emulate_media(color_scheme="light")  # what the system says later does not count
    assert is_dark(page) and page.evaluate("window.same")
    expect(vote).to_have_attribute("aria-pressed", "true")
    page.get_by_role("tab", name="Attack", exact=True).first.click()
    assert page.locator("#verdict").inner_text() == result

    bare = page.url.split("?")[0]
    page.goto(bare, timeout=RUN)  # an address that says nothing of it
    expect(switch).to_be_checked(timeout=RUN)
    assert is_dark(page)
    page.goto(f"{bare}?__theme=light", timeout=RUN)
    expect(switch).not_to_be_checked(timeout=RUN)
    assert not is_dark(page)
    page.evaluate("document.body.id = 'presenting'")
    expect(switch).to_be_hidden()


def test_the_foot_has_no_settings(opened: Page) -> None:
    expect(opened.locator("footer button:visible")).to_have_text("Use via API")
    expect(opened.locator("footer .divider")).to_be_hidden()
