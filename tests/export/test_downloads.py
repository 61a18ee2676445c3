"""What a run leaves behind: exact data, figure and citation."""

import hashlib
import importlib.util
import io
import itertools
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import make_photos_small
from matplotlib.patches import FancyBboxPatch
from matplotlib.path import Path as Shape
from PIL import Image

import tkml_core as tk
from demo import page
from demo.engine.outcome import Outcome
from demo.engine.plan import AttackRequest, Plan, plan_for
from demo.engine.win import margin_words
from demo.export import card, citation, figure, figure_icons, files, npz
from demo.export.npz import SavedRun
from demo.render import photo_card, verdict
from demo.render.icons import FOLDER
from demo.render.run_figures import run_figures_html
from demo.tabs.attack import download_events, stage
from demo.tabs.attack.robustness.examine import Finished
from demo.tabs.compare import render as columns
from demo.tabs.universal import trial
from tkml_core import __main__ as shell
from tkml_core.report import ARRAYS, measured, version
from tkml_core.zoo.checksums import sums_in
from tkml_core.zoo.registry import entry_of


def run(plan: Plan) -> Outcome:
    *_, last = stage.views(plan, lambda: False)
    assert last.outcome
    return last.outcome


@pytest.fixture(scope="module")
def outcome(photos: dict[str, Path]) -> Outcome:
    """A short targeted run; whether it gets there does not matter here."""
    request = AttackRequest("voc20", 2, "TkML-AP-T", ["cat", "person", "motorbike"], "chosen", ["sofa", "dog"], 12, 5)
    with pytest.MonkeyPatch.context() as patch:
        make_photos_small(patch)
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
        assert set(file) == {*ARRAYS, "readme"} and "z_float: z / 255" in str(file["readme"])
        assert np.allclose(z_float, z / 255)
        exact = np.linalg.norm(z.astype(np.float64))
        size = (exact, abs(z).max(), exact / z[..., 0].size)
        assert tuple(outcome.report[name] for name in ("l2", "linf", "pert")) == pytest.approx(size, rel=1e-12)
        assert file["labels"].tolist() == list(tk.load("voc20").labels)
        report = json.loads(str(file["report"]))
    assert report == outcome.report
    (weights,) = entry_of("voc20").files
    assert report["version"] == version() and report["weights_sha256"] == sums_in(weights.parent)[weights.name]
    assert report["input_sha256"] == hashlib.sha256(x.tobytes()).hexdigest()
    png = np.asarray(Image.open(files.save_png(outcome, data.parent)))
    assert np.array_equal(png, x_adv)
    assert data.read_bytes() == npz.to_bytes(npz.keep(outcome))


def test_all_that_show_the_saved_change_tell_one_size(outcome: Outcome) -> None:
    """One at the edge of a digit, which single precision has on its other side."""
    x = torch.full_like(outcome.plan.photo.x, 127 / 255)
    x_adv = x.clone()
    x_adv.view(-1)[:10010] = 128 / 255
    assert f"{tk.l2_norm(x_adv - x).item():.1f}" == "100.1"
    buffer = io.BytesIO()
    tk.to_pil(x_adv).save(buffer, "PNG")
    plan = replace(outcome.plan, photo=replace(outcome.plan.photo, x=x))
    report = outcome.report | measured(plan.annotator.labels, plan.goal, x, outcome.logits, x_adv, outcome.logits)
    edge = replace(outcome, plan=plan, png=buffer.getvalue(), report=report)
    assert report["l2"] == Finished.of(edge).l2 == tk.size_of(x_adv - x).l2 == pytest.approx(10010**0.5, rel=1e-12)
    assert "100.0 <small>‖z‖₂" in photo_card.change_html(x, edge.x_adv, lossless=False)
    assert "Change, size 100.0<" in columns.outcome_html(edge, lossless=False)
    assert "of size 100 (‖z‖₂), at most 1 of 255" in trial.own_size(x_adv - x)


def test_each_key_of_a_report_is_explained_and_the_margin_has_one_sign_a_name(outcome: Outcome) -> None:
    told = (Path(shell.__file__).parent / "report.md").read_text(encoding="utf-8")
    keys = [
        key
        for line in told.splitlines()
        if line.startswith("| `")
        for key in re.findall(r"`(\w+)`", line.split("|")[1])
    ]
    assert len(keys) == len(set(keys)) and set(keys) == set(outcome.report)
    report = outcome.report
    assert (
        report["margin_of_win"]
        == -report["margin"]
        == pytest.approx(float(-outcome.plan.goal.margin(outcome.logits)[0]))
    )
    shown = run_figures_html(report)
    assert margin_words(report["margin_of_win"]) in re.sub(r"<[^>]+>", "", shown.split("Margin of the win")[1])


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


@pytest.mark.usefixtures("small_annotators")
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


PAGE = "https://example.org/"
LINK = f"{PAGE}?" + "&".join(f"setting_{number}=value" for number in range(15))


def card_words(saved: SavedRun) -> list[str]:
    return [text.get_text() for text in card.draw(saved, LINK).axes[0].texts]


@pytest.fixture(scope="module")
def words(data: Path) -> list[str]:
    """Of the run's own card."""
    return card_words(npz.load(data))


def test_a_card_is_opaque_and_says_what_the_page_says(data: Path, words: list[str]) -> None:
    saved = npz.load(data)
    with Image.open(io.BytesIO(card.png(saved, LINK))) as picture:
        assert picture.size == (1200, 630)
        assert picture.convert("RGBA").getchannel("A").getextrema() == (255, 255)
    for name, _ in saved.report["before"] + saved.report["after"]:
        assert name in words
    assert {"Top 2 before", "Change × 20", "Top 2 after"} <= set(words)
    assert verdict.headline(saved.report)[1] in words
    # In plain words first; a sign says what it is for.
    assert f"at most {saved.report['linf']:.0f} of 255 at any pixel" in words and not any("∞" in word for word in words)
    assert "marks a true label" in words
    assert " ".join(words[-2].split()) == verdict.sentence_for_others(saved.report)


@pytest.mark.parametrize(
    ("link", "printed"),
    [
        (PAGE, PAGE),
        (LINK, LINK),
        (LINK + "&labels=cat" * 100, PAGE + card.NO_SETTINGS),
        (f"https://example.org/{'long' * 300}/?k=3", card.NO_LINK),
    ],
)
def test_the_link_on_a_card_is_whole_or_is_the_address_of_the_page(data: Path, link: str, printed: str) -> None:
    text = card.draw(npz.load(data), link).axes[0].texts[-1]
    assert text.get_text().replace("\n", "") == printed
    box, figure = text.get_window_extent(), text.figure
    assert figure and box.x1 <= figure.bbox.width and box.y0 >= 0


def test_a_card_says_that_its_picture_was_made_smaller_after_the_run_of_its_link(data: Path, words: list[str]) -> None:
    saved = npz.load(data)
    start = {"attack": "TkML-AP-U", "l2": 2 * saved.report["l2"], "linf": 9.0, "steps": 5}
    report = {**saved.report, "attack": "MinNorm", "started_from": start}
    assert "TkML-AP-U on voc20, made smaller afterwards" in card_words(SavedRun(saved.x, saved.x_adv, (), report))
    assert not any("made smaller" in word for word in words)


PLANTED = {"targets": ["sofa"]}
HIDDEN = {"targets": ["sofa"], "hidden": ["cat"], "true_labels": ["cat"]}


@pytest.mark.parametrize(
    ("k", "roles"), [(1, {}), (30, {}), (2, PLANTED), (30, PLANTED), (1, HIDDEN), (3, HIDDEN), (30, HIDDEN)]
)
def test_nothing_on_a_card_lies_on_something_else(data: Path, k: int, roles: dict[str, list[str]]) -> None:
    saved = npz.load(data)
    many = [[name, 0.5] for name in tk.load("coco80").labels[:k]]
    report = {
        **saved.report, "k": k, "before": many, "after": many, "stopped": "time", "attack": "QuadAttacK",
        "true_labels_guessed": True, **roles,
    }  # fmt: skip
    drawn = card.draw(SavedRun(saved.x, saved.x_adv, (), report), LINK)
    texts = [text for text in drawn.axes[0].texts if text.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    boxes += [patch.get_window_extent() for patch in drawn.axes[0].patches if isinstance(patch, FancyBboxPatch)]
    pictures = [axes.get_window_extent() for axes in drawn.axes[1:]]
    for one, other in itertools.combinations([*boxes[: len(texts)], *pictures], 2):
        across = min(one.x1, other.x1) - max(one.x0, other.x0)
        down = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert across <= 1 or down <= 3, (one, other)  # pixels, as lines of text have air in their boxes
    frames = boxes[len(texts) :]
    verdict = boxes[len(texts) - 2]
    assert all(frame.y0 > verdict.y1 for frame in frames) and all(
        box.x0 >= 0 and box.x1 <= drawn.bbox.width and box.y0 >= 0 for box in boxes
    )


def test_a_card_cuts_what_is_too_long(data: Path) -> None:
    saved = npz.load(data)
    name = "a very long name of a label that no card can hold"
    many = [[name, 0.999], *([label, 0.5] for label in tk.load("coco80").labels[:29])]
    report = {**saved.report, "k": 30, "before": many, "after": many, "achieved": False, "targets": [name] * 12}
    words = card_words(SavedRun(saved.x, saved.x_adv, (), report))
    cut = [word for word in words if word.startswith("a very long") and word.endswith("…")]
    assert len(cut) == 2 and words.count("and 27 more") == 2
    assert words[-2].count("\n") <= 3


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
    assert "attack TkML-AP-T, goal targeted, k 2" in text and "targets sofa + dog (chosen)" in text
    report = outcome.report
    size = f"{report['width']} x {report['height']}"
    for fact in (
        f"photo mosaic ({report['photo_size'][0]} x {report['photo_size'][1]} pixels, attacked at {size}, "
        f"SHA-256 of these 8-bit pixels before the attack {report['input_sha256']})",
        f"annotator voc20 (weights' SHA-256 {report['weights_sha256']})",
        "norm L2, seed 5", "step 0.5", "at most 12 steps, time limit 60 s", f"{report['steps']} steps done",
        f"= {report['l2']:.1f}, ", f"= {report['linf']:.0f}/255",
    ):  # fmt: skip
        assert fact in text, fact
    assert "note" not in citation.bibtex(None)
    assert re.search(r"version   = \{\d+\.\d+", citation.bibtex(None))


def test_the_citation_has_the_link_where_others_can_open_it_and_else_what_is_behind_its_address(
    outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "sample=mosaic&k=2&labels=sofa%2Cdog"
    for host in ("https://name-demo.hf.space/", "http://192.168.0.7:7860/"):
        assert f"url       = {{{host}?{query}}}" in citation.bibtex(outcome.report, f"{host}?{query}")
    local = citation.bibtex(outcome.report, f"http://127.0.0.1:7860/?{query}")
    assert (
        r"\texttt{?sample=mosaic\&k=2\&labels=sofa\%2Cdog} brings" in local and r"\url" not in local
    )  # which it is not
    assert "127.0.0.1" not in local and local.count("url  ") == 1  # the paper's
    monkeypatch.setenv("SPACE_ID", "name/demo")
    assert "url       = {https://huggingface.co/spaces/name/demo}" in citation.bibtex(outcome.report)
    assert "{x" not in citation.bibtex(outcome.report, "https://example.org/{x?k=2")


def test_the_citation_prints_whatever_a_file_is_called_and_how_a_run_ended(outcome: Outcome) -> None:
    start = {"attack": "TkML-AP-U", "l2": 9.0, "linf": 9.0, "steps": 5}
    hostile = {
        **outcome.report, "photo": "50%_off & #1 {\\x^~$", "true_labels": ["a\nb"], "true_labels_guessed": True,
        "stopped": "time", "max_gradients": 30, "started_from": start, "photo_size": None, "weights_sha256": None,
        "input_sha256": None,
    }  # fmt: skip
    text = citation.bibtex(hostile)
    assert r"photo 50\%\_off \& \#1 (/x\^{}\~{}\$ (attacked at" in text and text.count("{") == text.count("}")
    assert "true labels a b (the annotator's own guess)" in text and "and 30 gradients" in text and "SHA" not in text
    clock = "ended by the clock (not exactly repeatable: it depends on how busy the machine is)"
    assert f"steps done, {clock}, 'Make the change smaller' after TkML-AP-U (5 steps), whose" in text
    assert "repeatable" not in citation.bibtex({**hostile, "stopped": None}) and text.count("TkML-AP") > 1
    assert r"T\_kML" not in text
    linf = {**outcome.report, "settings": {"norm": "linf"}}
    assert "norm L-infinity" in citation.bibtex(linf)
    assert "norm" not in citation.bibtex({**linf, "attack": "TkML-AP-Uv", "settings": {}})


def test_how_a_photo_is_to_be_sent_on_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(download_events.gr, "Info", lambda words, **how: said.append(words))
    has_read = False
    for _ in range(3):
        has_read = download_events._as_file(has_read)
    assert len(said) == 1 and "send the attacked photo (PNG) as a file" in said[0]


@pytest.mark.parametrize("link", ["", None, "javascript:x", "http://[", {"link": 1}])
def test_what_is_no_address_is_left_out_of_the_citation(link: object, data: Path) -> None:
    assert download_events._cited(str(data), link) == citation.bibtex(npz.load(data).report)


@pytest.mark.parametrize("data", [None, "no/such.npz"])
def test_where_no_result_stands_the_page_is_cited_without_the_settings_of_a_run(data: str | None) -> None:
    text = download_events._cited(data, "http://192.168.0.7:7860/?k=3")
    assert text == citation.bibtex(None, "http://192.168.0.7:7860/") and "k=3" not in text and "192.168" in text


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
