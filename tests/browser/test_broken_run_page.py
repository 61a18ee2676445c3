"""A run that was refused, or broke off, takes nothing away: the result before it stays, with all that can be done with it."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import RUN
from playwright.sync_api import Page, expect
from test_page import attack, fill, finished
from test_stage_page import SLIDE

NOTE = "getComputedStyle(document.querySelector('#verdict .verdict p'), '::after').content"
ENABLED = ("#download-png", "#share .open", "#download-report", ".replay input", "#real-button")


def stands(page: Page, said: str, pictures: list[str]) -> None:
    expect(page.locator("#verdict p")).to_have_text(said)
    assert (
        page.locator("#before img, #change img, #after img").evaluate_all("all => all.map(one => one.src)") == pictures
    )
    for box in ENABLED:
        expect(page.locator(box)).to_be_enabled()
    expect(page.locator("#status")).to_have_text("ready")
    expect(page.locator("#table")).to_contain_text("Size of the change")


def broken(error: Exception) -> Callable[..., Iterator[Any]]:
    """In place of `stage.views`: it begins, and breaks off."""
    from demo.tabs.attack import stage

    opening = stage.opening

    def views(plan: Any, *_: Any, **__: Any) -> Iterator[Any]:
        yield opening(plan)
        raise error

    return views


@pytest.mark.usefixtures("small_photos")
def test_the_result_before_stays_where_a_run_is_refused_or_breaks_off(
    visit: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    from demo.engine.run_queue import PLACES
    from demo.tabs.attack import run_events, stage

    page = visit()
    attack(page)
    finished(page)
    said = page.locator("#verdict p").inner_text()
    pictures = page.locator("#before img, #change img, #after img").evaluate_all("all => all.map(one => one.src)")
    attack_button, toast = page.locator("#attack-button"), page.get_by_test_id("toast-body")

    def told(words: str) -> None:
        expect(toast).to_contain_text(words, timeout=RUN)
        finished(page)
        stands(page, said, pictures)
        assert page.evaluate(NOTE) == "none"  # nobody has chosen anything else
        page.get_by_test_id("toast-close").click()
        expect(toast).to_have_count(0)

    with monkeypatch.context() as patch:
        patch.setattr(PLACES, "at_once", 0)
        patch.setattr(PLACES, "most_waiting", 0)
        attack_button.click()
        told("people wait for a run already")
    for error, words in ((ValueError("No longer finite."), "No longer finite."), (RuntimeError(), "Something broke")):
        with monkeypatch.context() as patch:
            patch.setattr(stage, "views", broken(error))
            attack_button.click()
            told(words)
    page.locator(".replay input").evaluate(SLIDE, 0)
    expect(page.locator("#after")).to_contain_text("at step 0")  # its frames are there as well

    save_data, calls = run_events.save_data, []

    def failing(*given: Any) -> str:
        calls.append(given)
        if len(calls) == 1:
            raise RuntimeError
        return save_data(*given)

    fill(page, "#k input[type=number]", "2")
    with monkeypatch.context() as patch:
        patch.setattr(run_events, "save_data", failing)
        attack_button.click()
        expect(toast).to_contain_text("Something broke", timeout=RUN)
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("top 2")  # its own result was there already


@pytest.mark.usefixtures("small_photos")
def test_card_and_citation_have_the_link_to_the_result_that_stands_whatever_was_begun_since(
    visit: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    from demo.engine.run_queue import PLACES
    from demo.tabs.attack import stage

    page = visit()
    page.wait_for_function("document.getElementById('address')?.dataset.ran")
    page.evaluate("""() => {
      navigator.canShare = () => true;
      navigator.share = async ({ text }) => (window.sent = text);
    }""")
    page.locator("#cite > button").click()

    def linked(k: int) -> None:
        entries = page.locator("#bibtex textarea")
        expect(entries).to_have_value(re.compile(rf"goal cleared, k {k},.*\\&k={k}\\&", re.DOTALL))
        page.locator("#share .open").click()
        expect(page.locator("#share img")).to_be_visible(timeout=RUN)
        page.locator("#share .send").click()
        assert f"left in the top {k}: " in page.evaluate("window.sent") and f"&k={k}&" in page.evaluate("window.sent")
        page.keyboard.press("Escape")

    def without_result(k: int, patched: Callable[[pytest.MonkeyPatch], None], words: str) -> None:
        fill(page, "#k input[type=number]", str(k))
        with monkeypatch.context() as patch:
            patched(patch)
            page.locator("#attack-button").click()
            expect(page.get_by_test_id("toast-body")).to_contain_text(words, timeout=RUN)
        finished(page)
        page.get_by_test_id("toast-close").click()

    def breaks_off(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(stage, "views", broken(RuntimeError()))

    def is_refused(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(PLACES, "at_once", 0)
        patch.setattr(PLACES, "most_waiting", 0)

    linked(3)
    without_result(2, breaks_off, "Something broke")
    linked(3)
    without_result(2, is_refused, "people wait for a run already")
    linked(3)
    attack(page)
    finished(page)
    linked(2)
    without_result(1, breaks_off, "Something broke")
    page.locator("#smaller-button").click()  # of the result that is back
    expect(page.locator("#stop-button")).to_be_enabled()
    finished(page)
    linked(2)
