"""Files of tensors that come with this project, read only as they were bundled: their SHA-256 stands in SHA256SUMS beside them.

`sha256sum -c SHA256SUMS`, in their folder, checks them by hand.
"""

import hashlib
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

SUMS = "SHA256SUMS"


def sums_in(folder: Path) -> dict[str, str]:
    """SHA-256 in hexadecimal by file name; none where the folder has no list."""
    path = folder / SUMS
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines) if name}


def tensors(path: Path) -> dict[str, Tensor]:
    """What the file holds. FileNotFoundError where it is not there; ValueError where it is not the one that was bundled.

    A file that no list names, such as one that was trained just now, is not compared with anything.
    """
    content = path.read_bytes()
    expected = sums_in(path.parent).get(path.name)
    found = hashlib.sha256(content).hexdigest()
    if expected and found != expected:
        raise ValueError(
            f"The file {path.name} is not the one that came with this project: its SHA-256 begins with {found[:12]}, and "
            f"{SUMS} beside it says {expected[:12]}. Fetch it again, or, if it was changed on purpose, write its new sum there."
        )
    try:
        return load(content)
    except SafetensorError as error:
        raise ValueError(
            f"The file {path.name} is cut off or no safetensors file ({error}). Fetch it again."
        ) from error


def fill_exactly(network: nn.Module, state: dict[str, Tensor], name: str) -> nn.Module:
    """Load `state` into the network, in place. ValueError where a tensor is missing, left over or of another shape."""
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        first = " ".join(str(error).split())[:200]
        raise ValueError(f"The tensors in {name} do not fit the network: {first}. Fetch the file again.") from error
    return network


def record(path: Path) -> None:
    """Write the sum of a file that was made just now into the list beside it, where there is one."""
    sums = sums_in(path.parent)
    if (path.parent / SUMS).is_file():
        sums[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        write_sums(path.parent, sums)


def write_sums(folder: Path, sums: dict[str, str]) -> None:
    text = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
    (folder / SUMS).write_text(text, encoding="utf-8")
