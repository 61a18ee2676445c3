"""Data files of runs from strangers, and users' own settings of Matplotlib."""

import io
import random
import zipfile
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from demo.export import figure, npz

REPORT = """{"photo": "p", "before": 3}"""
PIXELS = np.zeros((32, 40, 3), np.uint8)


def archive(**more: object) -> bytes:
    buffer = io.BytesIO()
    parts = {"x": PIXELS, "x_adv": PIXELS, "labels": np.array(["cat", "dog"]), "report": np.array(REPORT), **more}
    np.savez_compressed(buffer, **parts)  # type: ignore[arg-type]
    return buffer.getvalue()


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x.npy", bytes(npz.MOST_BYTES + 1))
    return buffer.getvalue()


HOSTILE = {
    "empty": b"",
    "text": b"no archive",
    "an empty archive": b"PK\x05\x06" + bytes(18),
    "a bomb": bomb(),
    "pickled": archive(labels=np.array([{"a": 1}], dtype=object)),
    "pictures of two sizes": archive(x=np.zeros((3, 4, 3), np.uint8)),
    "a picture of floats": archive(x=PIXELS / 2, x_adv=PIXELS / 2),
    "no picture": archive(x=np.zeros((0, 0, 3), np.uint8), x_adv=np.zeros((0, 0, 3), np.uint8)),
    "a strip": archive(x=np.zeros((5000, 1, 3), np.uint8), x_adv=np.zeros((5000, 1, 3), np.uint8)),
    "no JSON": archive(report=np.array("{")),
    "deep JSON": archive(report=np.array("[" * 100_000)),
    "a list": archive(report=np.array("[1]")),
    "a report of nothing": archive(),
    "a report without an end": archive(report=np.array('{"photo": "' + "p" * 9_000_000 + '"}')),
    "a word without an end": archive(
        report=np.array('{"photo": "p", "k": 1, "before": [["' + "c" * 5_000 + '", 0.5]]}')
    ),
    "a label without an end": archive(labels=np.array(["cat", "d" * 5_000])),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_data_file_is_told_in_one_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.npz"
    path.write_bytes(HOSTILE[name])
    assert figure.main([str(path)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "run.npz" in said.err and said.err.endswith(".\n")


def test_spoilt_data_files_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng, sound, path = random.Random(0), archive(), tmp_path / "run.npz"
    for _ in range(60):
        spoilt = bytearray(sound[: rng.randrange(len(sound))] if rng.random() < 0.3 else sound)
        for _ in range(rng.randrange(1, 6)):
            spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
        path.write_bytes(spoilt)
        assert figure.main([str(path)]) == 2 and capsys.readouterr().err.count("\n") == 1


def test_a_users_matplotlibrc_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(saved: npz.SavedRun) -> figure.Figure:
        made = figure.Figure(figsize=(2, 1))
        made.add_axes((0, 0, 1, 1)).text(0.2, 0.4, "a_b & x")
        return made

    monkeypatch.setattr(figure, "draw", drawn)
    monkeypatch.setattr(figure, "caption", lambda report: "")
    saved = npz.SavedRun(PIXELS, PIXELS, ("cat",), {})
    plain = figure.save(saved, tmp_path / "plain")[0].read_bytes()
    with matplotlib.rc_context(
        {"text.usetex": True, "savefig.bbox": "tight", "font.size": 30, "axes.facecolor": "red"}
    ):
        assert figure.save(saved, tmp_path / "other")[0].read_bytes() == plain
        assert matplotlib.rcParams["font.size"] == 30


def test_what_is_offered_on_arrival_is_not_swept(tmp_path: Path) -> None:
    from demo.export import files

    kept, other = (files.new_place(tmp_path) / "file" for _ in range(2))
    for path in (kept, other):
        path.touch()
    files.keep_to_the_end(kept)
    files.sweep(age=-1)
    assert kept.exists() and not other.exists()
