"""A visitor tests whether an attack is real and compares methods, in a real browser; on a wide screen and on a phone."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
import test_page
from conftest import PHONE, RUN, WIDE
from playwright.sync_api import Page, expect

from demo.catalog.attacks import label_of

SIDEWAYS = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"


def inside(page: Page, box: str) -> bool:
    """Whether all that is drawn in `box` lies within the window's width."""
    return page.evaluate(
        "box => [...document.querySelectorAll(box + ' *')].every(e => {"
        " const r = e.getBoundingClientRect(); return !r.width || (r.left >= -1 && r.right <= innerWidth + 1); })",
        box,
    )


def to_compare(page: Page) -> None:
    page.get_by_role("tab", name="Compare", exact=True).click()
    expect(page.locator("#compare-strip img")).to_be_visible()


def compared(page: Page, last: str, runs: int = 1) -> None:
    """Wait until so many runs, one after the other, have come to their end."""
    expect(page.locator("#compare-status")).to_contain_text(last, timeout=runs * RUN)
    expect(page.locator("#compare-button")).to_be_enabled()
    expect(page.locator("#compare-stop")).to_be_disabled()


def limit_steps(page: Page, steps: str) -> None:
    test_page.fill(page, "#compare-steps input[type=number]", steps)


def fits_both_widths(page: Page, *boxes: str) -> None:
    """Whether nothing in the boxes is beyond the window's edges, on a wide screen and on a phone, which it is left on."""
    for width in (WIDE, PHONE):
        page.set_viewport_size(width)
        assert page.evaluate(SIDEWAYS) <= width["width"], width
        for box in boxes:
            assert inside(page, box), (box, width)


@pytest.mark.usefixtures("small_photos")
def test_the_run_on_arrival_is_tested_and_a_new_one_clears_it(visit: Callable[..., Page]) -> None:
    page = visit()
    page.locator("#real-button").click()
    tables = page.locator("#real-result table")
    expect(tables).to_have_count(2, timeout=RUN)
    expect(tables.first).to_be_hidden()
    page.locator("#real-result summary").click()
    first, last = tables.first.locator("tbody tr").first, tables.last.locator("tbody tr").nth(2)
    assert first.locator("td").first.locator(".tag .name").all_inner_texts() == test_page.names(page, "#after")
    expect(page.locator("#real-result .points")).to_contain_text("Random noise just as strong")
    expect(tables.first).to_be_visible()
    expect(last).to_contain_text("as attacked (k)")
    assert tables.last.get_by_role("row").count() == 11
    fits_both_widths(page, "#real")

    page.locator(".sample[data-sample=cat]").click()
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    expect(page.locator("#real-button")).to_be_disabled()
    expect(tables).to_have_count(0)
    test_page.attack(page)
    test_page.finished(page)
    expect(page.locator("#real-button")).to_be_enabled()
    page.locator("#real-button").click()
    page.locator("#real-result summary").click(timeout=RUN)
    expect(tables.first.locator("tbody tr").first.locator(".tag.true")).to_have_text(["cat (true)"])


@pytest.mark.usefixtures("small_photos")
def test_methods_are_compared_on_what_stands_on_the_attack_tab(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit()
    page.locator(".sample[data-sample=cat]").click()
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    test_page.fill(page, "#k input[type=number]", "1")
    expect(page.locator("#chips")).to_contain_text("top 1 ends here")
    to_compare(page)
    strip = page.locator("#compare-strip")
    expect(strip.locator(".tag.true")).to_have_text(["cat (true)"])
    expect(strip).to_contain_text("voc20")
    expect(strip).to_contain_text("1 (κ; in the annotator’s raw scores")  # as on Attack, for every method
    ticked = page.locator("#compare-methods label:has(input:checked)")
    titles = [label_of(name) for name in ("TkML-AP-U", "kFool", "MinNorm")]
    assert [text.strip() for text in ticked.all_inner_texts()] == titles
    expect(page.locator("#compare-methods label", has_text="TkML-AP-T")).to_have_count(0)  # it has another goal
    limit_steps(page, "30")
    page.locator("#compare-button").click()
    compared(page, "done", runs=3)
    columns = page.locator("#compare-columns .contestant")
    whole = "all => all.every(i => i.getBoundingClientRect().height <= i.parentElement.getBoundingClientRect().height)"
    assert columns.locator("img").evaluate_all(whole)
    assert columns.locator("h2").all_inner_texts()[::2] == ["Original", "TkML-AP-U", "kFool", "MinNorm"]
    assert columns.first.locator(".label.true .name").count() == 1
    for place in (1, 3):
        assert columns.nth(place).locator("img").count() == 2
        assert str(columns.nth(place).locator("img").first.get_attribute("src")).startswith("data:image/png")
        assert columns.nth(place).locator(".label.true").count() == 0
    rows = page.locator("#compare-table tbody tr")
    assert rows.count() == 3 and page.locator("#compare-table .least").count() == 1
    assert page.locator("#compare-table .met").count() >= 2
    expect(page.locator("#compare-verdict .sum")).to_contain_text("smallest change")
    tops = "boxes => new Set(boxes.map(b => b.getBoundingClientRect().top)).size"
    assert columns.evaluate_all(tops) == 1  # side by side, and one below the other where there is no room
    fits_both_widths(page, "#compare-columns", "#compare-table")
    assert columns.evaluate_all(tops) == 4
    # Rows are cards now, none of which lies on the one before.
    assert rows.evaluate_all(
        "rows => rows.every((row, n) => !n || [...rows[n - 1].children].every("
        "cell => cell.getBoundingClientRect().bottom <= row.getBoundingClientRect().top + 1))"
    )

    notice, method = page.locator("#compare-stale"), page.locator("#compare-methods label", has_text="kFool")
    expect(notice).not_to_contain_text("choices before")
    method.click()
    expect(notice).to_contain_text("choices before")
    expect(notice).to_be_in_viewport(ratio=1)
    method.click()
    expect(notice).not_to_contain_text("choices before")
    limit_steps(page, "31")
    expect(notice).to_contain_text("choices before")

    with page.expect_download() as download:
        page.locator("#compare-table").get_by_role("link", name="Table (CSV)").click()
    assert download.value.suggested_filename == "cat-comparison-k1-voc20.csv"
    download.value.save_as(tmp_path / "table.csv")
    with open(tmp_path / "table.csv", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["attack"] for line in lines] == ["TkML-AP-U", "kFool", "MinNorm"]
    assert f"{float(lines[2]['l2']):.1f}" in rows.nth(2).inner_text()


@pytest.mark.usefixtures("small_photos")
def test_the_photo_on_attack_is_left_out_by_name_where_nothing_is_marked_on_it(visit: Callable[..., Page]) -> None:
    page = visit()
    page.locator(".sample[data-sample=cat]").click()
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    page.locator("#chips .chip[aria-pressed=true]").click()
    expect(page.locator("#chips .chip[aria-pressed=true]")).to_have_count(0)
    to_compare(page)
    expect(page.locator("#compare-plan")).to_contain_text("Nothing can run yet")
    page.locator("#compare-photos > button").click()
    for sample in ("Coffee", "Mosaic 1"):
        page.locator("#compare-samples").get_by_label(sample).check()
    expect(page.locator("#compare-plan")).to_contain_text("on 2 photos, without the one on the tab Attack")
    expect(page.locator("#compare-strip")).to_contain_text("is left out, as no label is marked as true on it")
    for method in ("TkML-AP-U", "MinNorm"):
        page.locator("#compare-methods").get_by_label(f"({method})").uncheck()
    limit_steps(page, "2")
    page.locator("#compare-button").click()
    compared(page, "done", runs=2)
    verdict = page.locator("#compare-verdict")
    expect(verdict).to_contain_text("Of 2 photos")
    expect(verdict).to_contain_text(
        "The photo on the tab Attack (Cat) is left out, as no label is marked as true on it."
    )
    expect(page.locator("#compare-stale")).not_to_contain_text("choices before")
    expect(page.get_by_test_id("toast-body")).to_have_count(0)
    fits_both_widths(page, "#compare-entry", "#compare-verdict")


@pytest.mark.usefixtures("small_photos")
def test_several_photos_come_in_turn_with_a_sum_and_a_figure_of_each(
    visit: Callable[..., Page], photos: dict[str, Path], tmp_path: Path
) -> None:
    page = visit(PHONE)
    page.locator(".sample[data-sample=cat]").click()
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    to_compare(page)
    page.locator("#compare-photos > button").click()
    box = page.locator("#compare-uploads")
    box.locator("input[type=file]").first.set_input_files([photos["coffee"]])
    expect(box).to_contain_text("coffee")
    box.locator("input[type=file]").first.set_input_files([photos["admiral"]])
    expect(box).to_contain_text("admiral")
    expect(box).to_contain_text("coffee")  # both stay
    page.locator("#compare-limit label", has_text="gradients").click()
    expect(page.locator("#compare-steps")).to_be_hidden()
    test_page.fill(page, "#compare-gradients input[type=number]", "2")
    expect(page.locator("#compare-plan")).to_contain_text("2 photos, without the one on the tab Attack")
    page.locator("#compare-methods").get_by_label("(MinNorm)").uncheck()
    expect(page.locator("#compare-strip")).not_to_contain_text("cat (true)")
    expect(page.locator("#compare-strip img")).to_have_count(0)
    page.locator("#compare-samples").get_by_label("Cat").check()
    expect(page.locator("#compare-plan")).to_contain_text("on 3 photos, up to")  # it is one of them again
    expect(page.locator("#compare-strip img")).to_be_visible()
    page.locator("#compare-samples").get_by_label("Cat").uncheck()
    page.locator("#compare-samples").get_by_label("Mosaic 1").check()
    page.locator("#compare-button").click()
    compared(page, "done", runs=6)
    expect(page.locator("#compare-heading")).to_contain_text("Photo 3 of 3: admiral")
    expect(page.locator("#compare-verdict .sum")).to_contain_text("Of 3 photos")
    expect(page.locator("#compare-verdict .sum")).to_contain_text(re.compile(r"All runs together took [0-9]"))
    expect(page.locator("#compare-status")).to_contain_text("in all")
    expect(page.locator("#compare-table")).to_contain_text("2 gradients each, seed 0")
    sums, sizes = page.locator("#compare-table .sheet").all()
    assert (sums.locator("tbody tr").count(), sizes.locator("tbody tr").count()) == (2, 3)
    past = page.locator(".compare-past details")
    expect(past).to_have_count(2)
    past.first.locator("summary").click()
    expect(past.first.locator(".contestant")).to_have_count(3)
    assert page.evaluate(SIDEWAYS) <= PHONE["width"]

    page.locator("#compare-figure > button").click()
    pdf = page.locator("#compare-pdf")
    expect(pdf).to_have_text("All 3 photos (PDF, a page each)", timeout=RUN)
    expect(page.locator("#compare-png")).to_have_text("All 3 photos (PNGs in a ZIP)")
    assert page.evaluate(SIDEWAYS) <= PHONE["width"] and inside(page, "#compare-figure-files")
    with page.expect_download() as download:
        pdf.click()
    assert download.value.suggested_filename == "3-photos-comparison-k3-voc20.pdf"
    page.locator("#compare-figure-photo input").click()
    page.get_by_role("option", name="3: admiral").click()
    expect(pdf).to_have_text("Photo 3 (PDF)", timeout=RUN)
    expect(pdf).to_be_enabled()
    with page.expect_download() as download:
        pdf.click()
    assert download.value.suggested_filename == "admiral-comparison-k3-voc20.pdf"
    download.value.save_as(tmp_path / "figure.pdf")
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.usefixtures("small_photos")
def test_stop_and_change_and_refusals_and_targets_that_are_named_on_the_attack_tab(visit: Callable[..., Page]) -> None:
    page = visit()
    to_compare(page)
    page.locator("#compare-goal label", has_text="worst-scored").click()
    methods = page.locator("#compare-methods label")
    expect(methods.filter(has_text="TkML-AP-T").locator("input")).to_be_checked()
    expect(methods.filter(has_text="kFool")).to_have_count(0)
    limit_steps(page, "2000")
    page.locator("#compare-button").click()
    expect(page.locator("#compare-columns .stand", has_text="step").first).to_be_visible(timeout=RUN)
    page.locator("#compare-stop").click()
    compared(page, "stopped")
    expect(page.locator("#compare-table tbody tr").last).to_contain_text("not run")
    expect(page.locator("#compare-columns .contestant").last).to_contain_text("stopped before its turn")

    while methods.locator("input:checked").count():
        methods.locator("input:checked").first.uncheck()
    page.locator("#compare-button").click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("Tick at least one method")
    compared(page, "ready")

    expect(page.locator("#compare-stale")).to_contain_text("choices before")
    for name in ("TkML-AP-T", "ML-AP", "MinNorm"):
        page.locator("#compare-methods").get_by_label(f"({name})").check()
    expect(page.locator("#compare-stale")).not_to_contain_text("choices before")

    page.locator("#compare-change").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#attack-button")).to_be_visible()
    assert page.evaluate("document.activeElement.innerText").strip() == "Attack"
    page.locator("#chips .chip[aria-pressed=false]").first.click()
    marked = len(test_page.pressed(page))
    to_compare(page)
    expect(page.locator("#compare-strip .tag.true")).to_have_count(marked)
    expect(page.locator("#compare-stale")).to_contain_text("choices before")
    summary = page.locator("#compare-methods-told summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#compare-methods-told")).to_contain_text("Push the true labels out.")

    page.get_by_role("tab", name="Attack", exact=True).click()
    test_page.fill(page, "#k input[type=number]", "1")
    to_compare(page)
    strip = page.locator("#compare-strip")
    page.locator("#compare-goal label", has_text="those named on Attack").click()
    expect(strip).to_contain_text("0 of 1 targets named. On the tab Attack choose “Add labels that are not there”")
    page.locator("#compare-change").click()
    test_page.choose_attack(page, "TkML-AP-T")
    page.locator("#case label", has_text="chosen by hand").click()
    expect(page.locator("#chips .marks output")).to_have_text("0 of 1")
    chip = page.locator("#chips .chip[aria-disabled=false]").first
    named = str(chip.get_attribute("data-label"))
    chip.click()
    to_compare(page)
    expect(strip.locator(".tag.target")).to_have_text([f"{named} (target)"])
