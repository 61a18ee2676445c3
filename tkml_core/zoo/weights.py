"""Weights on disk: float16 safetensors, which cannot carry code."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn


def save_weights(network: nn.Module, path: Path, notes: dict[str, str], more: dict[str, Tensor] | None = None) -> None:
    """Write the parameters, and `more` beside them, as float16, with `notes` in the header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = network.state_dict() | (more or {})
    half = {name: value.detach().to(torch.float16).contiguous() for name, value in state.items()}
    save_file(half, path, metadata=notes)


def load_weights(network: nn.Module, path: Path) -> nn.Module:
    """Fill `network` (float32) from a file that `save_weights` wrote. In place."""
    network.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    return network
