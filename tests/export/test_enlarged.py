"""A photo smaller than the annotator looks at it: how it was enlarged is said, and can be done again."""

from pathlib import Path

import numpy as np
import pytest
from conftest import to_the_end
from PIL import Image

from demo.engine import loop
from demo.engine.plan import AttackRequest, plan_for
from demo.export import full_size, npz


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_how_a_photo_was_enlarged_is_said_and_can_be_done_again(
    photos: dict[str, Path], tmp_path: Path, factor: float
) -> None:
    path, looked_at = tmp_path / "small.png", (336, 224)
    size = [round(side * factor) for side in looked_at]
    Image.open(photos["cat"]).convert("RGB").resize(size).save(path)
    plan = plan_for(str(path), AttackRequest("mobilenet-voc20", 1, "TkML-AP-U", ["cat"], max_steps=1))
    run = npz.keep(to_the_end(loop.run_here(plan, budget=600))[1])
    report = run.report
    assert report["photo_size"] == size and (report["width"], report["height"]) == looked_at
    method = Image.Resampling[report["interpolation"].upper()]
    again = Image.open(path).resize((report["width"], report["height"]), method)
    assert np.array_equal(np.array(again), run.x)

    enlarged = f"{size[0]} × {size[1]} pixels were enlarged to 336 × 224, with bilinear interpolation"
    assert (enlarged in full_size.words(None, run)) is (factor < 1)
    report["photo_size"] = None  # as runs of before have it
    assert "no larger than what the annotator sees" in full_size.words(None, run)
