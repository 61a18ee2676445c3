"""What stands below each heading of the tab "Tables": its result, worked out from the lines, and how many photos it is of."""

import re
from dataclasses import replace

import pytest

from demo.render.panel import Drawing, Scale, panels_html
from demo.tabs.tables import live_row, live_table, numbers, peers_tables, results
from demo.tabs.tables.measured import MEASURED, cells_of, figures_of, pairs_of
from demo.tabs.tables.plain_words import beyond_reach, out_of_reach
from demo.tabs.tables.sections import Section, section_html, sections
from tkml_core.measured import lines, summary
from tkml_core.measured.pairs import Pair

NAME = "voc20"


def pair(first: str, second: str, ratio: float, both: int = 40, p: float = 0.001) -> Pair:
    """Two methods in one row, whose first has `ratio` times the mean size, on every photo alike."""
    counts = (both, 0) if ratio < 1 else (0, both)
    return Pair(
        summary.Cell(NAME, "worst", 3), first, second, both, 0, 0, 1.0, both, *counts, ratio, ratio, p, 0, 0, 1.0
    )


def test_every_heading_has_its_result_in_sight_and_the_rest_is_folded() -> None:
    for section in sections():
        html = str(section_html(section))
        before, _, after = html.partition("<details")
        assert section.result and f'</h2><p class="result">{section.result[:20]}' in before, section.table.title
        assert "<table" in after and 'class="ahead"' not in before and "<table" not in before


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.name)
def test_no_two_columns_of_a_table_are_called_alike(section: Section) -> None:
    assert len(set(section.table.columns)) == len(section.table.columns)


def test_columns_of_the_other_tables_differ_too_and_p_says_what_is_compared() -> None:
    apart, _ = peers_tables.apart(MEASURED)
    for columns in (apart.columns, numbers.beside([]).columns):
        assert len(set(columns)) == len(columns) and {"p, goal met", "p, size"} <= set(columns)
    heads = re.findall(r"<th[^>]*>([^<]*)", live_table.rows_html([live_row.Row(NAME, "kFool", "cleared", 3, 9, 2)]))
    assert len(set(heads)) == len(heads) > 9


def test_a_lead_is_told_with_its_rows_how_sure_it_is_and_its_cost_whoever_leads() -> None:
    made = [pair("T", "ML", 0.5), pair("T", "ML", 0.8, p=0.3), pair("T", "ML", 1.2)]
    assert results.leads(made) == [
        "T’s changes are on average smaller than ML’s in 2 of 3 rows (sure in 1, sure the other way round in 1)."
    ]
    cost = [replace(pair("T", "MinNorm", 1.5), gradients_first=own, gradients_second=290) for own in (10, 20)]
    ours, theirs = results.leads([*made, *cost])
    assert ours == (
        "MinNorm’s changes are on average smaller than T’s in 2 of 2 rows (sure in 2, sure the other way round in 0), at 14 to "
        "29 times as many gradients (290 a photo against 10 to 20, medians)."
    ) and theirs.startswith("T’s")
    universal = replace(made[0], cell=summary.Cell(NAME, "universal", 3))
    assert results.leads([universal, replace(made[0], both=0)]) == []  # of a chosen size; and nothing to compare


def test_what_is_bundled_is_counted_as_the_lines_say() -> None:
    cells = cells_of(MEASURED)
    told = {section.name: section.result for section in sections()}
    runs = [row for cell, methods in cells.items() if cell.case == "untargeted" for row in methods["kFool"]]
    assert f"kFool in {sum(row['achieved'] for row in runs)} of {len(runs)}" in told["table-2"]
    larger = summary.larger(cells)
    won, photos = (sum(getattr(one, key) for one in larger if one.shown > one.cell.k) for key in ("won", "photos"))
    assert f") in {won} of {photos} runs" in told["table-3"]
    noise = [
        sum(row["achieved"] for row in methods["noise"]) / len(methods["noise"])
        for cell, methods in cells.items()
        if cell.case == "universal" and "kUAPs" in methods
    ]
    assert told["table-4"].endswith(f"{min(noise):.0%} to {max(noise):.0%} (random noise as large).")
    first, second = told["table-4"].split("; ")  # ranges compare over the same annotators alone
    assert "(kUAPs)" in second and "(kUAPs)" not in first and "(TkML-AP-Uv)" in first
    apart = figures_of(summary.by_cell(lines.read(MEASURED), variants=True))
    for one in apart:
        if one.method == "TkML-AP-T, as printed":
            assert f"TkML-AP-T, as printed on {one.won} of {one.photos} (TkML-AP-T here: " in told["as-printed"]


def test_rows_of_too_few_photos_are_marked_beside_their_numbers() -> None:
    """Eight photos give p = 2/256 at least, which seven rows make too large; sixty do not."""
    small, large = [pair("T", "ML", 0.5, both=8)] * 7, [pair("T", "ML", 0.5, both=60)] * 2
    assert beyond_reach([*small, *large]) == small and beyond_reach(small[:6]) == []
    at = numbers.beside([]).columns.index("p, size")
    marked = [row[at].endswith("[too few photos]") for row in numbers.beside([*small, *large]).rows]
    assert marked == [True] * 7 + [False] * 2
    few = out_of_reach([*small, *large], small[:2])  # corrected with all, told of two
    assert "2 of 2 beside ML (8 photos each)" in few and out_of_reach([*small, *large], large) == ""
    notes = {section.name: section.note for section in sections()}
    beside = pairs_of(MEASURED)
    assert notes["who-is-ahead"].endswith(out_of_reach(beside)) and "A row, here, is one annotator" in notes["table-2"]
    of_size = [one.photos for one in beside if one.cell.case != "universal"]
    assert f": of {min(of_size)} to {max(of_size)} photos." in notes["who-is-ahead"]


def test_pictures_say_of_how_many_photos_they_are() -> None:
    for section in sections():
        html = "".join(str(picture) for _, picture in (*section.pictures, *section.folded))
        titles = re.findall(r"<figcaption>([^<]*)<", html)
        assert all(re.search(r"\(\d+( to \d+)? photos?\)$", title) for title in titles)


def test_the_name_of_an_axis_is_not_drawn_so_that_it_wraps_in_a_narrow_panel() -> None:
    words = "mean size per pixel where the goal is met, which is long (×10⁻²)"
    html = panels_html([Drawing("A", "", words, Scale(1, 10), [])], {})
    assert f">{words}</p>" in html and words not in html.partition("<svg")[2].partition("</svg>")[0]
