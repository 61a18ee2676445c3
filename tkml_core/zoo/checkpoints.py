"""Other people's checkpoints into a network, by name and shape: `python -m tkml_core.zoo.checkpoints --help`.

Wrapped dictionaries, prefixes and replaced heads are undone; whatever then does not fit is listed, never passed over.
"""

import argparse
import pickle
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

WRAPPERS = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "state_dict_ema",
    "model_ema",
    "model",
    "network",
    "net",
    "weights",
)
PREFIXES = ("module.", "_orig_mod.", "model.", "network.", "net.")
TRAINING_HEADS = ("AuxLogits.", "aux_classifier.")  # torchvision's, which help in training alone
LISTED = 8  # keys at most of each kind in an error


@dataclass(frozen=True)
class Report:
    """What became of a checkpoint's tensors: how many were filled in, which under another name, which were left out."""

    filled: int
    renamed: tuple[tuple[str, str], ...]  # key in the checkpoint, key in the network
    left_out: tuple[str, ...]  # a training head that the network does without in use

    def __str__(self) -> str:
        lines = [f"{self.filled} tensors filled in."]
        lines += [f"  {old} is taken for {new}" for old, new in self.renamed]
        if self.left_out:
            lines.append(f"  left out, as only training needs them: {_some(self.left_out)}")
        return "\n".join(lines)


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors file, or of one that torch.save wrote; no code in it is run.

    ValueError where it holds anything that only unpickling could read, or no tensors.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, SafetensorError) as error:
        raise ValueError(
            f"{path} cannot be read as tensors alone. Files that pickle whole networks can run any code and are not opened; "
            "where the network was trained, save it with torch.save(network.state_dict(), path)."
        ) from error
    return _unprefixed(_unwrapped(found, path))


def _unwrapped(found: Any, path: Path) -> dict[str, Tensor]:
    """The dictionary of tensors, which checkpoints keep beside optimizers and counters."""
    for _ in range(3):
        inner = (
            next((found[key] for key in WRAPPERS if isinstance(found.get(key), Mapping)), None)
            if isinstance(found, Mapping)
            else None
        )
        if inner is None:
            break
        found = inner
    state = {str(k): v for k, v in found.items() if isinstance(v, Tensor)} if isinstance(found, Mapping) else {}
    if not state:
        keys = f"; its keys are {_some(tuple(map(str, found)))}" if isinstance(found, Mapping) else ""
        raise ValueError(f"{path} holds no dictionary of tensors, as network.state_dict() gives one{keys}.")
    return state


def _unprefixed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without what DataParallel, compilation and Lightning put before every name."""
    while prefix := next((p for p in PREFIXES if all(key.startswith(p) for key in state)), ""):
        state = {key.removeprefix(prefix): value for key, value in state.items()}
    return state


def fill(network: nn.Module, state: Mapping[str, Tensor], name: str = "The checkpoint") -> Report:
    """Load `state` into the network, in place. ValueError listing what is missing, left over or of another shape."""
    own = network.state_dict()
    given = {key: value for key, value in state.items() if not key.startswith(TRAINING_HEADS) or key in own}
    left_out = tuple(key for key in state if key not in given)
    renamed = _renamed_head(own, given)
    for old, new in renamed:
        given[new] = given.pop(old)
    counters = {key for key in own if key.endswith("num_batches_tracked")}
    missing = [key for key in own if key not in given and key not in counters]
    over = [key for key in given if key not in own]
    shapes = [
        f"{key} {tuple(given[key].shape)} for {tuple(value.shape)}"
        for key, value in own.items()
        if key in given and given[key].shape != value.shape
    ]
    kinds = (("missing", missing), ("not known to the network", over), ("of another shape", shapes))
    wrong = [f"{len(some)} {kind}: {_some(some)}" for kind, some in kinds if some]
    if wrong:
        raise ValueError(f"{name} does not fit the network: {'; '.join(wrong)}.")
    network.load_state_dict({key: value.to(own[key].dtype) for key, value in given.items()}, strict=False)
    return Report(len(given), tuple(renamed), left_out)


def _renamed_head(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> list[tuple[str, str]]:
    """Pairs for a head that was replaced, such as fc.1.weight for fc.weight: the one layer of that shape that is left over."""
    missing = [key for key in own if key not in given and key.endswith(".weight")]
    if len(missing) != 1:
        return []
    head = missing[0].removesuffix("weight")
    over = [
        key for key in given if key not in own and key.endswith(".weight") and given[key].shape == own[missing[0]].shape
    ]
    if len(over) != 1:
        return []
    old = over[0].removesuffix("weight")
    return [(old + part, head + part) for part in ("weight", "bias") if old + part in given and head + part in own]


def _some(keys: list[str] | tuple[str, ...]) -> str:
    return ", ".join(keys[:LISTED]) + (f" and {len(keys) - LISTED} more" if len(keys) > LISTED else "")


def convert(path: Path, annotator: str, out: Path) -> Report:
    """Write the checkpoint at `path` as `out` (.safetensors, float32), as `tk.load(annotator, weights=out)` reads it."""
    from tkml_core.zoo.paper_networks import NETWORKS

    network = NETWORKS[annotator].build_network()
    report = fill(network, read(path), str(path))
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, out, metadata={"from": path.name})
    return report


def main(argv: list[str] | None = None) -> int:
    from tkml_core.zoo.paper_networks import NETWORKS

    parser = argparse.ArgumentParser(prog="python -m tkml_core.zoo.checkpoints", description=__doc__)
    parser.add_argument(
        "checkpoint", type=Path, help=".pth, .pt or .safetensors, such as the paper's authors' code saves"
    )
    parser.add_argument("--annotator", required=True, choices=NETWORKS)
    parser.add_argument("--out", type=Path, required=True, help="file to write, .safetensors")
    args = parser.parse_args(argv)
    try:
        print(convert(args.checkpoint, args.annotator, args.out))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"wrote {args.out}: tk.load({args.annotator!r}, weights={str(args.out)!r})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
