"""A reader walks through the tab "How it works": every slider and button, with what the core says about the same scores."""

import json
import re
from itertools import pairwise

import pytest
import torch

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import PATIENCE, PHONE, WIDE
from playwright.sync_api import Locator, Page, expect
from test_page import names

import tkml_core as tk
from demo.tabs.learn import figures, growing
from demo.tabs.learn.glossary import TERMS
from tkml_core import losses
from tkml_core.goals import Cleared
from tkml_core.ranking import average_topk_bound

expect.set_options(timeout=PATIENCE)


def lesson(page: Page, size: dict[str, int] = WIDE) -> Page:
    """The tab, as wide as asked for: all tests have one page."""
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.get_by_role("tab", name="How it works").first.click()
    expect(page.locator("#learn-glossary")).to_be_visible()
    return page


def move(step: Locator, name: str, value: float) -> None:
    step.locator(f"input[name={name}]").fill(str(value))


def says(step: Locator) -> str:
    return step.locator(".says").inner_text().replace("\u00a0", " ")


def number(text: str) -> float:
    return float(text.replace("−", "-").split()[0])


def readout(step: Locator) -> dict[str, float]:
    pairs = step.locator(".readout > div").evaluate_all(
        "all => all.map(one => [one.querySelector('dt').textContent, one.querySelector('dd').firstChild.data])"
    )
    return {name: number(value) for name, value in pairs}


def pushes(step: Locator) -> list[float]:
    signs = {"up": 1.0, "down": -1.0, "still": 0.0}
    rows = step.locator(".push").evaluate_all("all => all.map(one => [one.classList[1], one.lastChild.data ?? '0'])")
    return [signs[kind] * number(amount or "0") for kind, amount in rows]


def presses_until(step: Locator, words: str) -> int:
    """How often the labels are moved along their arrows until the sentence has these words; 21 where it never does."""
    for presses in range(21):
        if words in says(step):
            return presses
        step.locator("[name=step]").click()
    return 21


def test_a_walk_through_the_lesson(opened: Page) -> None:
    page = lesson(opened)
    after = names(page, "#after")
    assert page.locator("#learn h2").count() == 8 and page.locator("#learn .says").count() == 6

    # Before all: two photos that look alike, and their lists.
    first = page.locator("#learn .idea")
    assert first.locator("img").count() == 2 and first.locator(".toplist").count() == 2
    assert names(page, "#learn .idea figure:last-child") == after
    assert not re.search(r"[=‖∈⊆λ]", first.inner_text())

    # 1: E is the core's for every k, before and after the attack, and follows what the reader marks as true.
    step = page.locator("[data-step=annotation]")
    for which in ("before", "after"):
        step.locator(f"input[value={which}]").check()
        chips = step.locator(f"[data-list={which}] .chip")
        shown = torch.tensor([json.loads(str(step.locator(f"[data-list={which}]").get_attribute("data-scores")))])
        truth = torch.tensor([chips.evaluate_all("all => all.map(one => one.ariaPressed === 'true')")])
        assert shown[0].tolist() == sorted(shown[0].tolist(), reverse=True) and int(truth.sum()) == 3
        for k in range(1, shown.shape[1]):
            move(step, "k", k)
            agrees = bool(tk.consistent(shown, truth, k))
            words = f"The list {'agrees with' if agrees else 'contradicts'} the truth (E = {int(agrees)}):"
            assert says(step).startswith(words)
            cleared = bool(Cleared(truth, k).margin(shown) < 0) if k <= shown.shape[1] - 3 else False
            assert ("No true label is left" in says(step)) is cleared
            assert step.locator(".edge").inner_text() == f"top {k} ends here"
    move(step, "k", 3)
    assert (
        step.locator("[data-list=after] .chip").evaluate_all("all => all.slice(0, 3).map(one => one.dataset.label)")
        == after
    )
    step.locator("input[value=before]").check()
    move(step, "k", 2)
    assert "agrees with the truth (E = 1)" in says(step)
    chip = step.locator("[data-list=before] .chip").first
    expect(chip).to_have_attribute("aria-pressed", "true")
    chip.focus()
    page.keyboard.press("Space")
    expect(chip).to_have_attribute("aria-pressed", "false")
    assert "contradicts the truth (E = 0)" in says(step)

    # 2: as A passes C, place 2 goes from one to the other; the average has no jump.
    step = page.locator("[data-step=crossing]")
    for a, holder, kth, mean in ((0.2, "B", 0.45, 0.6), (0.61, "A", 0.61, 0.68), (0.91, "C", 0.75, 0.83)):
        move(step, "A", a)
        average = float(tk.average_topk(torch.tensor([[a, 0.45, 0.75]]), 2))
        assert average == pytest.approx(mean)
        assert f"Place 2 is {holder}: {kth:.2f}. Average of the top 2: {mean:.2f}" in says(step)

    # 3: at the button's λ the value is φ_k; beside the interval it is larger.
    step = page.locator("[data-step=lemma]")
    bars = torch.tensor([figures.BARS])
    for k in (1, 3, 5):
        move(step, "k", k)
        move(step, "lam", 0.95)
        bound = float(average_topk_bound(bars, k, torch.tensor([0.95])))
        assert f"the value is {bound:.2f}" in says(step) and "lower λ" in says(step)
        step.locator("[name=least]").click()
        assert f"the value is {float(tk.average_topk(bars, k)):.2f}. That is the smallest" in says(step)

    # 4 and 5: losses and pushes are the core's, wherever the labels are.
    scores = torch.tensor([list(figures.BOARD.values())], dtype=torch.float64)
    true = torch.tensor([[name in figures.TRUE for name in figures.BOARD]])
    targets = torch.tensor([[name in figures.TARGETS for name in figures.BOARD]])
    step = page.locator("[data-step=untargeted]")
    step.locator("[name=reset]").click()
    move(step, "k", 2)
    lam = torch.tensor([0.5], dtype=torch.float64)
    for change in (None, ("dog", 0.93), ("person", 0.05)):
        if change:
            step.locator(f"[data-label={change[0]}] input").fill(str(change[1]))
            scores[0, list(figures.BOARD).index(change[0])] = change[1]
        expected = losses.untargeted(scores, true, 2, lam)
        assert readout(step)["Eq. 8 at this λ"] == pytest.approx(float(expected.loss), abs=0.0051)
        assert pushes(step) == pytest.approx((-expected.by_scores[0]).tolist(), abs=0.0051)
    move(step, "lam", 1)  # nobody is that far below the best true label: λ alone moves
    assert "Pushed: λ down." in says(step)
    step.locator("[name=reset]").click()
    assert 4 <= presses_until(step, "Reached: no true label") <= 7
    assert "Pushed" not in says(step)

    step = page.locator("[data-step=targeted]")
    scores = torch.tensor([list(figures.BOARD.values())], dtype=torch.float64)
    step.locator("[name=reset]").click()
    move(step, "lam", 0.45)
    expected = losses.targeted(scores, targets, torch.tensor([0.45], dtype=torch.float64))
    assert readout(step)["Eq. 12 at this λ"] == pytest.approx(float(expected.loss), abs=0.0051)
    assert pushes(step) == pytest.approx((-expected.by_scores[0]).tolist())
    step.locator("[name=least]").click()
    assert readout(step)["Eq. 12 at this λ"] == readout(step)["Eq. 11"]
    assert 0 < presses_until(step, "Reached: exactly the targets") <= 20

    # 6: size 0 is the photo, size 1 the attacked one; shuffled, the same size does nothing.
    step = page.locator("[data-step=growing]")
    blank = "canvas => canvas.getContext('2d').getImageData(0, 0, 9, 9).data.every(value => value === 0)"
    photo = step.locator("[data-shot=photo]")
    page.wait_for_function(f"!({blank})(document.querySelector('[data-shot=photo]'))")
    pixels = "canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data].join()"
    attacked = photo.evaluate(pixels)
    shown_now = ".lists > div:not([hidden])"
    assert names(page, f"[data-step=growing] {shown_now}") == after
    expect(step.locator(".flips td.now")).to_have_class("flipped now")
    slider = step.locator("input[name=size]")
    slider.focus()
    page.keyboard.press("Home")
    assert photo.evaluate(pixels) != attacked and "E = 1" in says(step)
    before = names(page, f"[data-step=growing] {shown_now}")
    move(step, "size", growing.SAVED)
    step.locator("input[value=shuffled]").check()
    assert sorted(names(page, f"[data-step=growing] {shown_now}")) == sorted(before) and "E = 1" in says(step)

    step.locator("button.go").click()
    expect(page.locator("#attack-button")).to_be_visible()
    expect(page.locator("#learn")).to_be_hidden()
    expect(page.locator("#photo-note")).to_contain_text("From How it works: put in a photo of your own")


def test_at_a_tie_the_words_go_with_the_numbers(opened: Page) -> None:
    page = lesson(opened)
    for key, loss in (("untargeted", "Eq. 7"), ("targeted", "Eq. 11")):
        step = page.locator(f"[data-step={key}]")
        for score in ("0", "1"):
            for lane in step.locator(".lane input").all():
                lane.fill(score)
            assert readout(step)[loss] == 0
            assert "Level with the goal, not past it yet" in says(step) and f"so {loss} is 0" in says(step)
    step = page.locator("[data-step=untargeted]")
    move(step, "k", 1)
    for lane in step.locator(".lane.other input").all():
        lane.fill("0.5")
    assert "level with place 2" in says(step)  # the other true label holds it
    for which, place, score, loss, words in (
        ("true", "first", 0.9, 0.1, "Not reached yet."),
        ("other", "first", 1, 0, "level with place 2"),
        ("true", "last", 0.8, 0, "Reached"),
    ):
        getattr(step.locator(f".lane.{which} input"), place).fill(str(score))
        assert readout(step)["Eq. 7"] == pytest.approx(loss) and words in says(step)


def test_try_it_chooses_what_the_step_says(opened: Page) -> None:
    page = opened
    for key, value in (("targeted", "(TkML-AP-T)"), ("lemma", "(TkML-AP-U)")):
        lesson(page).locator(f"[data-step={key}] button.go").click()
        expect(page.locator("#attack input")).to_have_value(re.compile(re.escape(value)))
        expect(page.locator("#attack-button")).to_be_enabled()  # the start is the reader's
    expect(page.locator("#stage")).to_have_attribute("data-changed", "")  # the verdict there is of the run before


def test_the_lesson_fits_a_phone(opened: Page) -> None:
    page = lesson(opened, PHONE)
    tab = page.get_by_role("tab", name="How it works").first.bounding_box()
    first = page.get_by_role("tab", name="Attack").first.bounding_box()
    assert tab and first and (tab["y"], tab["height"]) == (first["y"], first["height"])  # all names in one line
    assert tab["x"] + tab["width"] <= 390
    assert page.evaluate("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)") <= 390
    outside = (
        "all => all.filter(one => one.getBoundingClientRect().right > 391 && !one.closest('.sr, pre'))"
        ".map(one => one.outerHTML)"
    )
    assert page.locator("#learn *").evaluate_all(outside) == []
    wide = "all => all.map(one => one.firstChild.getBoundingClientRect().width / one.clientWidth)"
    shares = page.locator("#learn .whole").evaluate_all(wide)
    assert len(shares) == 7 and max(shares) <= 1
    small = "all => all.filter(one => one.getBoundingClientRect().height < 24).map(one => one.outerHTML)"
    assert (
        page.locator("#learn button, #learn input[type=range], #learn .choice label")
        .locator("visible=true")
        .evaluate_all(small)
        == []
    )
    page.locator("#learn .way a", has_text="targeted loss").last.click()
    expect(page.locator("#learn-targeted")).to_be_focused()
    expect(page.locator("#learn-targeted")).to_be_in_viewport()


def test_headings_are_in_order_and_every_control_has_a_name(opened: Page) -> None:
    page = lesson(opened)
    levels = page.locator("#learn :is(h1, h2, h3, h4)").evaluate_all("all => all.map(one => Number(one.tagName[1]))")
    assert levels[0] == 2 and all(b - a <= 1 for a, b in pairwise(levels)) and set(levels) == {2, 3}
    page.get_by_role("slider", name="score of dog", exact=True).first.focus()
    controls = re.findall(r"- '?(?:slider|radio|button|link)\b(.*)", page.locator("#learn").aria_snapshot())
    assert len(controls) > 50 and [one for one in controls if not re.match(r' "[^"]*\w', one)] == []
    assert len(TERMS) == page.locator("#learn .glossary dt").count()
