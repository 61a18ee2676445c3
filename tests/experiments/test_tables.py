"""The paper's tables by one command, on a dozen generated photos and a small network: lines, resuming, figures, files."""

import csv
import json
import math
import re
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from datasets import write_coco, write_voc
from safetensors.torch import save_file
from scipy.stats import wilcoxon
from torch import Tensor, nn
from torch.distributed import run as torchrun
from torchvision import models

import tkml_core as tk
from tkml_core.attacks.common.budget import Budget
from tkml_core.attacks.universal.base import Universal
from tkml_core.experiments import datasets as readers
from tkml_core.experiments import methods, provenance, results, tables, tables_latex
from tkml_core.experiments.measured_photos import Photos, true_ranks
from tkml_core.images import InputSize
from tkml_core.labels import COCO80, VOC20
from tkml_core.measured import curves, summary, tables_report
from tkml_core.measured.cells import CASES, PAPERS, Cell
from tkml_core.measured.lines import agree, read, saved
from tkml_core.measured.pairs import pairs
from tkml_core.measured.settings import read_settings
from tkml_core.measured.tables_csv import read_pairs, to_csv
from tkml_core.zoo import registry
from tkml_core.zoo.entry import Entry
from tkml_core.zoo.universal_perturbations import path_of, save_universal

TINY = "tiny"


class Tiny(nn.Module):
    """Twenty smooth scores of a small image."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.layers = nn.Sequential(nn.Conv2d(3, 6, 8, stride=4), nn.Tanh(), nn.Flatten(), nn.Linear(6 * 49, 20))

    def forward(self, x: Tensor) -> Tensor:
        return 8 * self.layers(x)


def agreeing(root: Path, annotator: tk.Annotator, count: int) -> None:
    """Write VOC 2007 test in miniature, labelled as the annotator sees it: consistent at every k."""
    write_voc(root, 2007, "test", {f"{i:06d}": {} for i in range(count)})
    labels = {}
    for path in sorted((root / "VOC2007" / "JPEGImages").iterdir()):
        with torch.no_grad():
            x = annotator.prepare(tk.open_photo(path), square=True)
            labels[path.stem] = {VOC20[int(annotator(x).argmax())]: 1}
    write_voc(root, 2007, "test", labels)


@pytest.fixture(scope="module")
def voc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A registry with the tiny annotator, and photos that it agrees with."""
    entry = Entry(
        name=TINY, labels=VOC20, build=Tiny, files=(), data_set="voc", sentence="", source="", licence="",
        input_size=InputSize(32, 64),
    )  # fmt: skip
    root = tmp_path_factory.mktemp("data") / "VOCdevkit"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry.ENTRIES, TINY, entry)
        for name in ("RANK", "WORLD_SIZE"):
            patch.delenv(name, raising=False)
        agreeing(root, tk.load(TINY, "cpu"), 7)
        yield root


@pytest.fixture(scope="module")
def whole(voc: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one run leaves, looked at by several tests."""
    out = tmp_path_factory.mktemp("whole")
    tables.main(command(voc, out))
    return out


def command(voc: Path, out: Path, *more: str) -> list[str]:
    return [
        "--voc", str(voc), "--coco", str(voc), "--annotator", TINY, "--device", "cpu", "--out", str(out), "--batch", "2",
        "--tables", "2,3,5", "--k", "3", "--images", "5", "--methods", "TkML-AP-U", "kFool", "TkML-AP-T", "ML-AP(max_steps=40)",
        *more,
    ]  # fmt: skip


def lines(folder: Path) -> list[dict[str, Any]]:
    """All lines, sorted, without what differs from run to run: the seconds."""
    rows = [{key: value for key, value in row.items() if key != "seconds"} for row in read(folder)]
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def test_every_method_of_a_cell_stands_on_the_same_photos(whole: Path) -> None:
    cells = summary.by_cell(read(whole))
    assert set(cells) == {Cell(TINY, case, 3) for case in ("untargeted", *tk.CASES)}
    for cell, found in cells.items():
        expected = {"TkML-AP-U", "kFool"} if cell.case == "untargeted" else {"TkML-AP-T", "ML-AP(max_steps=40)"}
        assert set(found) == expected and {len(rows) for rows in found.values()} == {5}
        keys = [[row["key"] for row in rows] for rows in found.values()]
        assert keys[0] == keys[1] and len(set(keys[0])) == 5
    for row in read(whole):
        assert row["achieved"] == (row["achieved"] and row["norm"] > 0) and row["pixels"] == 32 * 32
        assert row["first"] is None or row["first"] <= row["steps"]
        if row["case"] == "untargeted":
            assert row["achieved"] == (min(row["true_ranks"]) > 3) and agree(row["true_ranks_before"], 3)
            assert row["consistent"] == agree(row["true_ranks"], 3)


def test_a_run_that_was_killed_goes_on_to_the_same_lines(voc: Path, whole: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    text = (whole / "lines0.jsonl").read_text().splitlines()
    cut.mkdir()
    (cut / "lines0.jsonl").write_text("\n".join(text[:7]) + "\n" + text[7][:40])  # killed within a line
    partial = summary.by_cell(read(cut))
    assert all(len({len(rows) for rows in found.values()}) == 1 for found in partial.values())
    tables.main(command(voc, cut))
    assert lines(cut) == lines(whole)
    before = (cut / "lines0.jsonl").read_bytes()
    tables.main(command(voc, cut))
    assert (cut / "lines0.jsonl").read_bytes() == before  # nothing left to do
    tables.main([*command(voc, cut), "--images", "7"])  # more photos join those that are there
    assert len(lines(cut)) == len(lines(whole)) * 7 // 5 and {*map(str, lines(whole))} < {*map(str, lines(cut))}


def test_two_processes_make_the_table_of_one(
    voc: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = tmp_path / "two"
    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        monkeypatch.setenv("WORLD_SIZE", "2")
        tables.main(command(voc, two))
    shares = [sum(1 for _ in read(two / f"lines{rank}.jsonl")) for rank in (0, 1)]
    assert lines(two) == lines(whole) and min(shares) > len(lines(whole)) / 4
    assert (two / "larger.csv").read_bytes() == (whole / "larger.csv").read_bytes()


NET = """
architecture = "torchvision:shufflenet_v2_x0_5"
weights = "net.safetensors"
labels = "voc20"
data_set = "voc"
input_size = 64
mean = [0.5, 0.5, 0.5]
std = [0.5, 0.5, 0.5]
"""


def test_torchrun_makes_the_table_of_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    save_file(models.shufflenet_v2_x0_5(weights=None, num_classes=20).state_dict(), tmp_path / "net.safetensors")
    (tmp_path / "net.toml").write_text(NET)
    monkeypatch.setenv("TKML_ANNOTATORS", str(tmp_path / "net.toml"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    root = tmp_path / "VOCdevkit"
    agreeing(root, tk.load("net", "cpu"), 4)
    one, two = tmp_path / "one", tmp_path / "two"
    args = [
        "--voc", str(root), "--annotator", "net", "--device", "cpu", "--batch", "1", "--tables", "2", "--k", "3", "5",
        "--images", "4", "--methods", "TkML-AP-U(max_steps=9)", "kFool(max_steps=3)",
    ]  # fmt: skip
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    tables.main([*args, "--out", str(one)])
    torch.set_num_threads(threads)
    monkeypatch.chdir(Path(__file__).parents[2])
    handlers = {
        number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
    }
    try:  # what the command torchrun calls: it raises where a process fails
        torchrun.main(
            ["--standalone", "--nproc-per-node", "2", "-m", "tkml_core.experiments.tables", *args, "--out", str(two)]
        )
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert sorted(path.name for path in two.glob("lines*")) == ["lines0.jsonl", "lines1.jsonl"]
    assert [json.dumps(row) for row in lines(two)] == [json.dumps(row) for row in lines(one)] and len(lines(one)) == 16
    for name in ("larger.csv", "pairs.csv"):
        assert (two / name).read_bytes() == (one / name).read_bytes()


def test_the_time_limit_ends_between_cells_and_says_how_long_the_rest_takes(voc: Path, tmp_path: Path) -> None:
    args = tables.parser().parse_args(command(voc, tmp_path))
    work, said = tables.work_of(args, []), []
    rounds: list[int] = []
    clock: Iterator[float] = iter(range(0, 10_000, 7))  # each look at it takes 7 s; a cell's block has four of them
    assert not results.run(work, tmp_path, 1.0, said.append, lambda: next(clock), lambda: rounds.append(len(said)))
    counts = {cell: [len(rows) for rows in found.values()] for cell, found in summary.by_cell(lines(tmp_path)).items()}
    assert list(counts.values()) == [[2, 2], [2, 2]]  # two cells' first blocks, both methods on each
    assert "to go, about" in said[0] and "goes on from here" in said[-1] and not rounds
    assert results.run(work, tmp_path, None, said.append, after_round=lambda: rounds.append(len(said)))
    assert len(rounds) == 3 and rounds[-1] == len(said)  # five photos, two at a time


def test_nothing_is_begun_that_would_end_after_the_time_limit(
    voc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A photo takes 10 s, a block of two with two methods 40 s: of 100 s the third cell's would take more than is left."""
    args = tables.parser().parse_args(command(voc, tmp_path))
    work, said, time = tables.work_of(args, []), [], [0.0]
    attack = results.outcomes

    def slow(*given: Any) -> list[dict[str, Any]]:
        time[0] += 20
        return [{**line, "seconds": 10.0} for line in attack(*given)]

    monkeypatch.setattr(results, "outcomes", slow)
    assert not results.run(work, tmp_path, 100 / 60, said.append, lambda: time[0])
    assert time[0] == 80 and [len(rows) for rows in summary.by_cell(lines(tmp_path)).values()] == [2, 2]
    assert said[-1].startswith("1.66667 minutes are over, or would be.")


def test_what_a_folder_holds_is_not_mixed_with_other_settings(voc: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    tables.main(command(voc, out, "--cases", "untargeted", "--images", "1"))
    with pytest.raises(SystemExit, match="seed 0, now 1"):
        tables.main(command(voc, out, "--seed", "1"))
    with pytest.raises(SystemExit, match="budget 'none', now '300'"):
        tables.main(command(voc, out, "--budget", "300"))
    found = json.loads((out / "run.json").read_text())
    assert TINY in found["weights"] and "torch" in found["versions"] and found["methods"]["kFool"] == repr(tk.KFool())
    assert found["commands"] == [
        "python -m tkml_core.experiments.tables --voc VOCdevkit --coco VOCdevkit --device cpu --batch 2 --annotator tiny "
        "--tables 2,3,5 --methods TkML-AP-U kFool TkML-AP-T 'ML-AP(max_steps=40)' --cases untargeted --k 3 --images 1"
    ]


def test_the_readmes_commands_are_understood() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    commands = [line.split()[3:] for line in readme.splitlines() if line.startswith(tables.parser().prog)]
    args = [tables.parser().parse_args(words) for words in commands]
    assert [(one.annotator, one.tables) for one in args] == [(["voc20"], "2"), (["voc20", "coco80"], "2,3,4,5")]
    assert all(tables._wanted(one) for one in args)


def test_a_broken_file_is_named_counted_and_left_out(
    voc: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    voc = shutil.copytree(voc, tmp_path / "VOCdevkit")
    (voc / "VOC2007" / "JPEGImages" / "000003.jpg").write_bytes(b"no picture")
    (voc / "VOC2007" / "JPEGImages" / "000005.jpg").unlink()
    tables.main(command(voc, tmp_path / "out", "--cases", "untargeted", "--images", "9"))
    keys = {row["key"] for row in read(tmp_path / "out")}
    assert keys == {f"voc/{i:06d}" for i in (0, 1, 2, 4, 6)}
    left_out = json.loads((tmp_path / "out" / "run.json").read_text())["left_out"]
    assert len(left_out) == 2 and "000003.jpg" in left_out[0] and "000005.jpg" in left_out[1]
    assert "000003.jpg cannot be read and is left out" in capsys.readouterr().err


def test_photos_are_read_when_they_are_needed_and_not_kept(voc: Path) -> None:
    annotator, listed = tk.load(TINY, "cpu"), readers.measuring(TINY, voc, voc)
    photos = Photos(annotator, TINY, listed)
    assert len(photos.take(3, 2)) == 2 and len(photos.rows) < len(listed)
    assert not any(isinstance(value, Tensor) and value.numel() >= 32 * 32 for row in photos.rows for value in row)
    assert torch.equal(photos.rows[0].x, annotator.prepare(tk.open_photo(listed[0].path), square=True))
    assert [row.key for row in photos.take(3, 4, 2)] == [row.key for row in photos.take(3, 4)[2:]]


def test_perfectly_ranked_photos_have_average_precision_one(voc: Path) -> None:
    rows = Photos(tk.load(TINY, "cpu"), TINY, readers.measuring(TINY, voc, voc)).take(1, 1)
    order = rows[0].logits.argsort(descending=True)
    for true, perfect, consistent in (
        ([0], True, True),
        ([0, 1], True, True),
        ([0, 2], False, False),
        ([1], False, True),
    ):
        mask = torch.zeros(20, dtype=torch.bool)
        mask[order[true]] = True
        row = rows[0]._replace(true=mask)
        assert row.fits(2, "perfect") == perfect and row.fits(2) == consistent


# ---- universal perturbations ----------------------------------------------------------------------------------------


def test_table_4_puts_the_perturbations_of_a_folder_on_the_photos(voc: Path, tmp_path: Path) -> None:
    z = (torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 40).round().clamp(-127, 127) / 255
    about = {"attack": "kUAPs", "annotator": TINY, "k": "2"}
    save_universal(z, path_of("kUAPs", TINY, 2, tmp_path), about)
    half = (z * 255 / 2).round() / 255
    save_universal(half, path_of("kUAPs", TINY, 2, tmp_path, 1000), {**about, "xi": "1000"})
    more = ("--tables", "4", "--k", "1", "2", "--universal", str(tmp_path))
    tables.main([*command(voc, tmp_path / "out"), *more])
    cells = summary.by_cell(read(tmp_path / "out"))
    shorter, usual = (Cell(TINY, "universal", 2, xi) for xi in (1000.0, 4000.0))
    assert list(cells) == [shorter, usual]  # there is none for k = 1
    norms = [np.mean([row["norm"] for row in cells[cell]["kUAPs"]]) for cell in (shorter, usual)]
    assert norms[0] == pytest.approx(norms[1] / 2, rel=0.1)
    found = cells[usual]
    assert list(found) == ["kUAPs", "noise"]
    annotator = tk.load(TINY, "cpu")
    rows = {row.key: row for row in Photos(annotator, TINY, readers.measuring(TINY, voc, voc)).take(2, 9)}
    for line in found["kUAPs"]:
        image = tk.quantize((rows[line["key"]].x + z).clamp(0, 1))
        assert line["true_ranks"] == true_ranks(annotator(image)[0], rows[line["key"]].true)
        assert line["norm"] == pytest.approx(float(tk.l2_norm(image - rows[line["key"]].x)), abs=1e-3)
    lengths = [np.mean([row["norm"] for row in found[name]]) for name in found]
    assert lengths[0] == pytest.approx(lengths[1], rel=0.1)
    assert not list((tmp_path / "out").glob("*.svg"))  # of one norm for all, and no steps
    page, latex = ((tmp_path / "out" / name).read_text() for name in ("tables.md", "tables.tex"))
    assert "| tiny | universal, ‖z‖₂ ≤ 1000 | 2 | kUAPs |" in page and "budget & k & methods" in latex
    (row,) = [line for line in page.splitlines() if line.startswith("| tiny | 2 | kUAPs |")]
    assert row.count("(5)") == 2 and "1000 & 2 & $k$UAPs" in latex
    csv_rows = list(csv.DictReader((tmp_path / "out" / "figures.csv").read_text().splitlines()))
    assert {row["xi"] for row in csv_rows} == {"1000", "4000"}
    tables.main([*command(voc, tmp_path / "out"), *more])  # goes on from lines with a budget
    assert summary.by_cell(read(tmp_path / "out")).keys() == cells.keys()


# ---- methods and cells ----------------------------------------------------------------------------------------------


def test_methods_are_read_with_settings_and_get_the_authors_budget() -> None:
    assert methods.attack_of("TkML-AP-T(step=0.1, patience=20)") == tk.TkMLAPT(step=0.1, patience=20)
    for wrong, words in (("Magic", "no method"), ("kFool(steps=3)", "written as in Python"), ("kFool(1", "written"),
                         ("TkML-AP-Uv", "no method"), ("kFool(max_steps=-1)", "max_steps")):  # fmt: skip
        with pytest.raises(ValueError, match=f"(?i){words}"):
            methods.attack_of(wrong)
    names = ("TkML-AP-U", "TkML-AP-T", "MinNorm")
    for case, own, norm in (("untargeted", "TkML-AP-U", 1275.0), ("worst", "TkML-AP-T", 382.5)):
        found = methods.methods(Cell(TINY, case, 3), names, "authors", Path())
        assert set(found) == {own, "MinNorm"}
        for method in found.values():
            assert isinstance(method.attack, Budget) and method.attack.norm == norm and "norm=" in method.settings
        assert not isinstance(methods.methods(Cell(TINY, case, 3), names, "none", Path())[own].attack, Budget)


def test_settings_are_read_back_from_what_an_attack_prints_of_itself() -> None:
    for name, kind in tk.ATTACKS.items():
        if not issubclass(kind, Universal):
            attack = kind()
            assert read_settings(repr(attack)) == vars(attack), name
    budget = Budget(tk.TkMLAPT(confidence=1e-5), norm=382.5)
    outer = {name: getattr(budget, name) for name in ("norm", "gradients", "max_steps")}
    assert read_settings(repr(budget)) == {"attack": vars(budget.attack), **outer}
    assert read_settings("a file") == {}
    for wrong in ("f(1)", "f(**{})", "f(x=y)", "f(x=1", "f(x=1) + 1"):
        with pytest.raises(ValueError):
            read_settings(wrong)


def test_what_is_in_print_has_a_name_and_stands_behind_the_attack_that_differs_from_it() -> None:
    made = {name: methods.attack_of(name) for name in methods.NAMED}
    assert (
        made["TkML-AP-U, as printed"] == tk.TkMLAPU.as_printed()
        and made["TkML-AP-T, as printed"] == tk.TkMLAPT.as_printed()
    )
    assert made["TkML-AP-T, λ's own steps"] == tk.TkMLAPT(lemma_1=False)
    assert made["kFool, signed sum"] == tk.KFool(signed_sum=True, fixed_label=True)
    assert made["CW^k, as published"] == tk.CWk(published=True)
    assert sorted(["MinNorm", *made, "CW^k", "TkML-AP-U", "kFool"], key=summary.place_of) == [
        "TkML-AP-U", "TkML-AP-U, Lemma 1's λ", "TkML-AP-U, as printed", "TkML-AP-T, as printed", "TkML-AP-T, λ's own steps",
        "kFool", "kFool, signed sum", "CW^k", "CW^k, as published", "MinNorm",
    ]  # fmt: skip


def test_a_table_has_a_row_for_each_name(voc: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    tables.main([
        *command(voc, out), "--images", "1", "--cases", "untargeted", "best", "--methods", "TkML-AP-U", *methods.NAMED,
    ])  # fmt: skip
    untargeted, best = summary.by_cell(read(out)).values()
    assert list(untargeted) == ["TkML-AP-U", "TkML-AP-U, Lemma 1's λ", "TkML-AP-U, as printed", "kFool, signed sum"]
    assert list(best) == ["TkML-AP-T, as printed", "TkML-AP-T, λ's own steps", "CW^k, as published"]
    assert (
        "| kFool, signed sum |" in (out / "tables.md").read_text() and "signed sum" in (out / "tables.tex").read_text()
    )


def test_the_papers_cells() -> None:
    everything = methods.cells((2, 3, 4, 5), ("a", "b"), CASES, range(20))
    assert len(everything) == len(set(everything)) == 2 * (3 + 3 + 9)
    assert methods.cells((3,), ("a",), CASES, range(20)) == [Cell("a", "untargeted", 3)]


# ---- figures, pairs and files ---------------------------------------------------------------------------------------


def line(method: str, key: str, **values: Any) -> dict[str, Any]:
    return {
        "annotator": "coco80", "case": "worst", "k": 3, "method": method, "key": key, "attack": f"{method}()", "achieved": True,
        "consistent": False, "norm": 100.0, "norm_float": 90.0, "pixels": 10_000, "steps": 20, "first": 8, "forwards": 40,
        "backwards": 20, "seconds": 1.0, "true_ranks_before": [1], "true_ranks": [4], **values,
    }  # fmt: skip


def sample() -> list[dict[str, Any]]:
    """Ten photos: T fails on one of them and is longer than ML-AP on all others; ML-AP alone has an eleventh."""
    rows = [line("ML-AP", f"p{i:02d}", norm=200.0 + i, first=30 + i) for i in range(11)]
    for i in range(10):
        rows.append(line("TkML-AP-T", f"p{i:02d}", norm=300.0 + i, norm_float=250.0))
    rows[-1] |= {"achieved": False, "consistent": True}
    return rows


def test_figures_by_hand() -> None:
    own, other, best = summary.figures(summary.by_cell(sample()))
    assert (own.method, other.method, best.method) == ("TkML-AP-T", "ML-AP", summary.BEST)
    assert (own.photos, own.won, own.fooled, other.won) == (10, 9, 9, 10)
    assert own.pert == pytest.approx(100 * (300 + 4) / 10_000) and own.norm == pytest.approx(304)
    assert own.paper_asr == 91.4 and other.paper_pert == pytest.approx(1.08 / 2) and best.paper_asr is None
    assert best.norm == other.norm and other.optimality == best.optimality == 1 > own.optimality
    assert own.effort and other.effort and (own.effort.first, other.effort.first) == (8, 34)
    assert own.within == 9  # all of them are shorter than 382.5


def test_two_methods_are_compared_photo_by_photo() -> None:
    (pair,) = pairs(summary.by_cell(sample()))
    assert (pair.first, pair.second, pair.photos, pair.both) == ("TkML-AP-T", "ML-AP", 10, 9)
    assert (pair.only_first, pair.only_second, pair.p_goal) == (0, 1, 1.0)
    assert (pair.shorter_first, pair.shorter_second) == (0, 9) and pair.p_norm == pytest.approx(2 / 2**9)
    assert (pair.sooner_first, pair.sooner_second) == (9, 0) and pair.p_steps == pytest.approx(2 / 2**9)
    assert pair.ratio == pytest.approx(304 / 204) and pair.ratio_float == pytest.approx(250 / 90)
    (words,) = tables_report.ahead([pair])
    assert "smaller ‖z‖₂ in 0 of 1 cells and a larger one in 1; it reaches the goal in fewer steps in 1 of 1" in words


def test_gradients_of_whole_runs_stand_beside_steps() -> None:
    """ML-AP meets the goal later in each of the nine runs that both solve, but takes fewer gradients in all but one."""
    rows = [row | {"backwards": 10 if row["method"] == "ML-AP" else 40 + i} for i, row in enumerate(sample())]
    rows[8] |= {"backwards": 100}
    (pair,) = pairs(summary.by_cell(rows))
    assert (pair.sooner_first, pair.sooner_second, pair.fewer_first, pair.fewer_second) == (9, 0, 1, 8)
    assert pair.p_gradients == pytest.approx(
        wilcoxon([row["backwards"] for row in rows[11:20]], [10] * 8 + [100]).pvalue
    )
    later = [row | {"k": 5} for row in rows]
    assert [one.p_gradients for one in pairs(summary.by_cell([*rows, *later]))] == [2 * pair.p_gradients] * 2  # Holm's
    (words,) = tables_report.ahead([pair])
    assert words.endswith("; it takes fewer gradients in 0 of 1 cells and more in 1.") == (pair.p_gradients < 0.05)
    assert tables_report.pairs_markdown([pair]).splitlines()[2].endswith(f"| 1 : 8 | {pair.p_gradients:.3f} |")
    everywhere = [row | {"case": "universal", "method": name, "steps": 0, "xi": 1.0}
                  for row in rows for name in ["TkML-AP-Uv" if row["method"] == "ML-AP" else "kUAPs"]]  # fmt: skip
    assert all(math.isnan(one.p_gradients) for one in pairs(summary.by_cell(everywhere)))


def test_steps_that_were_not_noted_are_counted_nowhere() -> None:
    later = [row | {"k": 5, "first": None} for row in sample()]
    noted, not_noted = pairs(summary.by_cell([*sample(), *later]))
    assert noted.p_steps == pytest.approx(2 / 2**9) and math.isnan(
        not_noted.p_steps
    )  # Holm's is over the cells that noted them
    assert "it reaches the goal in fewer steps in 1 of 1 cells" in tables_report.ahead([noted, not_noted])[0]
    assert [row.count("| 9 : 0 |") for row in tables_report.pairs_markdown([noted, not_noted]).splitlines()[2:]] == [
        1,
        0,
    ]


def test_a_variant_on_fewer_photos_takes_none_from_the_others() -> None:
    rows = [*sample(), *(line("TkML-AP-T, as printed", f"p{i:02d}") for i in range(4))]
    (cell,), (apart,) = summary.by_cell(rows).values(), summary.by_cell(rows, variants=True).values()
    assert {name: len(found) for name, found in cell.items()} == {"TkML-AP-T": 10, "ML-AP": 10}
    assert {name: len(found) for name, found in apart.items()} == {
        "TkML-AP-T": 4, "TkML-AP-T, as printed": 4, "ML-AP": 4
    }  # fmt: skip
    assert not summary.by_cell(sample(), variants=True)
    page = tables_report.page({}, "about", summary.by_cell(rows, variants=True))
    assert tables_report.VARIANTS in page and "| TkML-AP-T, as printed | 4 |" in page


def test_the_bundled_lines_say_which_weights_and_commands_made_them() -> None:
    folder = Path(__file__).parents[2] / "assets" / "measured"
    there = {row["annotator"] for row in read(folder)}
    for name in there:
        runs = [run for run in saved(folder) if name in run["weights"]]
        assert runs and {run["weights"][name] for run in runs} == {provenance.weights_of(name)}
        for run in runs:
            assert any(name in text for text in (*run["commands"], run.get("about", ""))), (
                f"No command is about {name}."
            )
    assert {name for run in saved(folder) for name in run["weights"]} == there
    assert (
        (folder / "tables.md")
        .read_text()
        .startswith(f"# The paper's tables on the annotators of this project\n\n{provenance.about(folder)}\n")
    ), "`experiments.tables --table` writes it anew"


def test_pairs_come_back_from_their_csv_and_those_that_are_bundled_are_of_the_lines(tmp_path: Path) -> None:
    """The page shows what stands in pairs.csv. SciPy's versions differ in p, not in what is counted."""
    made = pairs(summary.by_cell(sample()))
    (tmp_path / "pairs.csv").write_text(to_csv(made))
    assert [(p.cell, p.only_second) for p in read_pairs(tmp_path / "pairs.csv")] == [(made[0].cell, 1)]
    folder = Path(__file__).parents[2] / "assets" / "measured"
    saved, cells = read_pairs(folder / "pairs.csv"), summary.by_cell(read(folder))
    others = [name for rows in cells.values() for own in PAPERS if own in rows for name in rows if name != own]
    assert Counter(pair.second for pair in saved) == Counter(others)
    some = {*PAPERS, *sorted({*others} - {*PAPERS})[::3]}  # every third method: p of small samples takes long
    of_lines = pairs({cell: {m: r for m, r in rows.items() if m in some} for cell, rows in cells.items()})
    for kept, now in zip([pair for pair in saved if pair.second in some], of_lines, strict=True):
        for field in fields(kept):
            value = getattr(now, field.name)
            wanted = pytest.approx(value, rel=1e-2, abs=1e-5, nan_ok=True) if isinstance(value, float) else value
            assert getattr(kept, field.name) == wanted, (
                f"{kept.cell}, {field.name}: `experiments.tables --table` writes it anew"
            )


def test_curves_are_drawn_for_the_results() -> None:
    """A panel a cell; each line ends at the share of photos that were won, on the height that it stands for."""
    cells = summary.by_cell(sample())
    drawing = ElementTree.fromstring(curves.svg(cells, "norms"))
    assert {part.tag.rpartition("}")[2] for part in drawing.iter()} == {"svg", "g", "line", "path", "text"}
    words = [part.text for part in drawing.iter() if part.text and part.text.strip()]
    assert {"TkML-AP-T", "ML-AP", "coco80, worst, k = 3 (10 photos)", "‖z‖₂ of the 8-bit image"} <= set(words)
    ends = [float(re.findall(r"V([\d.]+)H", part.get("d"))[-1]) for part in drawing.iter() if part.get("d")]
    assert ends == pytest.approx([curves._y(0.9), curves._y(1.0)], abs=0.1)
    assert curves.svg(summary.by_cell([row | {"first": None} for row in sample()]), "steps") == ""
    escaped = [row | {"method": "<b>"} for row in sample()]
    assert "<b>" not in curves.svg(summary.by_cell(escaped), "norms")


def test_table_3_judges_the_same_lines_where_more_labels_are_shown() -> None:
    rows = [
        line("TkML-AP-U", "a", case="untargeted", true_ranks=[4]),
        line("TkML-AP-U", "b", case="untargeted", true_ranks=[7], norm=400.0),
        line("TkML-AP-U", "c", case="untargeted", true_ranks_before=[1, 2, 3, 12], true_ranks=[4, 5, 20, 21]),
    ]
    made = {f.shown: f for f in summary.larger(summary.by_cell(rows))}
    assert {k: (f.photos, f.won, f.fooled) for k, f in made.items()} == {3: (3, 3, 3), 5: (2, 1, 1), 10: (2, 0, 0)}
    assert made[5].pert == pytest.approx(4) and (made[5].paper_asr, made[5].paper_pert) == (26.5, 0.43 / 2)


@pytest.mark.parametrize("ranks", [[1], [2, 3], [1, 2, 3, 4], [1, 5], [4, 5], [3]])
def test_consistency_from_the_ranks_of_the_true_labels(ranks: list[int]) -> None:
    logits = torch.arange(6.0, 0, -1)[None]
    true = torch.zeros(1, 6, dtype=torch.bool)
    true[0, [rank - 1 for rank in ranks]] = True
    assert true_ranks(logits[0], true[0]) == ranks
    for k in range(1, 6):
        assert agree(ranks, k) == bool(tk.consistent(logits, true, k))


def test_the_papers_layout_in_latex_and_the_figures_as_csv() -> None:
    cells = summary.by_cell(sample())
    text = tables_latex.latex(cells)
    assert r"Worst & 3 & T$_k$ML-AP-T & 90.0 & 91.4 & 90.0 & 3.04 & 0.57 \\" in text
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 1
    body = text.split(r"\midrule")[1].split(r"\bottomrule")[0]
    assert {row.count("&") for row in body.strip().splitlines()} == {7}
    assert tables_latex.escape("CW^k, a_b & 5 %") == r"CW$^k$, a\_b \& 5 \%"
    rows = list(csv.DictReader(to_csv(summary.figures(cells)).splitlines()))
    assert (
        rows[0]["annotator"] == "coco80"
        and float(rows[0]["pert_x100"]) == pytest.approx(3.04)
        and rows[2]["paper_asr"] == ""
    )
    page = tables_report.page(cells, "about")
    assert "## Table 5" in page and "## Who is ahead" in page and "Table 2" not in page


# ---- readers --------------------------------------------------------------------------------------------------------


def test_lines_that_voc_does_not_have_are_named_and_left_out(tmp_path: Path) -> None:
    write_voc(tmp_path, 2012, "val", {"2008_000001": {"dog": 1}, "2008_000002": {"cat": 1}, "2008_000003": {"car": 1}})
    main = tmp_path / "VOC2012" / "ImageSets" / "Main"
    (main / "cat_val.txt").write_text("2008_000001 -1\n\n2008_000002 yes\n2008_000003 -1 \nnonsense\n")
    said: list[str] = []
    assert [photo.key for photo in readers.voc(tmp_path, 2012, "val", said.append)] == [
        "voc/2008_000001",
        "voc/2008_000003",
    ]
    assert "cat_val.txt:3" in said[0] and "cat_val.txt:5" in said[1] and "does not list 2008_000002" in said[2]
    assert len(said) == 3
    assert readers.by_name("voc2012-val", tmp_path, tmp_path, said.append)[0].path.is_file()


def test_coco_2014_with_boxes_and_what_does_not_fit(tmp_path: Path) -> None:
    write_coco(tmp_path, "val", {7: ["dog"], 9: ["cat"]})
    table = json.loads((tmp_path / "annotations" / "instances_val2017.json").read_text())
    for image in table["images"]:
        image["file_name"] = f"COCO_val2014_{image['file_name']}"
    dog = next(c for c in table["categories"] if c["name"] == "dog")
    tv = next(c for c in table["categories"] if c["name"] == "tv")
    tv["name"] = "tvmonitor"  # the other data set's spelling
    table["categories"].append({"id": 999, "name": "unicorn"})
    table["annotations"] += [
        {"id": 50, "image_id": 7, "category_id": tv["id"], "bbox": [0, 0, 5, 5], "area": 25, "iscrowd": 0},
        {"id": 51, "image_id": 12345, "category_id": dog["id"]},
        {"id": 52, "image_id": 9, "category_id": 4321},
        {"id": 53, "image_id": 9, "category_id": 999},
    ]
    path = tmp_path / "annotations" / "instances_val2014.json"
    path.write_text(json.dumps(table))
    said: list[str] = []
    seven, nine = readers.by_name("coco2014-val", tmp_path, tmp_path, said.append)
    assert seven.key == "coco/COCO_val2014_000000000007" and seven.path.parent.name == "val2014"
    assert {COCO80[j] for j in np.flatnonzero(seven.labels)} == {"dog", "tv"}
    assert {COCO80[j] for j in np.flatnonzero(nine.labels)} == {"cat"}
    assert ["unicorn" in said[0], "12345" in said[1], "4321" in said[2], len(said)] == [True, True, True, 3]
    for broken in ("[]", json.dumps(table | {"images": {"7": "dog.jpg"}})):
        path.write_text(broken)
        with pytest.raises(ValueError, match=r"instances_val2014\.json is not COCO's"):
            readers.coco(tmp_path, "val", 2014)


def test_of_a_coco_file_the_entries_that_are_none_are_named_and_left_out(tmp_path: Path) -> None:
    write_coco(tmp_path, "val", {7: ["dog"], 9: ["cat"]})
    path = tmp_path / "annotations" / "instances_val2017.json"
    table = json.loads(path.read_text())
    del table["images"][1]["file_name"]
    table["annotations"] += ["cat", {"image_id": [7], "category_id": 1}]
    table["categories"].append({"name": "person"})
    path.write_text(json.dumps(table))
    said: list[str] = []
    (seven,) = readers.coco(tmp_path, "val", report=said.append)
    assert {COCO80[j] for j in np.flatnonzero(seven.labels)} == {"dog"}
    told = [f"categories[{len(table['categories']) - 1}]", "images[1]", "annotations[2]", "annotations[3]"]
    assert [entry in words and "left out" in words for entry, words in zip(told, said, strict=False)] == [True] * 4


def test_folders_are_found_in_one_and_missing_ones_are_asked_for(voc: Path, tmp_path: Path) -> None:
    voc = shutil.copytree(voc, tmp_path / "VOCdevkit")
    (tmp_path / "coco" / "annotations").mkdir(parents=True)
    for data, expected in ((tmp_path, (voc, tmp_path / "coco")), (voc, (voc, voc / "coco"))):
        assert readers.roots(data) == expected
    assert readers.roots(tmp_path / "coco")[1] == tmp_path / "coco"
    with pytest.raises(
        SystemExit, match=r"aeroplane_test\.txt; name the photos' folders with --data, or --voc and --coco"
    ):
        tables.main(["--annotator", TINY, "--voc", str(tmp_path / "none"), "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit, match="--tables 7"):
        tables.main([*command(voc, tmp_path / "out"), "--tables", "7"])
