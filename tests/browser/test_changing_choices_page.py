"""Choices that change while the value before is still in the page, or on its way: nobody reads Gradio's words about it."""

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from playwright.sync_api import Page, expect
from test_sets_page import open_tab


def upload(page: Page, name: str, *files: Path) -> None:
    page.locator(f"#{name}-uploads input[type=file]").set_input_files(files)


def clear(page: Page, name: str) -> None:
    page.locator(f"#{name}-uploads").get_by_role("button", name="Clear").click()


def no_refusal(page: Page) -> None:
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


@pytest.mark.parametrize(
    ("tab", "name", "closed"), [("Compare", "compare", True), ("Universal", "craft", False), ("Tables", "live", False)]
)
def test_a_photo_that_was_cleared_and_comes_again_can_be_corrected_again(
    visit: Callable[..., Page], photos: dict[str, Path], tab: str, name: str, closed: bool
) -> None:
    page = visit()
    open_tab(page, tab)
    if closed:
        page.locator(f"#{name}-photos > button").click()
    box, which = page.locator(f"#{name}-truth"), page.locator(f"#{name}-truth-photo input")
    upload(page, name, photos["coffee"])
    box.locator("button", has_text="Correct what is true").click()
    expect(which).to_have_value(photos["coffee"].name)
    for again in ("coffee", "admiral"):
        clear(page, name)
        expect(box).to_be_hidden()
        upload(page, name, photos[again])
        expect(which).to_have_value(photos[again].name)
        expect(page.locator(f"#{name}-truth-seen img")).to_have_attribute("alt", f"The photo {photos[again].name}")
        expect(page.locator(f"#{name}-truth-labels .chip.true").first).to_be_visible()
        no_refusal(page)
