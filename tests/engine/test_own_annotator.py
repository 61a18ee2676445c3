"""An annotator of one's own, from a TOML file that TKML_ANNOTATORS names, through what page and endpoints share."""

from pathlib import Path

import pytest
import torch
from conftest import to_the_end
from safetensors.torch import save_file
from torchvision import models

import tkml_core as tk
from demo.engine.annotators import annotate_photo, load_annotator
from demo.engine.loop import run_here
from demo.engine.plan import AttackRequest, plan_for

LABELS = ["tulip", "cat", "<b>bold</b>", "kite"]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    torch.manual_seed(1)
    network = models.shufflenet_v2_x0_5(weights=None, num_classes=len(LABELS))
    save_file(network.state_dict(), tmp_path / "net.safetensors")
    (tmp_path / "flowers.toml").write_text(
        f"""
        architecture = "torchvision:shufflenet_v2_x0_5"
        weights = "net.safetensors"
        labels = {LABELS}
        input_size = 64
        mean = [0.5, 0.5, 0.5]
        std = [0.5, 0.5, 0.5]
        """
    )
    monkeypatch.setenv("TKML_ANNOTATORS", str(tmp_path / "flowers.toml"))
    return "flowers"


def test_it_annotates_and_is_attacked_at_its_own_size(own: str, photos: dict[str, Path]) -> None:
    shown = annotate_photo(photos["cat"], own, 4)
    assert sorted(label for label, _ in shown) == sorted(LABELS)
    plan = plan_for(photos["cat"], AttackRequest(own, 1, "TkML-AP-U", [shown[0][0]], max_steps=50))
    assert plan.photo.x.shape == (1, 3, 64, 64)
    _, outcome = to_the_end(run_here(plan))
    assert outcome.report["annotator"] == own and outcome.report["before"][0][0] == shown[0][0]
    assert outcome.x_adv.shape == (1, 3, 64, 64) and outcome.report["steps"] > 0
    assert load_annotator(own) is load_annotator(own) and own in tk.available()


def test_one_that_is_not_named_is_not_read_from_a_request(tmp_path: Path) -> None:
    for name in (str(tmp_path / "x.toml"), "os:getcwd", "voc20+jpeg"):
        with pytest.raises(ValueError, match="annotator"):
            load_annotator(name)
