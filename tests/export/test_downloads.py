"""What a run leaves behind: exact data, figure, citation, and the link that brings its settings back."""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from conftest import with_universal
from matplotlib.path import Path as Shape
from PIL import Image

import tkml_core as tk
from demo import page
from demo.catalog import attacks as catalog
from demo.engine.outcome import Outcome
from demo.engine.plan import AttackRequest, Plan, plan_for
from demo.export import citation, figure, figure_icons, files, npz
from demo.export.npz import SavedRun
from demo.photos.samples import sample
from demo.render.icons import FOLDER
from demo.tabs.attack import link, stage
from tkml_core import __main__ as shell


def run(plan: Plan) -> Outcome:
    *_, last = stage.views(plan, lambda: False)
    assert last.outcome
    return last.outcome


@pytest.fixture(scope="module")
def outcome(photos: dict[str, Path]) -> Outcome:
    """A short targeted run; whether it gets there does not matter here."""
    request = AttackRequest("voc20", 2, "TkML-AP-T", ["cat", "person", "motorbike"], "chosen", ["sofa", "dog"], 12, 5)
    return run(plan_for(photos["mosaic"], request))


@pytest.fixture(scope="module")
def data(outcome: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(files.save_data(outcome, tmp_path_factory.mktemp("data")))


def test_the_data_file_is_exact(outcome: Outcome, data: Path) -> None:
    assert data.name == "mosaic-tkml-ap-t-k2-voc20.npz"
    with np.load(data, allow_pickle=False) as file:
        x, x_adv, z, z_float = (file[name] for name in ("x", "x_adv", "z", "z_float"))
        assert (x.dtype, x_adv.dtype, z.dtype, z_float.dtype) == (np.uint8, np.uint8, np.int16, np.float32)
        assert np.array_equal(x + z, x_adv) and np.any(z)
        assert np.array_equal(np.rint((x / 255 + z_float) * 255), x_adv)
        assert file["labels"].tolist() == list(tk.load("voc20").labels)
        report = json.loads(str(file["report"]))
    assert report == outcome.report
    assert np.linalg.norm(z.astype(float)) == pytest.approx(report["l2"], rel=1e-4)
    png = np.asarray(Image.open(files.save_png(outcome, data.parent)))
    assert np.array_equal(png, x_adv)
    assert data.read_bytes() == npz.to_bytes(npz.keep(outcome))


def test_the_change_is_shown_as_on_the_page(data: Path) -> None:
    run_kept = npz.load(data)
    shown = np.asarray(run_kept.amplified()).astype(float)
    inside = np.abs(run_kept.z) < 12
    assert np.abs(shown - (127.5 + 10 * run_kept.z))[inside].max() <= 0.5
    assert set(np.unique(shown[run_kept.z == 0])) == {128.0}


def test_a_figure_is_the_same_every_time_and_its_pdf_has_text(data: Path, tmp_path: Path) -> None:
    run_kept = npz.load(data)
    first, again = (figure.save(run_kept, tmp_path / name) for name in ("one.v1", "two"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert [path.name for path in first] == ["one.v1.png", "one.v1.pdf"]
    with Image.open(first[0]) as png:
        assert png.width == round(figure.WIDTH * 200) and png.info["dpi"] == pytest.approx((200, 200), abs=0.1)
    pdf = first[1].read_bytes()
    assert pdf.startswith(b"%PDF") and b"/Type0" in pdf and b"CreationDate" not in pdf and b"/Type3" not in pdf


def test_a_figure_says_what_the_report_says(data: Path) -> None:
    run_kept = npz.load(data)
    words = [text.get_text() for text in figure.draw(run_kept).axes[0].texts]
    for name, _ in run_kept.report["before"] + run_kept.report["after"]:
        assert name in words
    assert {
        "Original",
        "Perturbation × 20",
        "Adversarial",
        "Top 2 before",
        "Top 2 after",
        "target",
        "true label",
    } <= set(words)
    caption = words[-1].replace("\n", " ").replace("\u00a0", " ")
    assert "TkML-AP-T on voc20, k = 2" in caption and "sofa and dog" in caption
    assert f"‖z‖₂ = {run_kept.report['l2']:.1f}" in caption
    assert ("; reached" in caption) is run_kept.report["achieved"]


def test_what_the_shell_saves_can_be_drawn(photos: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "fooled.png"
    command = [str(photos["cat"]), "--k", "2", "--true", "cat", "--targets", "dog", "sofa", "--max-steps", "3"]
    assert shell.main([*command, "--out", str(out)]) in (0, 1)
    assert figure.main([str(out.with_suffix(".npz"))]) == 0
    saved = npz.load(out.with_suffix(".npz"))
    words = [text.get_text() for text in figure.draw(saved).axes[0].texts]
    assert "TkML-AP-T on voc20, k = 2" in words[-1].replace("\u00a0", " ") and {"target", "true label"} <= set(words)


def test_a_comparison_has_a_row_for_each_method_and_its_pdf_has_text(data: Path, tmp_path: Path) -> None:
    first = npz.load(data)
    second = SavedRun(first.x, first.x, (), {**first.report, "attack": "ML-AP", "achieved": True, "l2": 12.34})
    figure_of_both = figure.draw_comparison([first, second])
    words = [text.get_text() for text in figure_of_both.axes[0].texts]
    assert [words.count(name) for name in ("TkML-AP-T", "ML-AP", "Original", "Top 2 before")] == [1, 1, 1, 2]
    assert "goal reached" in words and len(figure_of_both.axes) == 1 + 6  # the sheet, and three pictures a method
    assert "ML-AP ‖z‖₂ = 12.3" in words[-1].replace("\n", " ").replace("\u00a0", " ")
    bottom = figure_of_both.axes[0].get_ylim()[0]
    assert all(0 < text.get_position()[1] < bottom for text in figure_of_both.axes[0].texts)
    png, pdf = figure.save_comparison([first, second], tmp_path / "both")
    assert Image.open(png).width == round(figure.WIDTH * 200) and b"/Type0" in pdf.read_bytes()


def test_long_lists_are_cut_and_hidden_labels_marked(data: Path) -> None:
    run_kept = npz.load(data)
    many = [[name, 0.5] for name in tk.load("coco80").labels[:30]]
    report = {
        **run_kept.report,
        "k": 30,
        "before": many,
        "after": many,
        "hidden": ["person"],
        "true_labels": ["person"],
    }
    words = [text.get_text() for text in figure.draw(SavedRun(run_kept.x, run_kept.x_adv, (), report)).axes[0].texts]
    assert words.count("and 10 more") == 2 and "true label to hide" in words


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.svg")), ids=lambda path: path.stem)
def test_every_icon_can_be_drawn_on_its_grid(path: Path) -> None:
    parts = figure_icons.parts(path.stem)
    assert parts
    for shape, fill, stroke, width, cap, join in parts:
        assert (fill != "none") != (stroke != "none") and width > 0
        assert cap in ("butt", "round") and join in ("miter", "round")
        box = shape.get_extents()
        assert box.x0 >= 1 and box.y0 >= 1 and box.x1 <= 23 and box.y1 <= 23 and box.width + box.height > 0


def test_holes_go_the_other_way_round() -> None:
    square, hole, island = "M0 0h10v10h-10z", "M2 2h6v6h-6z", "M4 4h2v2h-2z"
    rings = figure_icons.with_holes(figure_icons.outline(f"{square}{hole}{island}")).to_polygons()
    areas = [float(np.sum(r[:-1, 0] * r[1:, 1] - r[1:, 0] * r[:-1, 1])) / 2 for r in rings]
    assert areas == pytest.approx([100, -36, 4])
    curve = figure_icons.outline("M0 0c0 1 1 1 1 0a1 1 0 0 1 2 0")
    assert curve.codes is not None and Shape.CURVE4 in curve.codes and curve.vertices[-1] == pytest.approx([3, 0])


def test_the_citation_names_the_settings(outcome: Outcome) -> None:
    text = citation.bibtex(outcome.report)
    assert text.startswith(citation.PAPER) and text.count("{") == text.count("}")
    assert "attack TkML-AP-T, annotator voc20, goal targeted, k 2" in text and "targets sofa + dog" in text
    assert "at most 12 steps, seed 5" in text and "step 0.5" in text
    assert "note" not in citation.bibtex(None)
    assert re.search(r"version   = \{\d+\.\d+", citation.bibtex(None))


WISHES: list[dict[str, Any]] = [
    {"attack": "TkML-AP-U", "k": 3, "settings": {"step": 0.25, "beta": 0.5}, "max_steps": 77},
    {"attack": "TkML-AP-U", "k": 3, "goal": "inconsistent", "settings": {"score_space": "probability"}},
    {"attack": "TkML-AP-T", "k": 2, "target_case": "random", "seed": 11},
    {
        "attack": "CW^k",
        "k": 2,
        "target_case": "chosen",
        "target_labels": ["tvmonitor", "dog"],
        "settings": {"kappa": 0.1},
    },
    {"attack": "MinNorm", "k": 3, "goal": "hide", "target_labels": ["person"], "true_labels": ["cat", "person"]},
    {"attack": "TkML-AP-Uv", "k": 3},
]


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: f"{wish['attack']} {wish.get('goal', '')}")
def test_a_link_brings_everything_back(photos: dict[str, Path], wish: dict[str, Any]) -> None:
    name = with_universal(wish["attack"]) if catalog.precomputed(wish["attack"]) else "voc20"
    request = AttackRequest(name, true_labels=wish.pop("true_labels", ["cat", "person", "motorbike"]), **wish)
    plan = plan_for(photos["mosaic"], request)
    asked = link.read(dict(parse_qsl(link.query(plan, "mosaic"))), "cat", "coco80")
    assert asked and asked.sample == "mosaic"
    again = plan_for(photos["mosaic"], asked.request)
    assert (again.attack if not catalog.precomputed(request.attack) else 0) == (
        plan.attack if not catalog.precomputed(request.attack) else 0
    )
    for field in ("k", "settings", "goal_name", "roles", "max_steps", "seed"):
        assert getattr(again, field) == getattr(plan, field), field
    assert again.request.annotator == name and again.request.target_case == plan.request.target_case


def test_an_upload_leaves_its_labels_out_of_the_link(photos: dict[str, Path]) -> None:
    request = AttackRequest("voc20", 2, "TkML-AP-T", ["cat"], "chosen", ["sofa", "dog"], 50, 9)
    query = link.query(plan_for(photos["cat"], request), None)
    assert not {"sofa", "dog", "cat"} & set(re.split(r"[=&,]|%2C", query))
    asked = link.read(dict(parse_qsl(query)), "mosaic", "voc20")
    assert asked and asked.sample == "mosaic" and asked.request.target_case == "best"
    plan = plan_for(photos["mosaic"], asked.request)
    assert plan.k == 2 and plan.seed == 9 and plan.roles.true == ("cat", "person", "motorbike")


def test_an_address_without_settings_asks_for_nothing() -> None:
    assert link.read({"__theme": "dark", "view": "api", "utm_source": "mail"}, "mosaic", "voc20") is None
    asked = link.read({"k": "1"}, "mosaic", "voc20")
    assert asked and asked.request.k == 1 and set(asked.request.true_labels) == {"cat", "person", "motorbike"}
    assert sample(asked.sample).name == "mosaic"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"k": "0"}, "from 1 to 17"),
        ({"k": "-3"}, "k must be a whole number, 0 or more"),
        ({"k": "٣"}, "k must be a whole number"),
        ({"k": "9" * 400}, "k must be a whole number"),
        ({"sample": "../../etc/passwd"}, "No sample is called"),
        ({"annotator": "<b>x</b>"}, "voc20"),
        ({"attack": "PGD"}, "TkML-AP-U"),
        ({"goal": "ordered"}, "cleared"),
        ({"attack": "TkML-AP-T", "case": "closest"}, "best"),
        ({"attack": "TkML-AP-T", "case": "chosen", "labels": "sofa"}, "exactly 3 target labels"),
        ({"true": "unicorn"}, "unicorn"),
        ({"true": "cat," * 2000}, "too long"),
        ({"max_steps": "2001"}, "from 1 to 2000"),
        ({"seed": "1e3"}, "seed must be a whole number"),
        ({"beta": "much"}, "must be a number"),
        ({"beta": "nan"}, ""),
        ({"beta": "-1"}, ""),
        ({"score_space": "pixels"}, ""),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_a_hostile_link_gets_a_sentence(photos: dict[str, Path], params: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError) as caught:
        asked = link.read(params, "mosaic", "voc20")
        assert asked
        plan_for(photos[asked.sample], asked.request)
    said = link.refusal(caught.value)
    assert words in str(caught.value) and len(said) < 700 and "<b>" not in said


@pytest.mark.parametrize("there", [True, False])
def test_agents_are_offered_the_endpoints_where_the_package_is(monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: (object() if there else None) if name == "mcp" else found(name, *rest),
    )
    assert page.launch_options()["mcp_server"] is there


def test_files_of_runs_go_after_their_time(outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_known", {})
    old = [Path(save(outcome, tmp_path)) for save in (files.save_png, files.save_report, files.save_data)]
    files.sweep()
    assert all(path.is_file() for path in old) and len({path.parent for path in old}) == 3
    monkeypatch.setattr(files, "_known", {place: made - files.KEEP_SECONDS - 1 for place, made in files._known.items()})
    new = Path(files.save_png(outcome, tmp_path))
    files.sweep()
    assert new.is_file() and list(tmp_path.iterdir()) == [new.parent]
