"""The paper's figures drawn again: `python -m demo.figures` on two sample photos."""

from pathlib import Path

import pytest
from PIL import Image

from demo import figures
from demo.engine.guessed_truth import RULE
from demo.engine.label_roles import Roles
from demo.export.figure import WIDTH
from demo.export.paper_figures import Panel, Strip, draw


@pytest.fixture
def folder(photos: dict[str, Path], tmp_path: Path) -> Path:
    """Two photos, small enough to be quick."""
    for name, true in (("cat", (60, 0, 360, 300)), ("motorcycle", (0, 0, 400, 300))):
        with Image.open(photos[name]) as photo:
            photo.convert("RGB").crop(true).save(tmp_path / f"{name}.png")
    return tmp_path


def test_four_figures_of_two_photos(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, true = folder / "out", ["cat.png=cat", "motorcycle.png=motorbike"]
    command = [str(folder), "--true", *true, "--k", "2", "--max-steps", "1", "--out", str(out)]
    assert figures.main(command) == 0
    written = [Path(line) for line in capsys.readouterr().out.split()]
    assert written == [out / f"figure{number}.{ending}" for number in (1, 2, 3, 4) for ending in ("png", "pdf")]
    for path in written[::2]:
        with Image.open(path) as png:
            assert png.width == round(WIDTH * 200) and png.height > 300
    for path in written[1::2]:
        pdf = path.read_bytes()
        assert pdf.startswith(b"%PDF") and b"/Type0" in pdf and b"/Type3" not in pdf  # words are text


def test_a_figure_that_cannot_be_drawn_is_told_and_the_others_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [str(folder), "--photos", "cat.png", "--k", "7", "--max-steps", "1", "--figures", "3", "1"]
    assert figures.main([*command, "--out", str(folder)]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("Figure 3: No universal perturbation") and "figure1.pdf" in said.out


@pytest.mark.parametrize(
    ("more", "words"), [(["--photos", "no.png"], "There is no photo"), (["--annotator", "no"], "no")]
)
def test_what_is_missing_is_told(folder: Path, more: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert figures.main([str(folder), "--figures", "1", "--out", str(folder), *more]) == 2
    assert words in capsys.readouterr().err


def test_a_file_where_another_is_expected_is_told_in_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "run.npz").write_bytes(b"PK\x03\x04" + bytes(4000))
    photo = str(folder / "cat.png")
    asked = {
        "There is no photo in": [photo],
        "this is a file": [str(folder), "--out", photo],
        "could not be read as a picture": [str(folder), "--photos", "run.npz", "--out", str(folder)],
    }
    for words, command in asked.items():
        assert figures.main([*command, "--figures", "1"]) == 2
        said = capsys.readouterr().err
        assert words in said and said.count("\n") == 1 and "Errno" not in said


def test_words_of_every_strip_stand_in_the_figure() -> None:
    grey = Image.new("RGB", (40, 30))
    panel = Panel(
        "original", grey, [("top 1", [("cat", 0.5)]), ("targets", [("dog", 0.25)])], Roles(("cat",), ("dog",))
    )
    told = figures.Makes(None, "voc20", 2, 9).told([figures.Photo("a.png", None, None, None, guessed=True)], False)
    strips = [Strip([panel, None], "best"), Strip([panel, panel], "worst")]
    drawn = draw(strips, [("", 1), ("ML-AP", 1)], told)
    words = [text.get_text().replace("\u00a0", " ") for text in drawn.axes[0].texts]
    assert {"best", "worst", "ML-AP", "top 1", "targets"} <= set(words)
    assert words[-2].startswith("voc20, k = 2; κ = 0, at most 9 steps;") and f"({RULE}): a.png." in " ".join(words[-2:])
    bottom = drawn.axes[0].get_ylim()[0]
    assert all(0 < text.get_position()[1] < bottom for text in drawn.axes[0].texts)
    assert words.count("original") == words.count("cat") == words.count("dog") == 3
