"""An attacked photo is known again by the note in its PNG, and a hostile note says nothing."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from demo.engine.loop import run_here
from demo.engine.plan import AttackRequest, plan_for
from demo.photos.attack_note import KEYWORD, attack_before, attack_note
from demo.photos.uploads import open_photo
from tkml_core.step_generators import drain


def test_a_saved_photo_is_known_again_and_its_pixels_are_the_same(photos: dict[str, Path], tmp_path: Path) -> None:
    plan = plan_for(photos["cat"], AttackRequest("voc20", 1, "TkML-AP-U", ["cat"], max_steps=1))
    outcome, path = drain(run_here(plan)), tmp_path / "saved.png"
    path.write_bytes(outcome.png)
    assert attack_before(path) == "TkML-AP-U on voc20, k = 1"
    assert torch.equal(plan.annotator.prepare(open_photo(path)), outcome.x_adv.cpu())
    assert attack_before(photos["cat"]) == "" and attack_before(tmp_path / "gone.png") == ""


@pytest.mark.parametrize("said", ["<b>x</b>", "x" * 101, "a\nb", "", "é"])
def test_a_note_that_is_none_of_ours_is_not_told(tmp_path: Path, said: str) -> None:
    info = PngInfo()
    info.add_text(KEYWORD, said)
    Image.new("RGB", (40, 40)).save(tmp_path / "odd.png", pnginfo=info)
    assert attack_before(tmp_path / "odd.png") == ""


def test_a_note_is_looked_for_at_the_start_only_and_a_broken_file_has_none(tmp_path: Path) -> None:
    path = tmp_path / "long.png"
    info = attack_note("CW^k", "voc20", 3)
    Image.new("RGB", (40, 40)).save(path, pnginfo=info)
    whole = path.read_bytes()
    assert attack_before(path) == "CW^k on voc20, k = 3"
    path.write_bytes(whole[:33] + b"\xff\xff\xff\xfftEXt" + whole[33:])  # a length that leads out of the file
    assert attack_before(path) == ""
    path.write_bytes(whole[:60])
    assert attack_before(path) == ""
