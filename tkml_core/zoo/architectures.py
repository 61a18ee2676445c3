"""Networks by name, with as many outputs as there are labels and random weights: torchvision's, timm's, transformers'."""

import contextlib
import difflib
import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from torch import Tensor, nn

from tkml_core.images import InputSize

# Those with a learned place for each patch take one size, which they are told.
_SIZED = re.compile(r"vit_|maxvit")


class Source(NamedTuple):
    """Where architectures come from.

    check: ValueError where there is no such architecture, or not for that size; it builds nothing.
    labels: names of the outputs, where the architecture's folder states them.
    build: the network with random weights, or with its folder's.
    """

    check: Callable[[str, InputSize], None]
    labels: Callable[[str], tuple[str, ...]]
    build: Callable[[str, int, InputSize], nn.Module]


def build(source: str, architecture: str, outputs: int, size: InputSize) -> nn.Module:
    """The network, in float32, from normalized pixels (B,3,H,W) to (B,outputs)."""
    return SOURCES[source].build(architecture, outputs, size)


def _optional(package: str, source: str) -> ModuleType:
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ValueError(
            f"{source}: needs the package {package}, which is not installed: pip install {package}."
        ) from error


def _unnamed(architecture: str) -> tuple[str, ...]:
    return ()


# ---- torchvision ----------------------------------------------------------------------------------------------------


def _check_torchvision(architecture: str, size: InputSize) -> None:
    from torchvision import models  # late: torchvision takes a second, and most annotators do without

    names = models.list_models(module=models)
    if architecture not in names:
        near = ", ".join(difflib.get_close_matches(architecture, names, 3)) or "resnet50, convnext_tiny, vit_b_16"
        raise ValueError(f"torchvision has no network {architecture!r} for classification; near are {near}.")
    if _SIZED.match(architecture) and size.fit == "whole":
        raise ValueError(f"{architecture} takes squares of one size: input_size should be one number.")


def _build_torchvision(architecture: str, outputs: int, size: InputSize) -> nn.Module:
    from torchvision import models

    options: dict[str, Any] = {}
    if architecture.startswith("vit_"):
        options["image_size"] = size.short
    if architecture.startswith("maxvit"):
        options["input_size"] = (size.short, size.short)
    if architecture in ("inception_v3", "googlenet"):
        options |= {"aux_logits": False, "init_weights": False}
    return models.get_model(architecture, weights=None, num_classes=outputs, **options)


# ---- timm -----------------------------------------------------------------------------------------------------------


def _check_timm(architecture: str, size: InputSize) -> None:
    timm = _optional("timm", "timm")
    if not timm.is_model(architecture):  # also keeps out hf-hub: and local-dir: names, which fetch or read elsewhere
        near = (
            ", ".join(difflib.get_close_matches(architecture, timm.list_models(), 3)) or "timm.list_models() names all"
        )
        raise ValueError(f"timm has no network {architecture!r}; near are {near}.")


def _build_timm(architecture: str, outputs: int, size: InputSize) -> nn.Module:
    timm = _optional("timm", "timm")
    if size.fit != "whole":
        with contextlib.suppress(TypeError):  # convolutional networks take no such option, and need none
            return timm.create_model(architecture, pretrained=False, num_classes=outputs, img_size=size.short)
    return timm.create_model(architecture, pretrained=False, num_classes=outputs)


# ---- transformers ---------------------------------------------------------------------------------------------------


class _OfLogits(nn.Module):
    """A transformers network that gives its logits alone."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network(pixel_values=x).logits


def _config(folder: str) -> dict[str, Any]:
    path = Path(folder) / "config.json"
    if not path.is_file():
        raise ValueError(f"there is no {path}: hf: expects a folder that save_pretrained wrote. Nothing is fetched.")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}.") from error
    return found if isinstance(found, dict) else {}


def _check_hf(folder: str, size: InputSize) -> None:
    _config(folder)
    _optional("transformers", "hf")


def _labels_hf(folder: str) -> tuple[str, ...]:
    names = _config(folder).get("id2label") or {}
    return tuple(str(names[key]) for key in sorted(names, key=int))


def _build_hf(folder: str, outputs: int, size: InputSize) -> nn.Module:
    transformers = _optional("transformers", "hf")
    network = transformers.AutoModelForImageClassification.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False, use_safetensors=True
    )
    return _OfLogits(network.float())


SOURCES: dict[str, Source] = {
    "torchvision": Source(_check_torchvision, _unnamed, _build_torchvision),
    "timm": Source(_check_timm, _unnamed, _build_timm),
    "hf": Source(_check_hf, _labels_hf, _build_hf),
}
