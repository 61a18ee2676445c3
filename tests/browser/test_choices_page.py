"""Choices in a real browser: numbers out of range, samples, photos of one's own, and another choice in the middle of a run."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import PATIENCE, RUN, holds
from playwright.sync_api import Page, expect
from test_page import IN_THE_BROWSER, attack, choose_attack, fill, finished, names, pressed, running, stop, upload

from demo.catalog import attacks as catalog

expect.set_options(timeout=PATIENCE)
pytestmark = pytest.mark.usefixtures("small_photos")

# A box of our own, by which files come into the browser without their bytes in the script, and all of them as one drop
HOLDER = """() => document.body.append(Object.assign(document.createElement("input"),
  { id: "holder", type: "file", multiple: true }))"""
DROPPED = """() => {
  const all = new DataTransfer();
  for (const file of document.querySelector("#holder").files) all.items.add(file);
  return all;
}"""


def start_a_long_run(page: Page) -> None:
    """Ten of the worst targets of coco80 with steps too small to get anywhere, so that only Stop or the clock ends it."""
    page.locator(".sample[data-sample=breakfast]").click()
    page.locator("#annotator label:has(input[value=coco80])").click()
    expect(page.locator("#chips")).to_contain_text("75 more labels")
    choose_attack(page, "TkML-AP-T")
    page.locator("#case label", has_text="worst-scored").click()
    fill(page, "#k input[type=number]", "10")
    expect(page.locator("#chips")).to_contain_text("top 10 ends here")
    page.locator("#advanced > button").click()
    fill(page, "#max-steps input[type=number]", "2000")
    fill(page, "#step textarea, #step input", "0.001")
    attack(page)
    running(page, "TkML-AP-T")


def choose_coffee(page: Page, photo: Path) -> None:
    page.locator(".sample[data-sample=coffee]").click()


def choose_voc20(page: Page, photo: Path) -> None:
    page.locator("#annotator label:has(input[value=voc20])").click()


def test_a_run_ends_with_stop_another_photo_or_another_annotator(
    visit: Callable[..., Page], photos: dict[str, Path]
) -> None:
    page, other = visit(), visit()
    start_a_long_run(page)
    under_way = "Number(document.querySelector('#status').innerText.match(/step (\\d+)/)?.[1]) > 3"
    page.wait_for_function(under_way, timeout=RUN)
    expect(page.locator("#status")).to_contain_text(re.compile("steps?/s"))

    attack(other)  # somebody else's run, meanwhile
    finished(other)
    expect(other.locator("#verdict")).to_contain_text("Fooled")
    other.close()

    page.locator("#stop-button").click()  # which keeps the pictures and says so
    expect(page.locator("#verdict")).to_contain_text("Stopped after")
    finished(page)
    assert len(names(page, "#after")) == 10
    assert str(page.locator("#after img").get_attribute("src")).startswith("data:image/png")
    expect(page.locator("#verdict")).to_contain_text("the photo is unchanged")  # such steps are less than half a level
    expect(page.locator("#download-png")).to_be_disabled()

    for choose in (choose_coffee, choose_voc20, upload):  # which keep the stage
        attack(page)
        page.wait_for_function("/step \\d/.test(document.querySelector('#status').innerText)", timeout=RUN)
        choose(page, photos["cat"])
        expect(page.locator("#verdict")).to_contain_text("ress Attack")
        finished(page)
        expect(page.locator("#verdict")).to_contain_text("ress Attack")
        expect(page.locator("#after")).to_contain_text("Press Attack")
        expect(page.locator("#status")).to_have_text("ready")
        expect(page.locator(".replay input")).to_be_disabled()
        expect(page.locator("#download-png")).to_be_disabled()
    page.locator("#preset-gentle").click()  # the next run is not taken for the one that was left
    running(page, "MinNorm")
    stop(page)
    expect(page.locator("#verdict")).to_contain_text(re.compile("Stopped after|Fooled"))


def test_an_answer_too_late_is_asked_for_again_and_a_run_that_breaks_off_says_why(
    visit: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    from demo.tabs.attack import photo_updates, stage

    choose, asked = photo_updates.choose, []
    opening = stage.opening

    def of_another(w: Any, path: str, name: str, *rest: Any, **more: Any) -> Any:
        asked.append(name)
        return choose(w, path, "voc20" if len(asked) == 1 else name, *rest, **more)

    def broken(plan: Any, *_: Any, **__: Any) -> Iterator[Any]:
        yield opening(plan)
        raise ValueError("The scores are no longer finite.")

    page = visit()
    page.locator("#annotator label:has(input[value=coco80])").click()
    expect(page.locator("#chips")).to_contain_text("75 more labels")
    monkeypatch.setattr(photo_updates, "choose", of_another)
    page.locator(".sample[data-sample=coffee]").click()
    assert holds(lambda: asked == ["coco80", "coco80"])
    expect(page.locator(".sample[data-sample=coffee]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#chips")).to_contain_text("75 more labels")

    with monkeypatch.context() as patch:
        patch.setattr(stage, "views", broken)
        page.locator("#attack-button").click()
        expect(page.get_by_test_id("toast-body")).to_contain_text("The scores are no longer finite.")
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("The run ended without a result")
    expect(page.locator("#after")).to_contain_text("Press Attack")
    expect(page.locator("#status")).to_have_text("ready")
    expect(page.locator("#download-png")).to_be_disabled()
    attack(page)
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("Fooled")


# Which texts are too long for a field that has one line for them
TOO_LONG = """(field, texts) => {
  const style = getComputedStyle(field), pen = document.createElement("canvas").getContext("2d");
  pen.font = style.font;
  const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return texts.filter((text) => pen.measureText(text).width > room);
}"""
# Whether a text ends within the box around it
WITHIN = """(text) => {
  const [inner, outer] = [text, text.closest("button")].map((one) => one.getBoundingClientRect());
  return inner.left >= outer.left && inner.right <= outer.right && inner.bottom <= outer.bottom;
}"""


# The samples that links and the address named, in pairs, each time as soon as something else is chosen
NAMED = """() => {
  const sample = (address) => new URL(address).searchParams.get("sample");
  window.named = [];
  document.addEventListener("link", () => queueMicrotask(() =>
    named.push([sample(document.getElementById("address").dataset.link), sample(location.href)])));
}"""


def test_the_chosen_sample_is_marked_and_a_photo_of_ones_own_comes_back_with_its_marks(
    visit: Callable[..., Page], photos: dict[str, Path]
) -> None:
    page = visit()  # 1280 pixels wide
    assert (
        page.locator("#attack input").evaluate(TOO_LONG, [catalog.label_of(name) for name in catalog.attacks()]) == []
    )
    expect(page.locator("#photo .wrap p")).to_be_visible()
    assert page.locator("#photo .wrap p").evaluate(WITHIN)
    marked = page.locator(".sample[aria-pressed=true]")
    expect(marked).to_have_attribute("data-sample", "mosaic")
    page.locator(".sample[data-sample=coffee]").click()
    expect(marked).to_have_attribute("data-sample", "coffee")
    page.evaluate(NAMED)
    own = page.locator(".sample[data-sample^=upload]")
    expect(own).to_have_count(0)

    files = [photos[name] for name in ("cat", "coffee", "astronaut", "admiral", "motorcycle")]
    page.evaluate(HOLDER)
    page.locator("#holder").set_input_files(files)
    page.locator("#photo button").first.dispatch_event("drop", {"dataTransfer": page.evaluate_handle(DROPPED)})
    expect(page.locator("#photo-note")).to_have_text(f"5 files were dropped; the first one, {files[0].name}, is taken.")
    expect(marked).to_have_attribute("title", "Your photo (cat)")
    expect(page.locator("#chips")).to_contain_text("This is a guess", timeout=RUN)
    assert names(page, "#before")[0] == "cat"

    page.locator("#chips .chip[aria-pressed=false]").first.click()
    expect(page.locator("#chips")).to_contain_text("Ticked by you")
    truth, photo = pressed(page), page.locator("#before img").get_attribute("src")
    page.locator(".sample[data-sample=coffee]").click()
    expect(page.locator("#photo-note p")).to_be_hidden()
    expect(page.locator("#before img")).not_to_have_attribute("src", str(photo))
    expect(own).to_have_attribute("aria-pressed", "false")
    own.focus()
    page.keyboard.press("Enter")
    expect(own).to_have_attribute("aria-pressed", "true")
    expect(own).to_be_focused()
    expect(page.locator("#before img")).to_have_attribute("src", str(photo))
    assert len(truth) == 2 and pressed(page) == truth
    expect(page.locator("#chips")).not_to_contain_text("guess")
    upload(page, photos["coffee"])
    expect(page.locator("#before img")).not_to_have_attribute("src", str(photo))
    expect(own).to_have_count(2)  # both stay, each with its marks
    expect(page.locator(".sample").first).to_have_attribute("aria-pressed", "true")  # the newest is before all samples
    own.last.click()
    expect(marked).to_have_attribute("title", "Your photo (cat)")
    expect(page.locator("#before img")).to_have_attribute("src", str(photo))
    assert pressed(page) == truth
    page.wait_for_function(IN_THE_BROWSER, arg=2)
    seen = page.evaluate("named")  # a reload, however soon, is to find the photo that is chosen
    assert ["coffee", "coffee"] in seen and seen[-1] == [None, None] and all(link == address for link, address in seen)
    page.reload()
    expect(own).to_have_count(2, timeout=RUN)  # after a reload, too
    expect(marked).to_have_attribute("title", "Your photo (cat)")
    assert pressed(page) == truth


def test_targets_named_by_hand_stay_for_the_next_photo(visit: Callable[..., Page], photos: dict[str, Path]) -> None:
    """As many as k, which after an upload is the number of labels marked as true: here one, the cat."""
    page = visit()
    fill(page, "#k input[type=number]", "1")
    choose_attack(page, "TkML-AP-T")
    page.locator("#case label", has_text="chosen by hand").click()
    expect(page.locator("#chosen")).to_contain_text("Choose exactly 1")
    page.locator("#chosen input").click()
    page.get_by_role("option", name="dog", exact=True).click()
    page.keyboard.press("Escape")
    attack(page)
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("dog")
    assert names(page, "#after") == ["dog"]
    page.locator("#case label", has_text="best-scored").click()
    expect(page.locator("#chips .chip.target")).to_have_count(0)
    page.locator("#easiest").click()  # one click names them, as if by hand
    expect(page.locator("#case input:checked")).to_have_value("chosen")
    expect(page.locator("#chips output")).to_have_text("1 of 1")
    expect(page.locator("#chosen")).to_contain_text("Measured with one target at a time on other photos")
    page.locator("#chips details.more summary").click()
    page.locator("#chips .chip[data-label=cow]").click()
    expect(page.locator("#chips output")).to_have_text("1 of 1")
    upload(page, photos["cat"])
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    expect(page.locator("#chips .chip.target")).to_have_count(1)
    expect(page.locator("#chosen")).to_contain_text("cow")
    attack(page)
    finished(page)
    assert names(page, "#after") == ["cow"]
    with page.expect_download() as download:
        page.locator("#download-report").click()
    report = json.loads(Path(download.value.path()).read_text())
    assert report["true_labels"] == ["cat"] and report["true_labels_guessed"]
    page.locator("#chips .marks label").first.click()
    page.locator("#chips .chip").nth(1).click()  # k follows what is ticked, and with it the line in the list
    expect(page.locator("#k input[type=number]")).to_have_value("2")
    expect(page.locator("#chips .edge")).to_have_text("top 2 ends here")


def test_a_number_becomes_the_nearest_that_there_is_and_choices_after_a_run_are_told_from_it(
    visit: Callable[..., Page],
) -> None:
    page = visit()
    told = "getComputedStyle(document.querySelector('#verdict .verdict p'), '::after').content"
    assert page.evaluate(told) == "none"
    k, ends = page.locator("#k input[type=number]"), page.locator("#chips .edge")
    k.fill("")
    k.press_sequentially("999")
    expect(k).to_have_value("17")
    expect(ends).to_have_count(0)  # nearly all labels are above the line, which would stand in the closed list
    for typed, shown in (("-4", "1"), ("2.5", "3"), ("7", "7")):
        k.fill("")
        k.press_sequentially(typed)
        expect(k).to_have_value(shown)
        expect(ends).to_contain_text(f"top {shown} ends here")
    k.fill("")
    k.press("Tab")
    expect(k).to_have_value("7")
    expect(ends).to_contain_text("top 7 ends here")
    budget = page.locator("#craft-budget input[type=number]")
    page.get_by_role("tab", name="Universal").click()
    budget.fill("")
    budget.press_sequentially("3000")  # its first digits are below the least
    expect(budget).to_have_value("3000")
    expect(page.get_by_test_id("toast-body")).to_have_count(0)

    page.get_by_role("tab", name="Attack", exact=True).click()
    k.fill("2")
    page.wait_for_function(f"{told}.includes('Press Attack for a new result')")
    attack(page)
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("No true label is left in the top 2")
    assert page.evaluate(told) == "none"
    choose_attack(page, "TkML-AP-T")
    page.locator("#case label", has_text="chosen by hand").click()
    page.locator("#attack-button").click()  # which is refused sooner than one could see that Stop was there
    expect(page.locator(".toast-body")).to_contain_text("Choose exactly 2")
    page.wait_for_function(f"{told}.includes('No target is chosen yet')")  # the refused wish is not on the stage
    for number, more in enumerate(("1 of 2 targets chosen so far", "Press Attack for a new result")):
        page.locator("#chips .chip[aria-disabled=false]").nth(number).click()
        page.wait_for_function(f"{told}.includes('{more}')")


def test_a_k_typed_by_hand_and_a_label_ticked_meanwhile_both_stay(
    visit: Callable[..., Page], photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever is first, and however late the server answers it."""
    from demo.tabs.attack import updates

    for name, typed_first in (("limits", False), ("labels_to_name", True)):
        page = visit()
        k, ends = page.locator("#k input[type=number]"), page.locator("#chips .edge")
        dog = page.locator("#chips .chip[data-label=dog]")
        upload(page, photos["cat"])
        expect(page.locator("#chips")).to_contain_text("This is a guess")
        expect(k).to_have_value("1")
        asked, answered = threading.Event(), threading.Event()
        answer = getattr(updates, name)

        def late(*given: Any, answer: Any = answer, asked: Any = asked, answered: Any = answered) -> Any:
            asked.set()
            assert answered.wait(20)
            return answer(*given)

        with monkeypatch.context() as patch:
            patch.setattr(updates, name, late)
            k.fill("4") if typed_first else dog.click()
            assert holds(asked.is_set)
            dog.click() if typed_first else k.fill("4")
            answered.set()
            expect(page.locator("#k")).to_contain_text("Stays as it was set")
            expect(ends).to_have_text("top 4 ends here")
        expect(page.locator("#verdict")).to_have_text(re.compile(r"^\s*Press Attack\. It changes the photo"))
        expect(k).to_have_value("4")
        assert pressed(page) == ["cat", "dog"]
        k.select_text()
        k.press_sequentially("12")
        expect(ends).to_have_text("top 12 ends here")
        expect(k).to_have_value("12")


def test_a_k_typed_while_another_photo_or_annotator_is_on_its_way_stays(
    visit: Callable[..., Page], photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from demo.tabs.attack import photo_updates

    choose, k = photo_updates.choose, "#k input[type=number]"

    def of_ones_own(page: Page) -> None:
        page.locator("#photo input[type=file]").set_input_files(photos["cat"])

    for another, comes, said in (
        (of_ones_own, "This is a guess", "Stays as it was set"),
        (lambda page: page.locator(".sample[data-sample=coffee]").click(), "known for this sample", "at most"),
        (lambda page: page.locator("#annotator label:has(input[value=coco80])").click(), "more labels", "at most"),
    ):
        page, asked, answered = visit(), threading.Event(), threading.Event()

        def late(*given: Any, asked: Any = asked, answered: Any = answered, **named: Any) -> Any:
            asked.set()
            assert answered.wait(20)
            return choose(*given, **named)

        with monkeypatch.context() as patch:
            patch.setattr(photo_updates, "choose", late)
            another(page)
            assert holds(asked.is_set)
            page.locator(k).fill("5")
            answered.set()
            expect(page.locator("#chips")).to_contain_text(comes)
            expect(page.locator("#chips .edge")).to_have_text("top 5 ends here")
        expect(page.locator(k)).to_have_value("5")
        expect(page.locator("#k")).to_contain_text(said)
        expect(page.locator("#before .label")).to_have_count(5)
        expect(page.locator("#verdict")).to_contain_text("Press Attack. It changes the photo")
        page.locator(".sample[data-sample=cat]").click()
        expect(page.locator(".sample[data-sample=cat]")).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#chips .edge")).to_have_text("top 5 ends here")
        expect(page.locator(k)).to_have_value("5")
