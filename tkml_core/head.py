"""The linear head of a network: its logits are W f + b, with f the features, which its last layer is given."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from tkml_core.outputs import unwrapped


@runtime_checkable
class HasHead(Protocol):
    """A network whose last linear map is no `nn.Linear`, or comes from a network inside, says which it is."""

    def head_weight(self, x: Tensor) -> Tensor | None: ...


def head_weight(network: nn.Module, x: Tensor) -> Tensor | None:
    """W (m,d), or None where the logits are not what an `nn.Linear` returned. x: images to try the network with.

    What counts is that the very tensor that the layer made is returned: a network that does anything to it afterwards has no
    linear head. Compiled networks (TorchScript) do not show their layers, and so have none.
    """
    if isinstance(network, HasHead):
        return network.head_weight(x)
    with torch.no_grad(), _Linears() as linears:
        logits = unwrapped(network(x.clone()))
    return next((weight for made, weight in reversed(linears.seen) if made is logits), None)


class _Linears(TorchFunctionMode):
    """Notes every linear map that this thread takes: what it made, and its weight."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[Tensor, Tensor]] = []

    def __torch_function__(
        self, func: Any, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        if func is nn.functional.linear:
            self.seen.append((made, args[1]))
        return made
