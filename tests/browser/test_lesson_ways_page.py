"""Ways out of the Lesson: to a test of one's own photo, and to an exercise with it; and its pictures of a change."""

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import PATIENCE, PHONE, RUN, WIDE
from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=PATIENCE)


def screen_of(page: Page, key: str) -> Locator:
    """A screen with its answer."""
    page.get_by_role("tab", name="Lesson", exact=True).first.click()
    expect(page.locator("#lesson .course")).to_be_visible(timeout=RUN)
    page.locator(f"#lesson .way [data-to={key}]").click()
    screen = page.locator(f"#lesson .screen[data-screen={key}]")
    if screen.locator(".skip").is_visible():
        screen.locator(".skip").click()
    expect(screen.locator(".own")).to_be_visible()
    return screen


@pytest.mark.parametrize("size", [WIDE, PHONE])
@pytest.mark.parametrize("key", ["noise", "jpeg"])
def test_a_link_goes_to_where_an_attacked_photo_is_tested(opened: Page, key: str, size: dict[str, int]) -> None:
    opened.set_viewport_size(size)  # type: ignore[arg-type]
    screen = screen_of(opened, key)
    expect(screen.locator(".own")).to_contain_text("press “Test it” at “Is it real?”, far below the pictures")
    screen.locator(".own .place").click()
    expect(opened.locator("#real h2")).to_be_in_viewport()
    expect(opened.locator("#real-button")).to_be_in_viewport(ratio=1)
    expect(opened.locator("#real-button")).to_have_text("Test it")
    expect(opened.locator("#to-real")).to_be_visible(visible=size == PHONE)  # so it is on small screens only


def test_single_dots_of_a_change_do_not_fade_where_its_picture_is_made_smaller(opened: Page) -> None:
    opened.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for key, titles in {"flip": ["The change"], "noise": ["The attack", "Random noise"]}.items():
        grains = screen_of(opened, key).locator(".grains")
        assert grains.locator("h4").all_inner_texts() == titles
        how = grains.locator("img").evaluate_all("all => all.map(one => getComputedStyle(one).imageRendering)")
        assert set(how) == {"pixelated"}
