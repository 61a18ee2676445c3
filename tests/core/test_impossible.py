"""What nothing can come of is said in a sentence, whichever attack is asked."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch
from oracles import linear
from PIL import Image
from test_every_attack import EVERY, SHORT, run_of, short
from torch import Tensor, nn

import tkml_core as tk

GRADIENTS = pytest.mark.parametrize("name", [name for name in SHORT if name != "BlackBox"])


class Around(nn.Module):
    """Another network with something done to its scores."""

    def __init__(self, inner: nn.Module, change: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.inner, self.change = inner, change

    def forward(self, x: Tensor) -> Tensor:
        return self.change(self.inner(x))


def around(annotator: tk.Annotator, change: Callable[[Tensor], Tensor]) -> tk.Annotator:
    return tk.Annotator(Around(annotator.module, change), annotator.labels)


def pooled(m: int) -> nn.Module:
    """A network whose weights and images must be of one type."""
    return nn.Sequential(nn.Conv2d(3, m, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())


@EVERY
def test_a_module_in_place_of_its_annotator(name: str) -> None:
    annotator, x, goal = run_of(name)
    with pytest.raises(ValueError, match=r"Annotator is expected; got Linear.*tk\.Annotator"):
        short(name).steps(annotator.module, x, goal)  # type: ignore[arg-type]


@EVERY
def test_images_of_another_type(name: str) -> None:
    annotator, x, goal = run_of(name)
    for given, got in ((x.numpy(), "ndarray"), (x.bfloat16(), "bfloat16"), (x.half(), "float16")):
        with pytest.raises(ValueError, match=rf"float32 or float64.*{got}"):
            short(name).steps(annotator, given, goal)  # type: ignore[arg-type]
    single = tk.Annotator(pooled(6), annotator.labels)
    with pytest.raises(ValueError, match=r"weights are torch\.float32 and the images torch\.float64"):
        short(name)(single, x, goal)
    with pytest.raises(ValueError, match=r"scores are torch\.bfloat16.*both need the same type"):
        short(name)(around(annotator, Tensor.bfloat16), x, goal)


@EVERY
def test_a_goal_about_other_labels(name: str) -> None:
    _, x, goal = run_of(name)
    annotator, _ = linear(7, 9)
    with pytest.raises(ValueError, match=r"about 6 labels, and the annotator has 9"):
        short(name).steps(annotator, x, goal)


@EVERY
def test_scores_that_are_no_numbers(name: str) -> None:
    annotator, x, goal = run_of(name)
    with pytest.raises(ValueError, match=r"annotator.*NaN"):
        short(name)(around(annotator, lambda scores: scores * torch.nan), x, goal)


@GRADIENTS
def test_scores_without_a_gradient(name: str) -> None:
    annotator, x, goal = run_of(name)
    with pytest.raises(ValueError, match=r"no gradient.*BlackBox"):
        short(name)(around(annotator, Tensor.detach), x, goal)
    with pytest.raises(ValueError, match=r"inference_mode"), torch.inference_mode():
        short(name)(annotator, x, goal)


def test_scores_alone_need_no_gradient() -> None:
    annotator, x, goal = run_of("BlackBox")
    found = short("BlackBox")(around(annotator, Tensor.detach), x, goal)
    assert torch.equal(found.x_adv, short("BlackBox")(annotator, x, goal).x_adv)


@EVERY
def test_images_that_ask_for_a_gradient_are_images(name: str) -> None:
    annotator, x, goal = run_of(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        steps = short(name).steps(annotator, x.clone().requires_grad_(), goal)
        assert not next(steps).x_adv.requires_grad


def test_label_names_are_a_list() -> None:
    annotator = tk.Annotator(pooled(2), ["cat", "dog"])
    for ask in (annotator.mask, annotator.places):
        with pytest.raises(ValueError, match=r"list.*\['cat'\]"):
            ask("cat")


@pytest.mark.parametrize(
    ("scores", "true", "words"),
    [
        (torch.zeros(4), torch.ones(1, 4).bool(), r"\(B,m\).*\(4,\)"),
        (torch.zeros(1, 4), [["cat"]], "bool mask.*list"),
        (torch.zeros(1, 4), np.ones((1, 4), bool), "bool mask.*ndarray"),
        (torch.zeros(2, 4), torch.ones(3, 4).bool(), r"\(2, 4\) and \(3, 4\)"),
    ],
)
def test_masks_that_do_not_fit_the_scores(scores: Tensor, true: Tensor, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tk.choose_targets("best", scores, true, 1)


@pytest.mark.parametrize("size", [(0, 10), (10, 0), (0, 0)])
def test_an_image_without_pixels(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at least 32 pixels"):
        tk.prepare(Image.new("RGB", size))
