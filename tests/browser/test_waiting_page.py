"""A visitor who waits for a run, on every tab: where they stand is said, Stop leaves the line, and looking goes on."""

from collections.abc import Callable

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import RUN, holds
from playwright.sync_api import Page, expect

from demo.engine.run_queue import PLACES, Turn

pytestmark = pytest.mark.usefixtures("small_photos")

TABS = {
    "Attack": ("attack-button", "stop-button", "status"),
    "Compare": ("compare-button", "compare-stop", "compare-status"),
    "Universal": ("craft-button", "craft-stop", "craft-status"),
    "Tables": ("live-run", "live-stop", "live-status"),
}


def test_who_waits_is_told_so_may_look_on_and_leaves_the_line(visit: Callable[..., Page], taken: list[Turn]) -> None:
    page = visit()
    for tab, (run, stop, status) in TABS.items():
        page.get_by_role("tab", name=tab, exact=True).click()
        page.locator(f"#{run}").click(timeout=RUN)
        expect(page.locator(f"#{status}")).to_contain_text("you are next", timeout=RUN)
        assert PLACES.waiting() == 1
        page.locator(f"#{stop}").click()
        expect(page.locator(f"#{run}")).to_be_enabled(timeout=RUN)
        expect(page.locator(f"#{status}")).to_contain_text("ready")
        assert PLACES.waiting() == 0

    # A sample can be looked at while a run waits, and the run begins when a place is free.
    page.get_by_role("tab", name="Attack", exact=True).click()
    page.locator("#attack-button").click()
    expect(page.locator("#status")).to_contain_text("about", timeout=RUN)
    page.locator("#samples").get_by_role("button", name="Cat", exact=True).click()
    expect(page.locator("#verdict")).to_contain_text("Press Attack", timeout=RUN)
    expect(page.locator("#attack-button")).to_be_enabled(timeout=RUN)  # the photo that waited has left the stage
    page.locator("#attack-button").click()
    expect(page.locator("#status")).to_contain_text("you are next", timeout=RUN)
    taken[0].__exit__()
    expect(page.locator("#verdict strong")).to_be_visible(timeout=RUN)
    expect(page.locator("#attack-button")).to_be_enabled(timeout=RUN)

    # A page that is closed leaves the line.
    with Turn(PLACES) as again:
        assert list(again.next()) == [] and again.held
        page.locator("#attack-button").click()
        expect(page.locator("#status")).to_contain_text("you are next", timeout=RUN)
        page.goto("about:blank")
        assert holds(lambda: PLACES.waiting() == 0)
