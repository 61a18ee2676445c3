"""The README's film: frames in their time, and below its size."""

from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("playwright", reason="the screenshot script needs the package playwright")
from demo import screenshot


def frames(count: int) -> list[Image.Image]:
    return [Image.effect_noise((64, 48), 20 + 30 * number).convert("RGB") for number in range(count)]


def test_a_film_has_its_frames_and_their_times(tmp_path: Path) -> None:
    screenshot.save_film(frames(3), [100, 250, 2500], tmp_path / "film.webp")
    with Image.open(tmp_path / "film.webp") as film:
        assert film.n_frames == 3 and film.info["loop"] == 0
        durations = []
        for number in range(3):
            film.seek(number)
            film.load()
            durations.append(film.info["duration"])
    assert durations == [100, 250, 2500]


def test_a_film_too_large_loses_quality_first_and_is_refused_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "film.webp"
    screenshot.save_film(frames(3), [100] * 3, path)
    best = path.stat().st_size
    monkeypatch.setattr(screenshot, "FILM_BYTES", best)
    screenshot.save_film(frames(3), [100] * 3, path)
    assert path.stat().st_size < best
    monkeypatch.setattr(screenshot, "FILM_BYTES", 100)
    with pytest.raises(SystemExit, match="fewer frames"):
        screenshot.save_film(frames(3), [100] * 3, tmp_path / "none.webp")
    assert not (tmp_path / "none.webp").exists()
