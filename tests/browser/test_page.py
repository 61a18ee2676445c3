"""A visitor in a real browser: uploads, attacks, stops, downloads, uploads again; on a wide screen and on a phone."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import PATIENCE, PHONE, RUN, with_universal
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


def upload_and_mark(page: Page, photo: Path) -> None:
    """Bring a photo of one's own, and mark the dog as true, too."""
    upload(page, photo)
    expect(page.locator("#chips")).to_contain_text("This is a guess")
    page.locator("#chips button.chip[data-label=dog]").click()
    expect(page.locator("#chips")).to_contain_text("You chose these")


def attack(page: Page) -> None:
    page.locator("#attack-button").click()
    expect(page.locator("#stop-button")).to_be_enabled()


def finished(page: Page) -> None:
    expect(page.locator("#attack-button")).to_be_enabled(timeout=RUN)
    expect(page.locator("#stop-button")).to_be_disabled()


def choose_attack(page: Page, words: str) -> None:
    page.locator("#attack input").scroll_into_view_if_needed()
    page.locator("#attack input").click()
    page.locator("#attack [role=option]", has_text=f"({words})").click()
    expect(page.locator("#attack input")).to_have_value(re.compile(re.escape(f"({words})")))


def fill(page: Page, box: str, value: str) -> None:
    field = page.locator(box)
    field.fill(value)
    field.press("Tab")


def test_a_finished_run_is_there_on_arrival(visit: Callable[..., Page]) -> None:
    page = visit()
    expect(page.locator("#verdict")).to_contain_text("The top 3 was")
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
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    expect(page.locator("#chips")).to_contain_text("This is a guess")
    fill(page, "#k input[type=number]", "3")
    expect(page.locator("#before .label")).to_have_count(3)
    assert names(page, "#before") == after
    assert page.locator("#before .label .pct").all_inner_texts() == shown


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
    expect(page.locator("#verdict")).to_contain_text("Running TkML-AP-T", timeout=RUN)


@pytest.mark.usefixtures("small_photos")
def test_stop_keeps_the_pictures_and_says_so(visit: Callable[..., Page]) -> None:
    page, other = visit(), visit()
    start_a_long_run(page)
    running = "Number(document.querySelector('#status').innerText.match(/step (\\d+)/)?.[1]) > 3"
    page.wait_for_function(running, timeout=RUN)
    expect(page.locator("#status")).to_contain_text(re.compile("steps?/s"))

    attack(other)  # somebody else's run, meanwhile
    finished(other)
    expect(other.locator("#verdict")).to_contain_text("Fooled")

    page.locator("#stop-button").click()
    expect(page.locator("#verdict")).to_contain_text("Stopped after")
    expect(page.locator("#verdict")).to_contain_text("The goal was not reached")
    finished(page)
    assert len(names(page, "#after")) == 10
    assert str(page.locator("#after img").get_attribute("src")).startswith("data:image/png")
    expect(page.locator("#download-png")).to_be_enabled()


@pytest.mark.usefixtures("small_photos")
def test_a_run_does_not_move_the_page(visit: Callable[..., Page]) -> None:
    page = visit()
    page.locator(".sample[data-sample=cat]").click()
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    where = "['#pictures', '#race', '#downloads'].map(id => document.querySelector(id).getBoundingClientRect().top + scrollY)"
    seen = {tuple(page.evaluate(where))}
    attack(page)
    expect(page.locator("#after img")).to_be_visible()
    while not page.locator("#attack-button").is_enabled():
        seen.add(tuple(page.evaluate(where)))
        page.wait_for_timeout(50)
    expect(page.locator("#verdict")).to_contain_text("The top 3 was")
    seen.add(tuple(page.evaluate(where)))
    assert len(seen) == 1


@pytest.mark.usefixtures("small_photos")
def test_a_broken_upload_is_explained_and_loses_nothing(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit()
    broken = tmp_path / "holiday.jpg"
    broken.write_bytes(b"this is no photo")
    before, truth, verdict = names(page, "#before"), pressed(page), page.locator("#verdict p").inner_text()
    upload(page, broken)
    toast = page.get_by_test_id("toast-body")
    expect(toast).to_contain_text("could not be read as a picture")
    assert "/" not in toast.inner_text() and "Traceback" not in toast.inner_text()
    assert (names(page, "#before"), pressed(page), page.locator("#verdict p").inner_text()) == (before, truth, verdict)
    attack(page)
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("The top 3 was")


@pytest.mark.usefixtures("small_photos")
def test_a_wrong_wish_is_explained_and_the_next_one_works(visit: Callable[..., Page]) -> None:
    page = visit()
    page.locator(".sample[data-sample=cat]").click()
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    chip = page.locator("#chips .chip[data-label=cat]")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    page.locator("#attack-button").click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("Mark at least one label as true")
    finished(page)
    chip.focus()
    page.keyboard.press("Space")
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#chips .origin")).to_have_text("You chose these.")
    attack(page)
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("Fooled")


@pytest.mark.usefixtures("small_photos")
def test_targets_are_chosen_by_hand_as_many_as_k(visit: Callable[..., Page]) -> None:
    page = visit()
    page.locator(".sample[data-sample=cat]").click()
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
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


@pytest.mark.usefixtures("small_photos")
def test_an_order_is_asked_for_and_checked(visit: Callable[..., Page]) -> None:
    page = visit()
    page.locator(".sample[data-sample=cat]").click()
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    choose_attack(page, "CW^k")
    expect(page.locator("#goal input:checked")).to_have_value("ordered")
    fill(page, "#k input[type=number]", "2")
    page.locator("#case label", has_text="chosen by hand").click()
    expect(page.locator("#chosen")).to_contain_text("Choose exactly 2, as many as k, the first one on top")
    for name in ("sofa", "dog"):
        page.locator("#chosen input").click()
        page.get_by_role("option", name=name, exact=True).click()
    page.keyboard.press("Escape")
    page.locator("#advanced > button").click()
    expect(page.locator("#kappa")).to_be_visible()
    expect(page.locator("#beta")).to_have_count(0)
    fill(page, "#max-steps input[type=number]", "60")
    attack(page)
    finished(page)
    expect(page.locator("#verdict")).to_contain_text("the targets in the order asked for")
    assert names(page, "#after") == ["sofa", "dog"]
    assert page.locator("#after .place").all_inner_texts() == ["1", "2"]
    expect(page.locator("#table")).to_contain_text("wanted: sofa and dog")


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
    expect(page.locator("#verdict")).to_contain_text(f"{hidden} is out of the top 3", timeout=120_000)
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


@pytest.mark.usefixtures("small_photos")
def test_a_phone_needs_no_sideways_scroll(visit: Callable[..., Page]) -> None:
    page = visit(PHONE, "dark")
    width = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
    assert page.evaluate(width) <= 390
    page.locator("#advanced > button").click()
    choose_attack(page, "TkML-AP-T")
    page.locator("#chips summary").click()
    expect(page.locator("#case")).to_be_visible()
    attack(page)
    finished(page)
    assert page.evaluate(width) <= 390
    assert page.evaluate("document.body.classList.contains('dark')")
    for box in ("#before", "#after", "#race", "#chips", "#attack-button"):
        edges = page.locator(box).bounding_box()
        assert edges and edges["x"] >= 0 and edges["x"] + edges["width"] <= 390


def test_back_leads_to_the_tab_before_and_an_address_opens_a_tab(visit: Callable[..., Page]) -> None:
    page = visit()
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


def test_choosing_a_sample_again_brings_its_truth_and_says_so(visit: Callable[..., Page]) -> None:
    page = visit()
    known = pressed(page)
    page.locator("#chips .chip").first.click()
    expect(page.locator("#chips .origin")).to_have_text("You chose these.")
    page.locator(".sample").first.click()
    expect(page.locator("#chips .origin")).to_have_text("These labels are known for this sample.")
    assert pressed(page) == known
