"""What an attack is asked for, and what the annotator answers: told in a sentence where nothing can come of it."""

import torch
from torch import Tensor

from tkml_core.annotator import Annotator
from tkml_core.goals import Goal
from tkml_core.images import check_pixels


def check_asked(annotator: Annotator, x: Tensor, goal: Goal) -> None:
    """ValueError unless these are an annotator, images that it may be shown, and a goal about its labels."""
    if not isinstance(annotator, Annotator):
        raise ValueError(
            f"An Annotator is expected; got {type(annotator).__name__}. tk.Annotator(module, labels) makes one of a module."
        )
    check_pixels(x)
    if goal.true.shape[1] != len(annotator.labels):
        raise ValueError(
            f"The goal is about {goal.true.shape[1]} labels, and the annotator has {len(annotator.labels)}. "
            "annotator.mask(names) makes masks that fit."
        )


@torch.no_grad()
def scores_of(annotator: Annotator, x: Tensor) -> Tensor:
    """Logits (B,m) of images (B,3,H,W), without a graph. ValueError where no attack can go on from them."""
    try:
        logits = annotator(x)
    except RuntimeError as error:
        parameter = next(annotator.module.parameters(), x)
        if parameter.dtype == x.dtype:
            raise
        raise _two_types("weights", parameter, x) from error
    if not bool(torch.isfinite(logits).all()):
        raise ValueError("The annotator gives NaN or infinite scores for these images, which no attack can rank.")
    if logits.dtype != x.dtype:
        raise _two_types("scores", logits, x)
    return logits


def _two_types(what: str, found: Tensor, x: Tensor) -> ValueError:
    return ValueError(
        f"The annotator's {what} are {found.dtype} and the images {x.dtype}; both need the same type. Convert the images, "
        "or the module, with .float() or .double(), or what it returns."
    )


def check_graph(logits: Tensor) -> None:
    """ValueError unless the scores, of images that ask for a gradient, can have one."""
    if not logits.requires_grad:
        raise ValueError(
            "The scores have no gradient by the image: the module cuts the graph (by no_grad, detach or NumPy), or this "
            "runs under torch.inference_mode(). BlackBox is the attack that needs no gradient."
        )
