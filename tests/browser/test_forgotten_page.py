"""A page that the server has forgotten says so, and a click brings one that works."""

import gc
from collections.abc import Callable

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import RUN
from gradio.state_holder import StateHolder
from playwright.sync_api import Page, expect


def test_a_forgotten_page_says_so_and_reloads(visit: Callable[..., Page]) -> None:
    page = visit()
    page.locator("#samples button[data-sample=coffee]").click()
    expect(page.locator("#verdict")).to_contain_text("then press Attack", timeout=RUN)
    for holder in [found for found in gc.get_objects() if isinstance(found, StateHolder)]:
        holder.session_data.clear()  # as after a restart, or where their number is at its cap
    page.locator("#attack-button").click()
    link = page.locator("a[href$='#reload']").first
    expect(link).to_be_visible(timeout=RUN)
    with page.expect_navigation():
        link.click()
    expect(page.locator("#after img")).to_be_visible(timeout=RUN)
    page.locator("#samples button[data-sample=coffee]").click()
    expect(page.locator("#verdict")).to_contain_text("then press Attack", timeout=RUN)
