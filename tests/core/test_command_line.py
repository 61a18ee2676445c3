"""`python -m tkml_core photo`: one attack from the shell."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import skimage
from conftest import with_universal
from PIL import Image
from torch import Tensor, nn

import tkml_core as tk
from tkml_core import report as report_file
from tkml_core.__main__ import arguments, main
from tkml_core.attacks.registry import goal_name
from tkml_core.report import version
from tkml_core.zoo.checksums import sums_in
from tkml_core.zoo.registry import entry_of

TOLD = Path(report_file.__file__).with_suffix(".md").read_text(encoding="utf-8")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Part of a photo of a cat, small enough to be quick."""
    with Image.open(Path(skimage.__file__).parent / "data" / "chelsea.png") as file:
        file.crop((60, 0, 360, 300)).save(tmp_path / "cat.png")
    return tmp_path / "cat.png"


@pytest.mark.usefixtures("small_annotators")
@pytest.mark.parametrize("more", [[], ["--targets", "best"], ["--targets", "motorcycle", "sofa"]])
def test_a_cat_is_fooled_and_saved(photo: Path, more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One run from the shell: what it prints, its picture and its data agree."""
    saved = photo.with_name("fooled.png")
    assert main([str(photo), "--k", "2", "--true", "cat", "--out", str(saved), "--max-steps", "200", *more]) == 0
    said = capsys.readouterr().out
    assert "true:   cat\n" in said and "goal achieved, E = 0" in said
    before, after = (next(line for line in said.splitlines() if line.startswith(word)) for word in ("before", "after"))
    assert "cat" in before and "cat" not in after
    if "motorcycle" in more:
        assert "motorbike" in after and "sofa" in after
    annotator = tk.load("voc20", device="cpu")
    with Image.open(saved) as file:
        top = tk.topk(annotator(annotator.prepare(file)), 2)[0].tolist()
    assert annotator.index("cat") not in top and all(annotator.labels[j] in after for j in top)
    assert "change of P@k -" in said
    with np.load(saved.with_suffix(".npz")) as data:
        report = json.loads(str(data["report"]))
        assert np.array_equal(data["x_adv"], np.asarray(Image.open(saved)))
    assert [name for name, _ in report["after"]] == [annotator.labels[j] for j in top] and report["achieved"]
    assert report["true_labels"] == ["cat"] and len(report["targets"]) == (2 if more else 0)
    assert report["max_steps"] == 200 and report["settings"]["confidence"] == 0 and report["version"] == version()
    (weights,) = entry_of("voc20").files
    assert report["weights_sha256"] == sums_in(weights.parent)[weights.name]
    with Image.open(photo) as file:
        file.save(renamed := photo.with_name("same.webp"), lossless=True)
        file.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(other := photo.with_name("other.png"))
    (check,) = re.findall(r"```python\n(.*?)```", TOLD, re.DOTALL)
    for path, same in ((renamed, True), (other, False)):
        exec(check.replace('"photo.jpg"', repr(str(path))), {})
        assert (capsys.readouterr().out.strip() == report["input_sha256"]) is same


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--true", "unicorn"], "'unicorn'"),
        (["--k", "0"], "k = 0"),
        (["--k", "3", "--true", "cat", "--targets", "dog"], "1 targets and k = 3"),
        (["--true", "cat", "--targets", "cat", "dog", "sofa"], "both true and a target"),
        (["--attack", "kFool", "--goal", "ordered"], "The goal of kFool must be one of 'cleared', 'inconsistent'"),
        (["--attack", "MinNorm", "--goal", "hide", "--true", "cat"], "no label to hide"),
        (["--attack", "MinNorm", "--true", "cat", "--hide", "dog"], "is not true"),
        (["--attack", "TkML-AP-U", "--targets", "dog"], "--targets: the goal cleared"),
        (["--annotator", with_universal(), "--attack", "kUAPs", "--targets", "best"], "--targets: the goal cleared"),
        (["--goal", "inconsistent", "--hide", "cat"], "--hide: the goal inconsistent"),
        (
            ["--annotator", with_universal(), "--attack", "kUAPs", "--k", "7"],
            "at k = 7 is bundled; there is one for k = 1, 2, 3",
        ),
    ],
)
def test_bad_asks_end_with_their_sentence(
    photo: Path, more: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(photo), *more]) == 2
    assert words in capsys.readouterr().err


def test_no_photo_and_no_success_have_exit_codes_of_their_own(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(photo.with_name("missing.png"))]) == 2 and "missing.png" in capsys.readouterr().err
    assert main([str(photo), "--true", "cat", "--max-steps", "0"]) == 1
    assert "goal not achieved, E = 1" in capsys.readouterr().out


@pytest.mark.usefixtures("small_annotators")
@pytest.mark.parametrize(
    "more",
    [
        ["--attack", "kFool", "--goal", "inconsistent"],
        ["--attack", "ML-AP", "--targets", "best"],
        ["--attack", "CW^k", "--targets", "dog", "sofa", "--max-steps", "60"],
        ["--attack", "MinNorm", "--hide", "cat", "--max-steps", "20"],
    ],
    ids=lambda more: " ".join(more[1:4]),
)
def test_any_attack_with_any_goal_that_it_can_have(
    photo: Path, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(photo), "--k", "2", "--true", "cat", *more]) == 0
    said = capsys.readouterr().out
    assert "goal achieved" in said
    after = next(line for line in said.splitlines() if line.startswith("after"))
    assert "cat" not in after
    if "CW^k" in more:
        assert after.index("dog") < after.index("sofa")


@pytest.mark.parametrize(
    ("more", "attack"),
    [
        ([], "TkML-AP-U"),
        (["--goal", "inconsistent"], "TkML-AP-U"),
        (["--targets", "best"], "TkML-AP-T"),
        (["--goal", "ordered", "--targets", "dog", "sofa", "car"], "CW^k"),
        (["--hide", "cat"], "MinNorm"),
        (["--attack", "BlackBox", "--hide", "cat"], "BlackBox"),
    ],
    ids=lambda more: " ".join(more) if isinstance(more, list) else "",
)
def test_the_goal_decides_which_attack_is_meant(more: list[str], attack: str) -> None:
    assert arguments(["photo.jpg", *more]).attack == attack


def test_a_folder_that_is_not_there_is_told_before_the_run(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([str(photo), "--true", "cat", "--out", str(photo.parent / "no" / "fooled.png")])
    assert "there is no folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("out", "words"),
    [
        (".", "this is a folder"),
        ("run.npz", "the run's data"),
        ("cat.png/x.png", "there is no folder"),
        ("locked/x.png", "the rights"),
    ],
)
def test_where_nothing_can_be_saved_is_told_before_the_run(
    photo: Path, out: str, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (photo.parent / "locked").mkdir()
    monkeypatch.setattr("os.access", lambda path, mode: Path(path).name != "locked")  # also for root, who may do all
    with pytest.raises(SystemExit) as ended:
        main([str(photo), "--true", "cat", "--out", str(photo.parent / out)])
    assert ended.value.code == 2 and words in capsys.readouterr().err


def test_the_photo_may_stand_behind_the_labels(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = arguments(["--k", "2", "--true", "cat", "dog", str(photo)])
    assert args.photo == photo and args.true == ["cat", "dog"]
    assert arguments(["--targets", "best", str(photo)]).targets == ["best"]
    with pytest.raises(SystemExit):
        arguments(["--true", "cat", "missing.jpg"])
    assert "which photo?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello", "cat.png: This file could not be read"),
        (b"\x89PNG\r\n\x1a\n", "could not be read"),
        (b"", "could not be"),
    ],
)
def test_what_is_no_photo_is_told_with_its_name(
    photo: Path, content: bytes, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    photo.write_bytes(content)
    assert main([str(photo)]) == 2
    assert words in capsys.readouterr().err


def test_a_network_that_raises_is_told_in_a_line(
    photo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise RuntimeError("mat1 and mat2 shapes\ncannot be multiplied")

    monkeypatch.setattr(tk, "load", lambda name: tk.Annotator(Broken(), ["cat", "dog", "sofa"]))
    assert main([str(photo), "--true", "cat", "--k", "1"]) == 2
    assert capsys.readouterr().err.strip().endswith("failed: mat1 and mat2 shapes cannot be multiplied")


def test_which_goal_is_meant() -> None:
    """Targets ask for `targeted`, but not of an attack whose own goal takes targets, or that can have no such goal."""
    assert goal_name("MinNorm") == "cleared" and goal_name("MinNorm", targets=True) == "targeted"
    assert goal_name("CW^k", targets=True) == "ordered" and goal_name("CW^k", "targeted") == "targeted"
    assert goal_name("kFool", targets=True) == "cleared" and goal_name("MinNorm", "hide", targets=True) == "hide"


@pytest.mark.parametrize("attack", ["TkML-AP-Uv", "TkML-AP-Uv, margin", "kUAPs", "BlackBox"])
def test_the_others_conclude_and_say_how_it_ended(photo: Path, attack: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One change for every photo, put on its square; and a search of a few queries."""
    more = ["--max-steps", "20"] if attack == "BlackBox" else ["--annotator", with_universal(attack, 2)]
    status = main([str(photo), "--k", "2", "--true", "cat", "--attack", attack, *more])
    said = capsys.readouterr().out
    assert ("goal achieved" in said) == (status == 0) and ("goal not achieved" in said) == (status == 1)
    norm = float(said.split("‖z‖₂ ")[1].split(",")[0])
    assert norm == pytest.approx(4000, rel=0.06) if attack != "BlackBox" else norm > 0
