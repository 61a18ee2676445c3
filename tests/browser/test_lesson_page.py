"""A class goes through the tab "Lesson": votes, answers, the film and the dial, without asking the server."""

from collections.abc import Callable

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import PATIENCE, PHONE, RUN
from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=PATIENCE)
Visit = Callable[..., Page]


def lesson(page: Page) -> Locator:
    page.get_by_role("tab", name="Lesson", exact=True).first.click()
    course = page.locator("#lesson .course")
    expect(course).to_be_visible(timeout=RUN)
    return course


def test_a_walk_through_the_lesson_asks_the_server_nothing(visit: Visit) -> None:
    page = visit()
    course = lesson(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    keys = course.locator(".screen").evaluate_all("all => all.map(one => one.dataset.screen)")
    for number, key in enumerate(keys):
        screen = course.locator(f".screen[data-screen={key}]")
        expect(screen).to_be_visible()
        expect(course.locator(".screen:visible")).to_have_count(1)
        expect(screen.locator(".shown")).to_be_hidden()
        expect(screen.locator(".reveal")).to_be_disabled()
        answers = screen.locator(".answer")
        answers.nth(0).click()
        answers.nth(1).click()
        pressed = 2 if screen.get_attribute("data-several") == "yes" else 1
        expect(screen.locator(".answer[aria-pressed=true]")).to_have_count(pressed)
        screen.locator(".reveal").click()
        expect(screen.locator(".told")).to_be_visible()
        right = screen.locator('.answer[data-right="yes"]')
        expect(screen.locator(".answer.right")).to_have_count(right.count())
        broken = screen.locator("img").evaluate_all(
            "all => all.filter(one => !one.complete || !one.naturalWidth).length"
        )
        assert broken == 0
        answers.nth(2).dispatch_event("click")  # too late
        expect(screen.locator(".answer[aria-pressed=true]")).to_have_count(pressed)
        if number < len(keys) - 1:
            course.locator(".next").click()
    expect(course.locator(".next")).to_be_disabled()
    course.locator(".way [data-to]").first.click()
    expect(course.locator(f".screen[data-screen={keys[0]}] .told")).to_be_visible()  # what was answered stays
    assert [url for url in asked if "/queue/" in url or "/run/" in url] == []


def test_hands_are_counted_the_dial_and_the_film_move_and_the_way_to_ones_own_photo(visit: Visit) -> None:
    page = visit()
    course = lesson(page)
    looks = "page => [getComputedStyle(page).borderRadius, getComputedStyle(page).backgroundColor]"
    before_counting = course.evaluate(looks)
    course.locator(".class").click()
    assert course.evaluate(looks) == before_counting
    flip, plant = (course.locator(f".screen[data-screen={key}]") for key in ("flip", "plant"))
    course.locator(".way [data-to=flip]").click()
    for _ in range(3):
        flip.locator(".answer").nth(2).click()
    expect(flip.locator(".answer").nth(2).locator(".hands")).to_have_text("3")
    flip.locator(".reveal").click()
    before, after = (flip.locator(f'.stop[data-stop="{stop}"] .name').first.inner_text for stop in (0, 10))
    label = after()
    flip.locator(".dial input").fill("0")
    expect(flip.locator('.stop[data-stop="10"]')).to_be_hidden()
    assert before() != label
    course.locator(".way [data-to=plant]").click()
    plant.locator(".answer").first.click()
    plant.locator(".reveal").click()
    expect(plant.locator(".frame:visible")).to_have_attribute(
        "data-title", "as saved", timeout=PATIENCE
    )  # it has played
    plant.locator(".player input").fill("0")
    expect(plant.locator(".frame:visible")).to_have_attribute("data-frame", "0")
    plant.locator(".go").click()
    expect(page.locator("#attack-button")).to_be_visible()
    expect(page.locator("#case input:checked")).to_have_value("worst")


def test_on_a_phone_nothing_is_wider_than_the_screen(visit: Visit) -> None:
    page = visit(PHONE)
    course = lesson(page)
    for key in course.locator(".screen").evaluate_all("all => all.map(one => one.dataset.screen)"):
        course.locator(f".way [data-to={key}]").click()
        screen = course.locator(f".screen[data-screen={key}]")
        screen.locator(".answer").first.click()
        screen.locator(".reveal").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        small = screen.locator("button:visible").evaluate_all("all => all.filter(one => one.offsetHeight < 24).length")
        assert small == 0
