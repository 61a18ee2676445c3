"""A page that nobody does anything with, in a real browser: it takes nothing of the machine, as attacks run on it too."""

from collections.abc import Callable

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import RUN
from playwright.sync_api import Page

COUNT = """const next = requestAnimationFrame.bind(window);
window.frames_asked = 0;
window.requestAnimationFrame = (callback) => { window.frames_asked += 1; return next(callback); };"""
CAME_TO_REST = "() => window.was === (window.was = window.frames_asked)"


def test_a_page_at_rest_is_not_drawn_again_and_again(visit: Callable[..., Page]) -> None:
    page = visit()
    page.add_init_script(COUNT)
    page.reload()
    page.locator("#after img").wait_for(timeout=RUN)
    page.wait_for_function(CAME_TO_REST, polling=500, timeout=RUN)
    assert page.evaluate("window.frames_asked") > 0
