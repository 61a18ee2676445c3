"""A class goes through the tab "Lesson": votes, answers, the film and the dial, without asking the server."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import PATIENCE, PHONE, RUN, WIDE
from playwright.sync_api import Locator, Page, expect

from demo.engine.recordings import recording
from demo.server import addresses
from demo.tabs.lesson import closing
from demo.tabs.lesson.exercise import READY_MADE

expect.set_options(timeout=PATIENCE)
PROJECTOR = {"width": 1920, "height": 1080}
LOW = {"width": 1280, "height": 720}
LOWEST = {"width": 1280, "height": 660}
SIZES = ({"width": 1280, "height": 800}, LOW, {"width": 1366, "height": 768}, PROJECTOR)
# Whether nothing, such as the bar with Back and Next, lies on any of these, and all of them are in the window
UNCOVERED = """parts => [...document.querySelectorAll(parts)].every(one => {
  const box = one.getBoundingClientRect();
  return [box.top + 2, box.bottom - 2].every(y => one.contains(document.elementFromPoint(box.left + box.width / 2, y)));
})"""
WHOLE = (
    "[...document.querySelectorAll('#lesson .name')].every(one => one.scrollWidth <= one.clientWidth)"  # labels, uncut
)
ASKING = ".screen:has(.answer)"
FITS = "(all => all.scrollHeight <= all.clientHeight && all.scrollWidth <= all.clientWidth)(window.lesson)"
FASTER = "() => { const usual = setInterval; window.setInterval = (what, ms) => usual(what, ms / 10); }"


def lesson(page: Page, size: dict[str, int] = WIDE) -> Locator:
    """The tab, as wide as asked for: all tests but one have one page."""
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.get_by_role("tab", name="Lesson", exact=True).first.click()
    course = page.locator("#lesson .course")
    expect(course).to_be_visible(timeout=RUN)
    return course


def start_over(course: Locator) -> None:
    """Pressed twice, as the first press asks where votes would be lost."""
    for _ in range(2):
        course.locator(".anew").click()


def test_all_is_in_sight_together_and_a_walk_through_asks_the_server_nothing(visit: Callable[..., Page]) -> None:
    page = visit(SIZES[0])
    course = lesson(page, SIZES[0])
    keys = course.locator(ASKING).evaluate_all("all => all.map(one => one.dataset.screen)")
    sight = """screen => [...screen.querySelectorAll(".see img, .see .label, .asked h3, .answer, .reveal, .skip")]
      .map(one => one.getBoundingClientRect())
      .filter(box => box.top < 0 || box.bottom > innerHeight || box.left < 0 || box.right > innerWidth || !box.height).length"""
    expect(course.locator(".class")).to_be_in_viewport(ratio=1)
    expect(course.locator(".enter")).to_be_in_viewport(ratio=1)
    page.wait_for_function(
        f"({sight})(document.querySelector('.screen[data-screen={keys[0]}]')) === 0"
    )  # as it is opened
    for size in SIZES:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for key in keys[1:] if size != LOW else keys:
            course.locator(f".way [data-to={key}]").click()
            page.wait_for_function(f"({sight})(document.querySelector('.screen[data-screen={key}]')) === 0")
            page.wait_for_function(UNCOVERED, arg=f".screen[data-screen={key}] :is(.answer, .reveal, .skip)")
    for key in keys:
        screen = course.locator(f".screen[data-screen={key}]")
        assert screen.locator(".see img").count() and screen.locator(".answer").count() >= 3

    course.locator(f".way [data-to={keys[0]}]").click()
    page.set_viewport_size(LOW)  # type: ignore[arg-type]
    page.get_by_role("tab", name="Attack", exact=True).first.click()
    expect(course).to_be_hidden()
    page.evaluate("scrollTo(0, 0)")
    page.get_by_role("tab", name="Lesson", exact=True).first.click()
    page.wait_for_function(UNCOVERED, arg=f".screen[data-screen={keys[0]}] :is(.answer, .reveal)")  # opened again
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.route("**/*", lambda route: route.abort())  # what has come is all that it takes
    for key in keys:
        screen = course.locator(f".screen[data-screen={key}]")
        expect(screen).to_be_visible()
        expect(course.locator(".screen:visible")).to_have_count(1)
        expect(screen.locator(".shown")).to_be_hidden()
        expect(screen.locator(".reveal")).to_be_disabled()
        expect(screen.locator(".first .skip")).to_be_visible()
        answers = screen.locator(".answer")
        answers.nth(0).click()
        answers.nth(1).click()
        pressed = 1
        if screen.get_attribute("data-several") == "yes":  # as many as are asked for
            pressed = screen.locator('.answer[data-right="yes"]').count()
            expect(screen.locator(".first .one")).to_have_text(f"Choose {pressed}")
            expect(screen.locator(".reveal")).to_be_disabled()
            for at in range(2, pressed):
                answers.nth(at).click()
        expect(screen.locator(".first")).to_be_hidden()
        expect(screen.locator(".answer[aria-pressed=true]")).to_have_count(pressed)
        screen.locator(".reveal").click()
        expect(screen.locator(".told")).to_be_visible()
        page.wait_for_function(
            UNCOVERED, arg=f".screen[data-screen={key}] :is(.answer, .told)"
        )  # question, marks, answer
        expect(screen.locator(".votes")).to_contain_text("Your vote: ")
        expect(course.locator(".next")).to_be_in_viewport(ratio=1)
        expect(screen.locator(".reveal")).to_be_hidden()
        right = screen.locator('.answer[data-right="yes"]')
        expect(screen.locator(".answer.right")).to_have_count(right.count())
        broken = screen.locator("img").evaluate_all(
            "all => all.filter(one => !one.complete || !one.naturalWidth).length"
        )
        assert broken == 0
        answers.nth(2).dispatch_event("click")  # too late
        expect(screen.locator(".answer[aria-pressed=true]")).to_have_count(pressed)
        course.locator(".next").click()
    expect(course.locator(".next")).to_be_disabled()
    expect(course.locator(".screen:visible li")).to_have_count(len(closing.sentences(keys)))
    course.locator(".way [data-to]").first.click()
    expect(course.locator(f".screen[data-screen={keys[0]}] .told")).to_be_visible()  # what was answered stays
    course.locator(".anew").click()  # for the next class
    expect(course.locator(".anew")).to_contain_text("Press again")
    course.locator(".way [data-to=end]").click()  # a press elsewhere takes the question back
    expect(course.locator(".anew")).to_have_text("Start over")
    for way in (".closing .own h3", ".closing button.go", ".closing a.go"):
        expect(course.locator(way)).to_be_visible()
    start_over(course)
    expect(course.locator(".told:visible, .answer.right, .answer[aria-pressed=true]")).to_have_count(0)
    assert [url for url in asked if not url.startswith("data:")] == []


# How many sizes are tried at once, each of which lays the page out anew
TRIES = """() => {
  window.tries = [];
  const seen = new MutationObserver((all) => window.tries.push(all.length));
  seen.observe(document.querySelector("#lesson .course"), { attributeFilter: ["style"] });
}"""


def hands_fit(page: Page, course: Locator) -> None:
    """Presented beside a code, with hands for every answer: there on the lowest screen, and back on a low one."""
    page.evaluate(TRIES)
    page.set_viewport_size(LOWEST)  # type: ignore[arg-type]
    for answers in course.locator(ASKING).evaluate_all("all => all.map(one => one.querySelectorAll('.answer').length)"):
        for digit in range(1, answers + 1):
            page.keyboard.press(str(digit))
        expect(page.locator(".screen:visible .hands:visible")).to_have_count(answers)
        for _ in range(3):
            page.wait_for_function(FITS)
            page.wait_for_function(WHOLE)
            page.keyboard.press("ArrowRight")
    expect(course.locator(".closing")).to_be_visible()
    page.set_viewport_size(LOW)  # type: ignore[arg-type]
    while course.locator(".screen").first.is_hidden():
        page.wait_for_function(FITS)
        page.keyboard.press("ArrowLeft")
    assert 1 < page.evaluate("Math.max(...window.tries)") <= 7  # some did not fit at first, and few were tried


def test_presented_it_is_led_by_keys_through_questions_and_answers(
    opened: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, course = opened, lesson(opened, PROJECTOR)
    with monkeypatch.context() as patch:
        patch.setattr(addresses, "_listens_on", lambda: "0.0.0.0")
        patch.setattr(addresses, "lan_address", lambda: "192.168.7.5")
        page.get_by_role("link", name="Present").click()
        expect(page.locator("#presenter .qr svg")).to_be_visible(timeout=RUN)  # of an address that pupils reach
        expect(page.locator("#presenter .scan b")).to_have_text(re.compile(r"^http://192\.168\.7\.5:\d+/#lesson-tab$"))
        expect(page.locator("#presenter .alone")).to_be_hidden()
        hands_fit(page, course)
        page.set_viewport_size(PROJECTOR)  # type: ignore[arg-type]
    page.keyboard.press("s")  # nothing is lost by one press, nor by two of which one is another key
    expect(page.locator("#presenter .sure")).to_have_text("Press S again to start over: all votes go.")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#presenter .sure")).to_be_hidden()
    expect(course.locator(".screen").first.locator(".answer.right")).not_to_have_count(0)
    for _ in range(2):
        page.keyboard.press("s")
    expect(course.locator(".screen").first).to_be_visible()
    expect(course.locator(".answer.right, .hands:not([hidden])")).to_have_count(0)  # of any screen
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "1", "1"):
        page.keyboard.press(key)
    page.reload()
    expect(course).to_be_visible(timeout=RUN)  # the address says all of it, and this tab keeps screen and hands
    expect(page.locator("body#presenting")).to_be_visible()
    expect(page.locator(".screen:visible .hands").first).to_have_text("2")
    page.keyboard.press("Backspace")
    expect(page.locator(".screen:visible .hands").first).to_have_text("1")
    while course.locator(".screen").first.is_hidden():
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#presenter .alone")).to_contain_text("--address 0.0.0.0", timeout=RUN)
    assert page.locator("#presenter .qr svg").count() == 0  # nobody is sent to 127.0.0.1
    expect(page.locator("#presenter .alone")).to_be_hidden()
    page.keyboard.press("0")  # at once where there is no vote to lose
    page.locator("#presenter .no-code").click()
    now = (
        "(s => s && [s.dataset.screen, s.dataset.view])([...document.querySelectorAll('.screen')].find(s => !s.hidden))"
    )
    keys = course.locator(ASKING).evaluate_all("all => all.map(one => one.dataset.screen)")
    way = [*([key, view] for key in keys for view in ("ask", "happened", "reason")), ["end", "ask"]]
    for place in way:
        assert page.evaluate(now) == place
        page.wait_for_function(FITS)
        if place == ["noise", "ask"]:
            for digit in "3332":
                page.keyboard.press(digit)
            page.keyboard.press("Backspace")
            expect(page.locator(".screen:visible .hands:visible")).to_have_text("3")
        if place == ["noise", "happened"]:
            expect(page.locator(".votes:visible")).to_contain_text("Some other label 3")
            number = page.locator(".votes b").filter(visible=True).first
            assert number.evaluate("one => parseFloat(getComputedStyle(one).fontSize)") >= 40
            page.keyboard.press("ArrowLeft")
            expect(page.locator(".shown:visible")).to_have_count(0)  # the question, as it was, with its hands
            page.keyboard.press("0")
            expect(page.locator("#presenter .sure")).to_have_text(
                "Press 0 again to ask this question anew: its votes go."
            )
            expect(page.locator(".hands:visible")).not_to_have_count(0)
            page.keyboard.press("0")
            expect(page.locator(".hands:visible, .answer.right:visible")).to_have_count(0)
            page.keyboard.press("ArrowRight")
        if place == ["flip", "happened"]:
            page.locator(".dial input").focus()
            page.keyboard.press("ArrowDown")
            expect(page.locator(".dial output")).to_have_text("90%")
            assert page.evaluate(now) == place
        expect(page.locator("#presenter .alone")).to_be_visible(visible=place == way[0])
        page.keyboard.press("ArrowRight")
    assert page.evaluate(now) == way[-1]  # there is nothing behind it
    page.keyboard.press("ArrowLeft")
    page.locator("#presenter [data-by='-1']").click()
    assert page.evaluate(now) == way[-3]
    letters = "all => Math.min(...all.map(one => parseFloat(getComputedStyle(one).fontSize)))"
    assert course.locator(":is(h3, .words, .told p):visible").evaluate_all(letters) >= 24
    page.get_by_role("button", name="Leave").click()
    expect(course.locator(".way")).to_be_visible()
    assert "present" not in page.url and page.url.endswith("#lesson-tab")


def test_hands_are_counted_the_dial_and_the_film_move_and_the_way_to_ones_own_photo(
    opened: Page, photos: dict[str, Path]
) -> None:
    page, course = opened, lesson(opened)
    page.emulate_media(reduced_motion="no-preference")
    page.evaluate(FASTER)
    start_over(course)
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
    expect(flip.locator(".judged:visible")).to_have_text("✓ this one")  # all hands were for another answer
    before, after = (flip.locator(f'.stop[data-stop="{stop}"] .name').first.inner_text for stop in (0, 10))
    label = after()
    flip.locator(".dial input").fill("0")
    expect(flip.locator('.stop[data-stop="10"]:visible')).to_have_count(0)
    assert before() != label
    course.locator(".way [data-to=plant]").click()
    plant.locator(".answer").first.click()
    plant.locator(".reveal").click()
    expect(plant.locator(".frame:visible")).to_have_attribute(
        "data-title", re.compile("^as saved"), timeout=PATIENCE
    )  # it has played
    plant.locator(".player input").fill("0")
    expect(plant.locator(".frame:visible")).to_have_attribute("data-frame", "0")
    course.locator(".way [data-to=flip]").click()
    course.locator(".way [data-to=plant]").click()
    expect(plant.locator(".frame:visible")).to_have_attribute("data-title", re.compile("^as saved"))
    page.evaluate("document.getElementById('stop-button').disabled = false")  # as while a run goes on
    plant.locator(".go").click()
    expect(plant.locator(".go")).to_contain_text("A run goes on")
    plant.locator(".go").click()
    page.evaluate("document.getElementById('stop-button').disabled = true")
    expect(page.locator("#attack-button")).to_be_visible()
    expect(page.locator("#photo")).to_be_in_viewport()
    expect(page.locator("#photo-note")).to_contain_text("“Add the impossible” with 3 labels shown (k) is chosen")
    expect(page.locator("#case input:checked")).to_have_value("worst")
    expect(page.locator("#presets button[aria-pressed=true]")).to_have_id("preset-impossible")  # as if pressed there
    expect(page.locator("#k input[type=number]")).to_have_value("3")
    expect(page.locator("#verdict")).to_contain_text("From the Lesson")  # no result of other choices
    lesson(page)
    course.locator(".way [data-to=universal]").click()
    universal = course.locator(".screen[data-screen=universal]")
    universal.locator(".skip").click()
    expect(universal.locator(".judged:visible")).to_have_text("✓ this one")  # nobody was right, as nobody voted
    course.locator(".way [data-to=end]").click()
    course.locator(".closing a.go").click()
    expect(page.locator("#learn h2").first).to_be_visible(timeout=RUN)
    lesson(page)
    course.locator(".way [data-to=universal]").click()
    universal.locator(".go").click()
    shown = recording(READY_MADE)
    assert shown is not None
    asked = shown.outcome.plan.request  # of an annotator that has such a change
    expect(page.locator("#annotator input:checked")).to_have_value(asked.annotator, timeout=RUN)
    expect(page.locator("#attack input")).to_have_value(re.compile("TkML-AP-Uv"))
    page.locator("#attack-button").click()
    expect(page.locator("#verdict strong")).to_be_visible(timeout=RUN)
    expect(page.locator("#stop-button")).to_be_disabled(
        timeout=RUN
    )  # ended: the next exercise has nothing to ask about
    lesson(page)
    course.locator(".way [data-to=plant]").click()
    plant.locator(".go").click()
    expect(page.locator("#k input[type=number]")).to_have_value("3")
    page.locator("#photo input[type=file]").set_input_files(photos["cat"])
    expect(page.locator("#chips")).to_contain_text("This is a guess", timeout=RUN)
    expect(page.locator("#chips .chip[aria-pressed=true]")).to_have_count(1)
    expect(page.locator("#k input[type=number]")).to_have_value("3")  # as asked, not as many as are ticked
    expect(page.locator("#k")).to_contain_text("Stays as it was set, whatever is marked")
    expect(page.locator("[data-testid=toast-body]")).to_have_count(0)
    page.emulate_media(reduced_motion="reduce")


def test_on_a_phone_nothing_is_wider_than_the_screen(opened: Page) -> None:
    page, course = opened, lesson(opened, PHONE)
    start_over(course)
    expect(course.locator(".enter")).to_be_hidden()
    course.locator(".counting").uncheck()
    for key in course.locator(ASKING).evaluate_all("all => all.map(one => one.dataset.screen)"):
        course.locator(f".way [data-to={key}]").click()
        screen = course.locator(f".screen[data-screen={key}]")
        screen.locator(".answer").first.click()
        if screen.get_attribute("data-several") == "yes":
            most = screen.locator('[data-right="yes"]').count()
            for at in range(1, most + 1):  # one too many
                screen.locator(".answer").nth(at).click()
            expect(screen.locator(".answer[aria-pressed=true]")).to_have_count(most)
            expect(screen.locator(".how")).to_contain_text("take one back first")
        screen.locator(".reveal").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        small = screen.locator("button:visible").evaluate_all("all => all.filter(one => one.offsetHeight < 24).length")
        assert small == 0
    course.locator(".way [data-to=flip]").click()
    assert course.locator(".dial input").evaluate("one => one.offsetWidth") > 250
    page.goto(page.url.replace("#", "&present=#"))
    expect(course).to_be_visible(timeout=RUN)
    assert page.evaluate("document.body.id") == "" and "present" not in page.url
