"""A change carried to the photo's own size: exact where the resize is linear, and annotated as attacked on real photos."""

from pathlib import Path

import numpy as np
import pytest
import skimage
import torch
from PIL import Image
from test_attacks_photos import annotator, guessed_truth, near

import tkml_core as tk
from tkml_core import full_size as module
from tkml_core.full_size import full_size, lift

DATA = Path(skimage.__file__).parent / "data"


@pytest.mark.parametrize(("large", "small"), [(448, 224), (451, 337), (1000, 137), (337, 337), (100, 224)])
def test_what_is_lifted_comes_back_and_is_the_shortest_that_does(large: int, small: int) -> None:
    up = lift(large, small).double()
    down = torch.cat([module._strip(large, small, at) for at in range(0, large, module._STRIP)]).T
    z = torch.randn(small, 3, generator=torch.Generator().manual_seed(1)).double()
    if large >= small:
        torch.testing.assert_close(down @ (up @ z), z, rtol=0, atol=1e-4)
    torch.testing.assert_close(up, torch.linalg.pinv(down), rtol=0, atol=1e-4)  # the shortest, or the nearest
    line = np.random.default_rng(0).random((1, large), dtype=np.float32)
    resized = np.array(Image.fromarray(line).resize((small, 1), Image.Resampling.BILINEAR))
    np.testing.assert_allclose(down.numpy() @ line[0], resized[0], atol=1e-5)


@pytest.mark.parametrize(("name", "ratio"), [("chelsea.png", 1.34), ("astronaut.png", 2.7)])
def test_the_large_photo_is_annotated_as_attacked(name: str, ratio: float) -> None:
    """Worst case: a win by a hair, at ratios that are no whole numbers."""
    own, photo = near("voc20"), Image.open(DATA / name).convert("RGB")
    short = ratio * own.input_size.short / min(photo.size)
    photo = photo.resize([round(side * short) for side in photo.size], Image.Resampling.BICUBIC)
    x = own.prepare(photo)
    goal = tk.Cleared(true=guessed_truth(own(x)), k=3)
    small = tk.TkMLAPU()(own, x, goal)
    large = full_size(own, photo, small.x_adv, goal)
    assert large.achieved and large.image.size == photo.size and large.image.mode == "RGB"
    again = own(own.prepare(large.image))
    assert goal.margin(again).item() <= -1e-3 and torch.equal(again, large.logits)
    change = np.array(large.image).astype(float) - np.array(photo)
    assert large.l2 == pytest.approx(np.linalg.norm(change), rel=1e-4) and large.linf == np.abs(change).max()
    assert small.norm.item() < large.l2 < 4 * ratio * small.norm.item()  # the shortest is 1 to √3 in each direction


def test_a_change_of_another_photo_is_refused_and_what_cannot_be_had_is_said() -> None:
    own, photo = annotator("voc20"), Image.open(DATA / "chelsea.png").convert("RGB")
    x = own.prepare(photo)
    true = guessed_truth(own(x))
    with pytest.raises(ValueError, match=r"has \(1, 3, 288, 433\)"):
        full_size(own, photo, x[:, :, :, 1:], tk.Cleared(true=true, k=3))
    unchanged = full_size(own, photo, x, tk.Cleared(true=true, k=3))
    assert not unchanged.achieved and unchanged.l2 == 0
