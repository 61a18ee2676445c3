"""A visitor on the tabs "Universal" and "Tables", in a real browser; on a wide screen and on a phone."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import PHONE, RUN, holds, with_universal
from playwright.sync_api import Page, Route, expect

import tkml_core as tk
from demo.tabs.universal.ready_made import best_start
from tkml_core.zoo.registry import entry_of

# How far what is in sight has moved since, as web vitals count it
MOVED = """window.moved = 0;
new PerformanceObserver((list) => list.getEntries().forEach((one) => (window.moved += one.value)))
  .observe({ type: "layout-shift" });"""
WIDTH = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
# Words of the plots that are not wholly in their panel
CUT = """Array.from(document.querySelectorAll('#tables .security :is(text, .axis)')).filter((words) => {
  const own = words.getBoundingClientRect(), panel = words.closest("svg, figure").getBoundingClientRect();
  return !own.width || own.left < panel.left - 0.5 || own.right > panel.right + 0.5;
}).map((words) => words.textContent)"""


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def fill(page: Page, box: str, value: str) -> None:
    field = page.locator(box)
    field.fill(value)
    field.press("Tab")


def only(page: Page, group: str, title: str) -> None:
    """Leave one sample checked."""
    for row in page.locator(f"{group} label").all():
        row.locator("input").set_checked(row.inner_text().strip() == title)


def test_a_change_is_crafted_tried_taken_away_and_stopped_and_fits_a_phone(
    visit: Callable[..., Page], photos: dict[str, Path], tmp_path: Path
) -> None:
    page = visit()
    open_tab(page, "Universal")
    name, k = best_start(tk.available())
    expect(page.locator("#craft-annotator input:checked")).to_have_value(name)
    expect(page.locator("#craft-k input[type=number]")).to_have_value(str(k))
    count = "document.querySelectorAll('{}').length"
    rows, ticked = count.format("#try-rows .trial"), count.format("#try-samples input:checked")
    page.wait_for_function(f"{rows} > 0 && {rows} === {ticked}", timeout=RUN)  # a bundled z, without any click
    expect(page.locator("#try-rows .trial.won").first).to_be_visible()
    expect(page.locator("#craft-rates")).to_contain_text(
        "Of the annotators here this one is fooled most: the strongest"
    )
    expect(page.locator("#try-verdict")).to_contain_text("Random noise as large")
    expect(page.locator("#try-verdict strong")).to_contain_text("% of new photos")
    expect(page.locator("#try-verdict")).to_contain_text("The change that comes with this page")
    expect(page.locator("#craft-verdict")).to_contain_text(f"Shown is the ready-made change for {name} at k = {k}")
    expect(page.locator("#craft-z h2")).to_have_text(f"Ready-made change, for {name}, k = {k}")
    fill(page, "#craft-k input[type=number]", str(1 if k > 1 else 2))  # without any other click
    expect(page.locator("#craft-z h2")).not_to_contain_text(f"k = {k}")
    expect(page.locator("#try-stale")).to_contain_text("tried with the change before")
    expect(page.locator("#try-again")).to_be_visible()
    page.locator("#craft-annotator input[value^=hardened]").first.check()
    expect(page.locator("#craft-verdict")).to_contain_text("There is no ready-made")
    expect(page.locator("#craft-npz")).to_be_disabled()
    expect(page.locator("#try-again")).to_be_hidden()
    page.locator(f"#craft-annotator input[value='{name}']").check()
    fill(page, "#craft-k input[type=number]", str(k))
    expect(page.locator("#craft-z h2")).to_contain_text(f"{name}, k = {k}")
    expect(page.locator("#try-stale p")).to_have_count(0)
    with page.expect_download() as ready:
        page.locator("#craft-npz").click()
    assert ready.value.suggested_filename.endswith("-ready-made.npz")

    broken = tmp_path / "holiday.jpg"
    broken.write_bytes(b"no photo")
    page.locator("#craft-uploads input[type=file]").set_input_files([broken])
    toast = page.get_by_test_id("toast-body")
    expect(toast).to_contain_text(re.compile(r"^\W*Error\W*holiday\.jpg could not be read as a picture"))
    page.get_by_test_id("toast-close").click()
    expect(toast).to_have_count(0)
    page.locator("#craft-uploads input[type=file]").set_input_files([photos["admiral"], broken])
    expect(page.locator("#craft-samples input:checked")).to_have_count(0)  # ticked beforehand, so these give way
    expect(page.locator("#craft-photos-note")).to_contain_text("Only your 2 photos are taken")
    only(page, "#craft-samples", "Cat")
    page.locator("#craft-views input").uncheck()
    fill(page, "#craft-epochs input[type=number]", "2")
    page.locator("#craft-button").click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("holiday.jpg: This file could not be read", timeout=RUN)
    expect(page.locator("#craft-button")).to_be_enabled()

    page.locator("#craft-uploads").get_by_role("button", name="Clear").click()
    expect(page.locator("#craft-uploads input[type=file]")).to_have_count(1)
    page.locator("#craft-uploads input[type=file]").set_input_files([photos["admiral"]])
    expect(page.locator("#craft-uploads")).to_contain_text("admiral")
    page.locator("#craft-button").click()
    expect(page.locator("#craft-verdict")).to_contain_text("of the 2 pictures it was made on", timeout=RUN)
    expect(page.locator("#craft-verdict")).to_contain_text("so before any change")
    expect(page.locator("#craft-facts")).to_contain_text("made on 2 photos.")
    expect(page.locator("#craft-facts")).to_contain_text("What is true on 1 of the 2 photos is the annotator’s guess")
    expect(page.locator("#craft-button")).to_be_enabled()
    expect(page.locator("#craft-z h2")).to_have_text(f"Your change, for {name}, k = {k}")
    assert str(page.locator("#craft-z img").get_attribute("src")).startswith("data:image/png")
    assert "of 2 rounds (epochs) the change fools" in str(
        page.locator("#craft-rates .plot").get_attribute("aria-label")
    )
    expect(page.locator("#try-verdict")).to_contain_text("The change made here with TkML-AP-Uv on 2 photos")
    assert page.locator("#try-rows .tag").all_inner_texts() == ["new"] * page.locator("#try-rows .trial").count()

    with page.expect_download() as download:
        page.locator("#craft-npz").click()
    download.value.save_as(tmp_path / "z.npz")
    with np.load(tmp_path / "z.npz") as stored:
        assert stored["levels"].shape == (1, 3, *[entry_of(name).input_size.short] * 2)

    only(page, "#try-samples", "Cat")
    page.locator("#try-uploads input[type=file]").set_input_files([photos["coffee"]])
    expect(page.locator("#try-uploads")).to_contain_text("coffee")
    page.locator("#try-button").click()
    expect(page.locator("#try-rows .tag")).to_have_text(["used to make it", "yours"], timeout=RUN)
    expect(page.locator("#try-rows .hint").first).to_contain_text(
        "What is true on 1 of the 2 photos is the annotator’s guess"
    )
    expect(page.locator("#try-rows .outcome").last).to_contain_text("Truth guessed: ")

    for box in [*page.locator("#craft-samples input").all(), page.locator("#craft-views input")]:
        box.check()
    page.locator("#craft-method label", has_text="kUAPs").click()
    fill(page, "#craft-epochs input[type=number]", "50")
    fill(page, "#craft-budget input[type=number]", "200")
    page.locator("#craft-button").click()
    expect(page.locator("#craft-status")).to_contain_text("step", timeout=RUN)
    page.locator("#craft-stop").click()
    expect(page.locator("#craft-verdict")).to_contain_text("Stopped after", timeout=RUN)
    expect(page.locator("#craft-npz")).to_be_enabled()
    expect(page.locator("#craft-button")).to_be_enabled()

    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.locator("#try-uploads").get_by_role("button", name="Clear").click()
    page.locator(f"#craft-annotator input[value='{with_universal()}']").check()
    expect(page.locator("#craft-verdict")).to_contain_text("Stopped after")  # the visitor's own, for what it was made
    page.locator("#try-which input[value=kUAPs]").check()
    expect(page.locator("#craft-verdict")).to_contain_text("Yours is kept")
    page.locator("#try-again").click()
    expect(page.locator("#try-stale p")).to_have_count(0, timeout=RUN)
    expect(page.locator("#try-verdict")).to_contain_text("The change that comes with this page")
    assert page.evaluate(WIDTH) <= 390
    page.locator("#try-which input[value='made here']").check()
    expect(page.locator("#craft-verdict")).to_contain_text("Stopped after")
    expect(page.locator("#craft-npz")).to_be_enabled()


def test_the_tables_come_when_their_tab_is_opened_and_nothing_in_sight_moves(visit: Callable[..., Page]) -> None:
    page, held = visit(), list[Route]()
    page.route("**/gradio_api/run/**", lambda route: held.append(route))
    open_tab(page, "Tables")
    expect(page.locator("#tables")).to_contain_text("The tables are being fetched")
    expect(page.locator("#live-part")).to_be_attached()
    expect(page.locator("#live-part")).not_to_be_in_viewport()
    assert holds(lambda: page.wait_for_timeout(20) or bool(held))
    page.evaluate(MOVED)
    for route in held:
        route.continue_()
    page.unroute("**/gradio_api/run/**")
    whole = page.locator("#tables .fetched")
    expect(whole).to_be_visible(timeout=RUN)
    page.wait_for_timeout(300)
    assert page.evaluate("moved") < 0.05

    page.evaluate("for (const one of document.querySelectorAll('#tables details')) one.open = true")
    for width in (390, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(CUT) == [], width
    page.evaluate("for (const one of document.querySelectorAll('#tables details')) one.open = false")

    whole.locator("summary").first.click()
    open_tab(page, "Compare")
    open_tab(page, "Tables")
    expect(whole.locator("details").first).to_have_attribute("open", "")  # it is not sent again
    page.reload()  # at #tables
    expect(whole).to_be_visible(timeout=RUN)


def test_a_row_fills_in_the_next_one_stands_beside_it_and_both_fit_a_phone(visit: Callable[..., Page]) -> None:
    page = visit(theme="dark")
    open_tab(page, "Tables")
    only(page, "#live-samples", "Coffee")
    fill(page, "#live-steps input[type=number]", "5")
    page.locator("#live-run").click()
    row = page.locator("#live-table tbody tr").first
    expect(row).to_contain_text("1 of 1", timeout=RUN)
    expect(row).to_contain_text("TkML-AP-U")
    expect(page.locator("#live-run")).to_be_enabled()

    page.locator("#live-attack input").click()
    page.locator("#live-attack [role=option]", has_text="(ML-AP)").click()
    expect(page.locator("#live-case label")).to_have_count(3)
    fill(page, "#live-steps input[type=number]", "2000")
    page.locator("#live-case label", has_text="worst").click()
    fill(page, "#live-k input[type=number]", "10")
    page.locator("#live-run").click()
    expect(page.locator("#live-status")).to_contain_text("step", timeout=RUN)
    page.locator("#live-stop").click()
    expect(row).to_contain_text("add labels: worst-scored")
    expect(page.locator("#live-run")).to_be_enabled(timeout=RUN)
    expect(page.locator("#live-table tbody tr")).to_have_count(2)

    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.locator(".contents a", has_text="Table 2").click()
    expect(page.locator("#table-2-part h2").first).to_be_in_viewport()
    page.locator("#table-2-part summary", has_text="The numbers, and as CSV").click()
    box = page.get_by_role("region", name="Table 2: push the true labels out")
    expect(box).to_be_visible()
    assert page.evaluate(WIDTH) <= 390
    assert box.evaluate("box => box.scrollWidth > box.clientWidth && box.getBoundingClientRect().right <= 390")
    expect(page.locator("#table-2-part .sideways")).to_be_visible()
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('#table-2-part .tablebox').scrollLeft > 0")
    box.evaluate("box => { box.scrollLeft = 400; box.scrollTop = 300; }")
    row, head = (box.locator(f"{part} .pinned").first for part in ("tbody tr:nth-child(12)", "thead"))
    assert row.locator(".about").is_visible() and " · " in row.locator(".about").inner_text()
    for pinned in (row, head):  # neither scrolls away, and no number is drawn over it
        assert (
            pinned.evaluate(
                "cell => cell.getBoundingClientRect().left - cell.closest('.tablebox').getBoundingClientRect().left"
            )
            <= 2
        )
        assert pinned.evaluate("""cell => {
          const box = cell.getBoundingClientRect();
          const there = document.elementFromPoint(box.left + 20, box.top + 8);
          return there === cell || cell.contains(there);
        }""")
