"""Annotators from published weights: what they compute, and fetching from a server on this machine."""

import hashlib
from pathlib import Path

import pytest
import torch
from conftest import publish
from torch import nn

import tkml_core as tk
from tkml_core.labels import VOC20
from tkml_core.zoo import fetch, published

BY_NAME = {one.name: one for one in published.PUBLISHED}


def test_a_file_is_fetched_once_with_progress(served: tuple[str, Path, list[str]]) -> None:
    address, folder, asked = served
    content, seen = bytes(range(256)) * 9000, []
    (folder / "w.pth").write_bytes(content)
    sha = hashlib.sha256(content).hexdigest()
    path = fetch.fetch(f"{address}/w.pth", sha[:8], lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == content and path.is_relative_to(folder.parent / "home")
    assert seen[-1] == (len(content), len(content)) and [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert fetch.fetch(f"{address}/w.pth", sha[:8]) == path and asked == ["/w.pth"]


def test_what_cannot_be_had_leaves_nothing_and_says_what_to_do(
    served: tuple[str, Path, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, folder, _ = served
    (folder / "w.pth").write_bytes(b"another file")
    with pytest.raises(FileNotFoundError, match=r"SHA-256 begins .* should begin 12345678.*put the file at .*w\.pth"):
        fetch.fetch(f"{address}/w.pth", "12345678")
    with pytest.raises(FileNotFoundError, match="404"):
        fetch.fetch(f"{address}/lost.pth", "00")
    monkeypatch.setattr(fetch, "MOST_BYTES", 5)
    with pytest.raises(FileNotFoundError, match="more than"):
        fetch.fetch(f"{address}/w.pth", hashlib.sha256(b"another file").hexdigest())
    with pytest.raises(FileNotFoundError, match="Where there is a network"):
        fetch.fetch("http://127.0.0.1:9/w.pth", "00")  # nobody listens there
    assert list((folder.parent / "home").rglob("*.p*")) == []


@pytest.mark.parametrize("name", ["lraspp-voc20", "ssdlite-coco80"])
def test_an_annotator_is_fetched_when_it_is_loaded(
    name: str, served: tuple[str, Path, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, asked = BY_NAME[name], served[2]
    publish(one, served, monkeypatch)
    assert name not in tk.available() and asked == []
    annotator = tk.load(name, device="cpu")
    assert annotator.labels == one.labels and len(asked) == 1
    x = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    logits = annotator(x)
    (gradient,) = torch.autograd.grad(logits[:, :3].sum(), x)
    assert logits.shape == (2, len(one.labels)) and torch.isfinite(logits).all() and gradient.abs().sum() > 0
    torch.testing.assert_close(annotator(x[:1])[0], logits[0], rtol=1e-3, atol=1e-4)


def test_log_odds_and_the_smooth_maximum_over_places() -> None:
    scores = torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    share = scores.softmax(2)
    torch.testing.assert_close(published.log_odds(scores), torch.log(share / (1 - share)))
    assert torch.isfinite(published.log_odds(torch.tensor([[[100.0, -100.0, 0.0]]]))).all()
    most, smooth = scores.amax(1), published.anywhere(scores)
    assert (smooth >= most).all() and (smooth <= most + torch.log(torch.tensor(5.0)) / published.SHARPNESS).all()


class Features(nn.Module):
    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"out": x}


def test_a_thing_at_any_place_is_named() -> None:
    """A segmentation network that sees its seventh class wherever a pixel is red."""
    network = nn.Module()
    network.backbone, network.classifier = Features(), nn.Conv2d(3, 21, 1)
    with torch.no_grad():
        network.classifier.weight.zero_()
        network.classifier.bias.zero_()
        network.classifier.weight[7, 0] = 10
    columns = [BY_NAME["lraspp-voc20"].described().meta["categories"].index(name) for name in VOC20]
    annotator = published.SegmentationAnnotator(network, columns)
    x = torch.zeros(1, 3, 8, 8)
    x[0, 0, 5, 2] = 1
    assert VOC20[int(annotator(x).argmax())] == "car"  # the seventh of VOC's classes, counted from 1
    torch.testing.assert_close(annotator(x), annotator(x.roll((2, 3), (2, 3))))


def test_every_label_is_among_the_networks_categories() -> None:
    for one in published.PUBLISHED:
        assert set(one.labels) <= set(one.described().meta["categories"]) and one.entry().optional
