"""Weights on disk: float16 safetensors, which cannot carry code."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from tkml_core.zoo.checksums import fill_exactly, record, tensors

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "weights"  # of what is bundled


def save_weights(network: nn.Module, path: Path, notes: dict[str, str], more: dict[str, Tensor] | None = None) -> None:
    """Write the parameters, and `more` beside them, as float16, with `notes` in the header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = network.state_dict() | (more or {})
    half = {name: value.detach().to(torch.float16).contiguous() for name, value in state.items()}
    save_file(half, path, metadata=notes)
    record(path)


def load_weights(network: nn.Module, path: Path) -> nn.Module:
    """Fill `network` (float32) from a file that `save_weights` wrote. In place; ValueError where it is another file."""
    return fill_exactly(network, {name: value.float() for name, value in tensors(path).items()}, path.name)
