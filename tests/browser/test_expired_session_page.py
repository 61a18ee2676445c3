"""A page that the server has forgotten says so, and a click brings photo and marks back."""

import gc
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import RUN
from gradio.state_holder import StateHolder
from gradio.utils import get_upload_folder
from playwright.sync_api import Page, expect
from test_page import IN_THE_BROWSER, pressed, upload, upload_and_mark

from demo.photos import upload_folder


def test_photo_and_marks_come_back_where_the_server_has_forgotten_both(
    visit: Callable[..., Page], photos: dict[str, Path]
) -> None:
    page, own = visit(), "#samples button[data-sample^=upload]"
    upload_and_mark(page, photos["cat"])
    marked = pressed(page)
    page.wait_for_function("JSON.parse(sessionStorage.getItem('fool-the-top-k'))?.at(-1).truth.includes('dog')")
    upload(page, photos["coffee"])
    expect(page.locator(own)).to_have_count(2)
    page.wait_for_function(IN_THE_BROWSER, arg=2)
    for holder in [found for found in gc.get_objects() if isinstance(found, StateHolder)]:
        holder.session_data.clear()  # as after a restart, or where their number is at its cap
    upload_folder.sweep(Path(get_upload_folder()), most=0)
    page.locator("#attack-button").click()
    link = page.locator("a[href$='#reload']").first
    expect(link).to_be_visible(timeout=RUN)
    with page.expect_navigation():
        link.click()
    expect(page.locator(own)).to_have_count(2, timeout=RUN)
    expect(page.locator(own).first).to_have_attribute("aria-pressed", "true")
    page.locator(own).last.click()
    expect(page.locator("#chips")).to_contain_text("Ticked by you", timeout=RUN)
    assert pressed(page) == marked and {"cat", "dog"} <= set(marked)
    expect(page.locator(own).last).to_have_attribute("aria-pressed", "true")
    page.locator("#samples button[data-sample=coffee]").click()  # and the page goes on
    expect(page.locator("#chips")).to_contain_text("known for this sample", timeout=RUN)
