"""A visitor in a real browser: arrives, uploads, attacks, downloads, uploads again, and is refused in words."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import PATIENCE, RUN, with_universal
from playwright.sync_api import Page, expect

expect.set_options(timeout=PATIENCE)


def names(page: Page, box: str) -> list[str]:
    """The labels listed under one of the pictures."""
    return page.locator(f"{box} .label").evaluate_all(
        "rows => rows.map(row => row.querySelector('.name').firstChild.data)"
    )


def pressed(page: Page) -> list[str]:
    """The labels that are marked as true."""
    return page.locator("#chips .chip[aria-pressed=true]").evaluate_all(
        "chips => chips.map(chip => chip.dataset.label)"
    )


def upload(page: Page, path: Path) -> None:
    """Choose a file in the photo box, which empties itself once the photo stands on the stage."""
    page.locator("#photo input[type=file]").set_input_files(path)


# Whether it keeps as many files, and what was seen of as many photos
IN_THE_BROWSER = """(count) => new Promise((resolve) => {
  const opening = indexedDB.open("fool-the-top-k", 1);
  opening.onupgradeneeded = () => opening.transaction.abort(); // the page is to make it
  opening.onerror = () => resolve(false);
  opening.onsuccess = () => {
    const seen = JSON.parse(sessionStorage.getItem("fool-the-top-k"));
    const asked = opening.result.transaction("photos").objectStore("photos").count();
    asked.onsuccess = () => resolve(asked.result === count && seen?.length === count);
    opening.result.close();
  };
})"""


def upload_and_mark(page: Page, photo: Path) -> None:
    """Bring a photo of one's own, and mark the dog as true, too."""
    upload(page, photo)
    expect(page.locator("#chips")).to_contain_text("This is a guess")
    page.locator("#chips button.chip[data-label=dog]").click()
    expect(page.locator("#chips")).to_contain_text("Ticked by you")


def attack(page: Page) -> None:
    page.locator("#attack-button").click()
    expect(page.locator("#stop-button")).to_be_enabled()


def finished(page: Page) -> None:
    expect(page.locator("#attack-button")).to_be_enabled(timeout=RUN)
    expect(page.locator("#stop-button")).to_be_disabled()


def running(page: Page, attack: str) -> None:
    """Until a run of it is seen to go on, be it for a moment: looked for in every frame."""
    said = "name => document.querySelector('#verdict').innerText.includes(`The attack: ${name}.`)"
    page.wait_for_function(said, arg=attack, timeout=RUN)


def stop(page: Page) -> None:
    """End what runs, unless it has just ended."""
    page.locator("#stop-button").dispatch_event("click")
    finished(page)


def choose_attack(page: Page, words: str) -> None:
    page.locator("#attack input").scroll_into_view_if_needed()
    page.locator("#attack input").click()
    page.locator("#attack [role=option]", has_text=f"({words})").click()
    expect(page.locator("#attack input")).to_have_value(re.compile(re.escape(f"({words})")))


def fill(page: Page, box: str, value: str) -> None:
    field = page.locator(box)
    field.fill(value)
    field.press("Tab")


def test_a_finished_run_is_there_on_arrival_and_a_sample_chosen_again_brings_its_truth(
    visit: Callable[..., Page],
) -> None:
    page = visit()
    expect(page.locator("#verdict")).to_contain_text("No true label is left in the top 3")
    assert len(names(page, "#before")) == len(names(page, "#after")) == 3
    for box in ("#before", "#change", "#after"):
        assert str(page.locator(f"{box} img").get_attribute("src")).startswith("data:image/png")
    assert pressed(page)
    expect(page.locator("#race svg.lines").first).to_be_visible()
    expect(page.locator("#table")).to_contain_text("PSNR")
    expect(page.locator("#status")).to_have_text(re.compile(r"recorded earlier\s*\d+ steps\s*$"))
    expect(page.locator("#table")).to_contain_text("recorded earlier")
    expect(page.locator("#download-png")).to_be_enabled()
    expect(page.locator("#verdict")).to_contain_text("With Attack you watch it happen")
    expect(page.locator("#chips")).to_contain_text("together they may be more than 100")
    page.set_viewport_size({"width": 1920, "height": 1080})  # a projector: the page stands in the middle
    edges = page.locator("#main").bounding_box()
    assert edges and abs(2 * edges["x"] + edges["width"] - 1920) <= 20 and edges["width"] >= 1700
    photo = page.locator("#before .shot").bounding_box()
    assert photo and photo["width"] >= 340 and photo["height"] >= 270  # photos use the room

    known = pressed(page)
    sure = page.locator("#chips .chip").first
    unticked = f"so it counts as not in the photo: {sure.locator('.name').inner_text()}"
    sure.click()
    expect(page.locator("#chips .origin")).to_contain_text("Ticked by you: ")
    expect(page.locator("#chips .origin")).to_contain_text(unticked)
    page.locator(".sample").first.click()
    expect(page.locator("#chips .origin")).to_contain_text("These labels are known for this sample.")
    assert pressed(page) == known


@pytest.mark.usefixtures("small_photos")
def test_upload_both_attacks_download_and_upload_again(
    visit: Callable[..., Page], photos: dict[str, Path], tmp_path: Path
) -> None:
    page = visit()
    upload(page, photos["cat"])
    expect(page.locator("#chips")).to_contain_text("This is a guess")
    expect(page.locator("#photo img")).to_have_count(0)
    fill(page, "#k input[type=number]", "3")  # an upload starts with as many as are marked
    expect(page.locator("#before .label")).to_have_count(3)
    assert names(page, "#before")[0] == "cat" and pressed(page)[0] == "cat"
    expect(page.locator("#verdict")).to_contain_text("ress Attack")

    attack(page)
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("Fooled")
    assert "cat" not in names(page, "#after")

    choose_attack(page, "TkML-AP-T")
    page.locator("#case label", has_text="best-scored").click()
    attack(page)
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("exactly the targets")
    after = names(page, "#after")
    assert "cat" not in after and page.locator("#after .label.target").count() == 3

    with page.expect_download() as download:
        page.locator("#download-png").click()
    png = tmp_path / download.value.suggested_filename
    download.value.save_as(png)
    with page.expect_download() as download:
        page.locator("#download-report").click()
    download.value.save_as(tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    assert png.name == "cat-tkml-ap-t-k3-voc20.png" and png.read_bytes()[:4] == b"\x89PNG"
    assert [name for name, _ in report["after"]] == after and set(report["targets"]) == set(after)

    shown = page.locator("#after .label .pct").all_inner_texts()
    upload(page, png)
    expect(page.locator("#verdict")).to_contain_text("attacked before (TkML-AP-T on voc20, k = 3)")
    expect(page.locator("#verdict")).to_contain_text("Mark what is true")
    expect(page.locator("#chips")).to_contain_text(re.compile("This is a guess|finds none of these labels"))
    expect(page.locator("#k input[type=number]")).to_have_value("3")  # it stays as it was set
    fill(page, "#k input[type=number]", "3")
    expect(page.locator("#before .label")).to_have_count(3)
    assert names(page, "#before") == after
    assert page.locator("#before .label .pct").all_inner_texts() == shown
    page.get_by_role("button", name="None of these labels is in the picture").click()
    expect(page.locator("#chips .origin")).to_contain_text("Ticked by you: none of these labels.")
    expect(page.locator("#chips button.chip.true")).to_have_count(0)


@pytest.mark.usefixtures("small_photos")
def test_what_cannot_be_done_is_explained_loses_nothing_and_the_next_run_does_not_move_the_page(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    page = visit()
    broken = tmp_path / "holiday.jpg"
    broken.write_bytes(b"this is no photo")
    before, truth, verdict = names(page, "#before"), pressed(page), page.locator("#verdict p").inner_text()
    upload(page, broken)
    toast = page.get_by_test_id("toast-body")
    expect(toast).to_contain_text(re.compile(r"^\W*Error\W*holiday\.jpg could not be read as a picture"))
    assert "/" not in toast.inner_text() and "Traceback" not in toast.inner_text()
    assert (names(page, "#before"), pressed(page), page.locator("#verdict p").inner_text()) == (before, truth, verdict)
    attack(page)
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("No true label is left in the top 3")

    page.locator(".sample[data-sample=cat]").click()
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    chip = page.locator("#chips .chip[data-label=cat]")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    page.locator("#attack-button").click()
    finished(page)
    expect(page.locator("#verdict")).to_contain_text(
        "nothing to attack yet. Mark what is true, or choose another photo"
    )
    expect(page.get_by_test_id("toast-body")).to_have_count(1)  # the one of before
    chip.focus()
    page.keyboard.press("Space")
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#chips .origin")).to_contain_text("Ticked by you: ")

    where = "['#pictures', '#race', '#downloads'].map(id => document.querySelector(id).getBoundingClientRect().top + scrollY)"
    seen = {tuple(page.evaluate(where))}
    attack(page)
    expect(page.locator("#after img")).to_be_visible()
    while not page.locator("#attack-button").is_enabled():
        seen.add(tuple(page.evaluate(where)))
        page.wait_for_timeout(50)
    expect(page.locator("#verdict")).to_contain_text("No true label is left in the top 3")
    expect(page.locator("#verdict")).to_contain_text("Fooled")
    seen.add(tuple(page.evaluate(where)))
    assert len(seen) == 1


def test_one_true_label_is_hidden_and_a_ready_made_change_says_which_there_are(visit: Callable[..., Page]) -> None:
    page = visit()
    choose_attack(page, "MinNorm")
    expect(page.locator("#chosen")).to_have_count(0)
    page.locator("#goal label", has_text="some true labels leave").click()
    expect(page.locator("#chosen")).to_contain_text("Labels to hide")
    expect(page.locator("#case")).to_have_count(0)
    page.locator("#chosen input").click()
    assert sorted(page.locator("#chosen [role=option]").evaluate_all("all => all.map(one => one.ariaLabel)")) == [
        "cat", "motorbike", "person",
    ]  # fmt: skip
    page.keyboard.press("Escape")
    hidden = page.locator("#chosen .token").first.inner_text().strip()
    page.locator("#advanced > button").click()
    fill(page, "#max-steps input[type=number]", "30")
    attack(page)
    finished(page)
    expect(page.locator("#verdict")).to_contain_text(f"{hidden} is out of the top 3", ignore_case=True, timeout=120_000)
    assert hidden not in names(page, "#after") and page.locator("#after .label.true").count() == 2
    assert page.locator("#before .label.out").count() == 1

    page.locator(f"#annotator input[value='{with_universal()}']").check()
    choose_attack(page, "kUAPs")
    expect(page.locator("#attack")).to_contain_text("cut to its centre square")
    expect(page.locator("#advanced")).to_have_count(0)
    expect(page.locator("#chosen")).to_have_count(0)
    fill(page, "#k input[type=number]", "5")
    page.locator("#attack-button").click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("there is one for k = 1, 2, 3")


def test_back_leads_to_the_tab_before_and_an_address_opens_a_tab(visit: Callable[..., Page]) -> None:
    page = visit(theme="dark")
    page.locator("#k input[type=number]").fill("2")
    page.locator("#table a", has_text="How it works").click()  # the glossary is a click away
    expect(page.locator("#learn-glossary")).to_be_visible()
    expect(page).to_have_url(re.compile("__theme=dark#learn$"))
    page.go_back()
    expect(page.locator("#k input[type=number]")).to_have_value("2")  # and the page stays as it is
    chosen = page.locator("#tabs [role=tab][aria-selected=true]").first
    for name in ("Compare", "How it works"):
        page.get_by_role("tab", name=name, exact=True).click()
        expect(chosen).to_have_text(name)
    for name in ("Compare", "Attack"):
        page.go_back()
        expect(chosen).to_have_text(name)
    page.go_forward()
    expect(chosen).to_have_text("Compare")
    page.reload()
    expect(chosen).to_have_text("Compare")
