"""The tab "Tables" without a browser: measured tables from their files, and the row that a visitor measures."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import to_the_end

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.engine import loop
from demo.engine.annotators import load_annotator
from demo.engine.plan import plan_for
from demo.photos.selection import Source, sample_sources
from demo.render.measured_table import Table, table_html
from demo.tabs.tables import live_row
from demo.tabs.tables.measured import MEASURED, tables
from tkml_core.experiments import compare, universal_page
from tkml_core.statistics import share
from tkml_core.zoo.perturbations import FOLDER
from tkml_core.zoo.registry import data_set

NAME = "voc20"


@pytest.fixture(scope="module")
def files(photos: dict[str, Path]) -> dict[str, str]:
    return {name: str(path) for name, path in photos.items()}


# ---- measured before ------------------------------------------------------------------------------------------------


def line(attack: object, case: str, key: str, **values: Any) -> dict[str, Any]:
    return {
        "annotator": NAME, "case": case, "k": 3, "key": key, "attack": repr(attack), "achieved": True, "consistent": False,
        "pert": 0.002, "pert_float": 0.001, "steps": 10, "forwards": 20, "backwards": 10, "seconds": 1.0, **values,
    }  # fmt: skip


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_what_was_not_measured_is_not_there(tmp_path: Path) -> None:
    assert tables(tmp_path, tmp_path) == []


def test_the_attacks_stand_beside_the_papers_numbers(tmp_path: Path) -> None:
    u, t = tk.TkMLAPU(), tk.TkMLAPT()
    write(
        tmp_path / "attacks.jsonl",
        [
            line(u, "untargeted", "a", true_ranks=[4], true_ranks_before=[1]),
            line(u, "untargeted", "b", consistent=True, achieved=False, true_ranks=[1], true_ranks_before=[1]),
            line(t, "worst", "a", pert=0.004),
        ],
    )
    second, third, fifth = tables(tmp_path, tmp_path)
    assert [table.title[:7] for table in (second, third, fifth)] == ["Table 2", "Table 3", "Table 5"]
    row = dict(zip(second.columns, second.rows[0], strict=True))
    assert row["photos"] == "2" and row["ASR % [95 %]"] == share(1, 2) and row["paper’s ASR %"] == "99.6"
    assert (row["Pert ×10⁻²"], row["before rounding"], row["paper’s Pert"]) == ("0.20", "0.10", "0.51")
    at = {row[3]: row[5] for row in third.rows}  # the label that the attack moved to place 4 is back where 5 are shown
    assert at == {"3": share(1, 2), "5": share(0, 2), "10": share(0, 2)}
    assert "of 2 photos whose top 3" in second.reading and "left 1 with one" in second.reading
    assert "where 5 labels are shown" in third.reading and "on 0 of 2 photos" in third.reading
    assert fifth.rows[0][:4] == [NAME, "worst", "3", "TkML-AP-T"] and "1 a row" in fifth.sentence


def test_minnorm_shows_as_soon_as_its_file_is_there(tmp_path: Path) -> None:
    rows = []
    for short, attack in compare.attacks("untargeted").items():
        pert = 0.001 if short == "MinNorm" else 0.002
        rows.append({**line(attack, "untargeted", "a", pert=pert), "method": short})
    write(tmp_path / "minnorm.jsonl", rows)
    (table,) = tables(tmp_path, tmp_path)
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert row["‖z‖₂ ratio, 8-bit"] == "0.50" and row["MinNorm: goal % [95 %]"] == share(1, 1)
    assert str(row["‖z‖₂ ratio, 8-bit"]) in compare.table(tmp_path / "minnorm.jsonl")


def test_the_repositorys_own_tables() -> None:
    made = {table.title[:7]: table for table in tables()}
    assert {"Table 2", "Table 4", "Table 5"} <= set(made)
    headers = universal_page.headers(FOLDER)
    assert len(made["Table 4"].rows) == len(headers) == len(list(FOLDER.glob("*.safetensors")))
    coco = {(row[1], row[2]): row for row in made["Table 4"].rows if row[0] == "mobilenet-coco80"}
    assert coco["3", "TkML-AP-Uv"][5] == "80.5" and coco["1", "kUAPs"][5] == "63.9"
    wins = [
        f"{n['annotator']} at k = {n['k']}"
        for n in headers
        for paper in headers
        if (n["attack"], paper["attack"]) == ("kUAPs", "TkML-AP-Uv")
        and (n["annotator"], n["k"]) == (paper["annotator"], paper["k"])
        and int(n["goal"]) > int(paper["goal"])
    ]
    assert all(win in made["Table 4"].sentence for win in wins)  # against the paper's finding
    assert all(row[5] == "–" for row in made["Table 4"].rows if data_set(row[0]) == "voc")
    assert all(len(row) == len(table.columns) for table in made.values() for row in table.rows)
    assert all(table.command and (MEASURED / "attacks.jsonl").exists() for table in made.values())


def test_a_table_can_be_read_aloud_and_brings_no_markup() -> None:
    html = table_html(
        Table("T <b>", "S & more", ("a", "paper's"), [["x<i>", "50.0 [9.5–90.5]"]], heads=1, paper=frozenset({1}))
    )
    assert '<th scope="col" class="name">a</th>' in html and '<th scope="row" class="name">x&lt;i&gt;</th>' in html
    assert 'role="region"' in html and 'tabindex="0"' in html and 'aria-label="T &lt;b&gt;"' in html
    assert '<td class="paper">50.0 <small>[9.5–90.5]</small></td>' in html
    assert "Nothing yet" in table_html(Table("T", "S", ("a",), [], nothing="Nothing yet")) and "<table" in html
    assert share(0, 0) == "–" and share(1, 2) == "50.0 [9.5–90.5]"


# ---- measured live --------------------------------------------------------------------------------------------------


def measure(
    request: Any, case: str, sources: list[Source], stop: Callable[[], bool] = lambda: False, limit: float = 99
) -> tuple[list[live_row.Progress], live_row.Row]:
    return to_the_end(live_row.measure(request, case, sources, stop, limit))


def test_a_row_counts_what_the_runner_finds(files: dict[str, str]) -> None:
    annotator = load_annotator(NAME)
    sources = sample_sources(["motorcycle", "coffee"], files, annotator)  # E = 0 on the first one before any attack
    request = live_row.request_for(NAME, "kFool", "cleared", 3, 3, 0)
    seen, row = measure(request, "cleared", sources)
    plan = plan_for(
        files["coffee"], request.__class__(NAME, 3, "kFool", ("diningtable",), max_steps=3, seed=1, goal="cleared")
    )
    report = to_the_end(loop.run_here(plan))[1].report
    assert (row.photos, row.left_out, row.done, row.state) == (2, (sources[0].title,), 1, "done")
    assert (row.fooled, row.won, row.steps) == (not report["consistent"], report["achieved"], report["steps"])
    assert row.pert == pytest.approx(report["pert"] * (not report["consistent"]))
    assert [now.step for now in seen] == list(range(len(seen))) and {now.title for now in seen} == {"Coffee"}
    html = live_row.rows_html([row])
    assert "1 of 1" in html and f"before any attack: {sources[0].title}." in html and "no true label left" in html


@pytest.mark.parametrize(("stop", "limit", "state"), [(True, 99.0, "stopped"), (False, 0.0, "limit of 0 s")])
def test_a_photo_that_was_cut_short_is_not_counted(files: dict[str, str], stop: bool, limit: float, state: str) -> None:
    sources = sample_sources(["coffee", "cat"], files, load_annotator(NAME))
    _, row = measure(live_row.request_for(NAME, "TkML-AP-T", "worst", 3, 50, 0), "worst", sources, lambda: stop, limit)
    assert (row.done, row.fooled, row.state) == (0, 0, state)
    assert state in live_row.rows_html([row])


def test_every_attack_has_a_goal_here_and_others_are_refused(files: dict[str, str]) -> None:
    for name in catalog.attacks():
        assert live_row.cases_of(name)
    with pytest.raises(ValueError, match="The goal of kFool must be one of 'cleared'"):
        live_row.request_for(NAME, "kFool", "best", 3, 9, 0)
    assert live_row.request_for(NAME, "TkML-AP-T", "random", 3, 9, None).target_case == "random"
    request = live_row.request_for(NAME, "TkML-AP-U", "cleared", 3, 9, 0)
    for sources, words in (([], "at least one photo"), ([Source("x", "x")] * 13, "At most 12")):
        with pytest.raises(ValueError, match=words):
            next(live_row.measure(request, "cleared", sources, lambda: False))
    with pytest.raises(ValueError, match=r"^Gone\.png: This picture is no longer"):
        next(live_row.measure(request, "cleared", [Source("/nowhere/Gone.png", "Gone.png")], lambda: False))
