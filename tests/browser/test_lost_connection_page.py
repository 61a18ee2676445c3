"""A page that has lost the server for some seconds gets over it: photo, marks and settings are in place."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import RUN
from playwright.sync_api import Page, expect
from test_page import attack, fill, pressed, stop, upload_and_mark

AWAY = 2500  # milliseconds; Gradio asks every 2 seconds whether the server is back, so that it asks in vain once


@pytest.mark.usefixtures("small_photos")
def test_photo_marks_and_settings_outlast_a_lost_connection(
    visit: Callable[..., Page], photos: dict[str, Path]
) -> None:
    page = visit()
    upload_and_mark(page, photos["cat"])
    expect(page.locator("#k input[type=number]")).to_have_value("2")  # as many as are ticked, until it is moved
    fill(page, "#k input[type=number]", "4")
    expect(page.locator("#before .label")).to_have_count(4)
    page.evaluate("window.same = true")
    page.context.set_offline(True)  # while nothing goes on
    page.wait_for_timeout(AWAY)
    page.context.set_offline(False)
    expect(page.locator("#k input[type=number]")).to_have_value("4")
    page.locator("#advanced > button").click()
    fill(page, "#max-steps input[type=number]", "40")
    fill(page, "#step textarea, #step input", "0.001")
    attack(page)
    page.wait_for_function("/step [1-9]/.test(document.querySelector('#status').innerText)", timeout=RUN)
    assert page.evaluate("window.same")
    marked = pressed(page)

    page.context.set_offline(
        True
    )  # its stream lasts until it is over; then the page loads anew, once the server is back
    expect(page.get_by_test_id("toast-body")).to_contain_text("Connection to the server was lost", timeout=RUN)
    page.wait_for_timeout(AWAY)
    with page.expect_navigation(timeout=RUN):
        page.context.set_offline(False)
    expect(page.locator("#chips")).to_contain_text("Ticked by you", timeout=RUN)
    assert pressed(page) == marked and {"cat", "dog"} <= set(marked)
    expect(page.locator("#samples button[data-sample^=upload]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#k input[type=number]")).to_have_value("4")
    expect(page.locator("#before .label")).to_have_count(4)
    page.locator("#advanced > button").click()
    expect(page.locator("#max-steps input[type=number]")).to_have_value("40")
    attack(page)
    page.wait_for_function("/step [1-9]/.test(document.querySelector('#status').innerText)", timeout=RUN)
    stop(page)
    expect(page.locator("#verdict")).to_contain_text(re.compile("Stopped|Fooled"))
