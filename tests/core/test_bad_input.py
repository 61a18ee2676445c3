"""Every bad input is a ValueError that names the value."""

import dataclasses
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
import torch
from oracles import linear, mask_of
from torch import Tensor

import tkml_core as tk
from tkml_core.attacks.common.batch import BatchState
from tkml_core.attacks.universal.base import Universal

M = 5
Y = mask_of({0, 1}, M)
T = mask_of({3, 4}, M)


def rows(*sets: set[int]) -> Tensor:
    return torch.cat([mask_of(s, M) for s in sets])


def order(*labels: list) -> Tensor:  # type: ignore[type-arg]
    return torch.tensor(labels)


GOALS: dict[str, tuple[Callable[[], Any], str]] = {
    "k = 0": (lambda: tk.Cleared(true=Y, k=0), "k = 0.*1 ≤ k < m.*5"),
    "k < 0": (lambda: tk.Inconsistent(true=Y, k=-3), "k = -3"),
    "k = m": (lambda: tk.Inconsistent(true=Y, k=5), "k = 5.*m = 5"),
    "k > m": (lambda: tk.Cleared(true=Y, k=9), "k = 9"),
    "k no number": (lambda: tk.Cleared(true=Y, k=2.0), r"k = 2\.0"),  # type: ignore[arg-type]
    "k a bool": (lambda: tk.Cleared(true=Y, k=True), "k = True"),
    "no true label": (lambda: tk.Cleared(true=rows({0}, set()), k=2), "Image 1 has no true label"),
    "all labels true": (
        lambda: tk.Inconsistent(true=rows({0}, set(range(5))), k=2),
        "All 5 labels of image 1 are true",
    ),
    "too few others": (lambda: tk.Cleared(true=rows({0}, {0, 1, 2}), k=3), "Image 1 has only 2 labels.*top-3"),
    "a mask of numbers": (lambda: tk.Cleared(true=Y.float(), k=2), "true must be a bool mask.*float32"),
    "a mask of integers": (lambda: tk.Targeted(targets=T.long(), true=Y), "targets must be a bool mask.*int64"),
    "a mask of one axis": (lambda: tk.Inconsistent(true=Y[0], k=2), r"\(5,\)"),
    "a mask of no rows": (lambda: tk.Cleared(true=Y[:0], k=2), "true has no row"),
    "a list": (lambda: tk.Inconsistent(true=[[True, False]], k=1), "list"),  # type: ignore[arg-type]
    "targets overlap truth": (lambda: tk.Targeted(targets=rows({3}, {1}), true=Y), "Label 1 of image 1 is both"),
    "|targets| ≠ k": (lambda: tk.Targeted(targets=T, true=Y, k=3), "2 targets and k = 3"),
    "unequal counts": (lambda: tk.Targeted(targets=rows({3}, {3, 4}), true=Y), r"\[1, 2\]"),
    "no target": (lambda: tk.Targeted(targets=rows(set()), true=Y), "No target label"),
    "targets of other m": (lambda: tk.Targeted(targets=mask_of({3}, 4), true=Y), r"\(1, 4\).*\(1, 5\)"),
    "targets of other B": (
        lambda: tk.Targeted(targets=rows({3}, {4}), true=rows({0}, {0}, {0})),
        r"\(2, 5\).*\(3, 5\)",
    ),
    "targets, no truth": (lambda: tk.Targeted(targets=T, true=rows(set())), "Image 0 has no true label"),
    "targets, all true": (lambda: tk.Targeted(targets=T, true=rows(set(range(5)))), "All 5 labels of image 0"),
    "order of masks": (lambda: tk.Ordered(targets=T, true=Y), r"label indices.*bool"),  # type: ignore[arg-type]
    "order of numbers": (lambda: tk.Ordered(targets=order([3.0, 4.0]), true=Y), "label indices.*float32"),
    "order of one axis": (lambda: tk.Ordered(targets=order([3, 4])[0], true=Y), r"label indices.*\(2,\)"),
    "order as a list": (lambda: tk.Ordered(targets=[[3, 4]], true=Y), "label indices.*list"),  # type: ignore[arg-type]
    "order of nothing": (lambda: tk.Ordered(targets=order([]).long(), true=Y), "No target label"),
    "order with a label twice": (lambda: tk.Ordered(targets=order([3, 4], [2, 2]), true=Y), "Label 2 .*twice.*image 1"),
    "order beyond the labels": (
        lambda: tk.Ordered(targets=order([3, 5]), true=Y),
        "Target 2 of image 0 is label 5.*0 to 4",
    ),
    "order below the labels": (lambda: tk.Ordered(targets=order([3, -1]), true=Y), "label -1"),
    "order overlaps truth": (lambda: tk.Ordered(targets=order([3, 4], [3, 1]), true=Y), "Label 1 of image 1 is both"),
    "order of all labels": (lambda: tk.Ordered(targets=order([0, 1, 2, 3, 4]), true=Y), "k = 5"),
    "order, other B": (lambda: tk.Ordered(targets=order([3], [4]), true=rows({0}, {0}, {0})), r"\(2, 1\).*\(3, 5\)"),
    "order, mask of numbers": (lambda: tk.Ordered(targets=order([3]), true=Y.long()), "true must be a bool mask"),
    "hide and keep a label": (lambda: tk.Hide(hide=rows({3}, {0}), keep=Y, k=2), "Label 0 of image 1 .*hidden.*kept"),
    "nothing to hide": (lambda: tk.Hide(hide=rows({3}, set()), keep=Y, k=2), "Image 1 has no label to hide"),
    "hide too many": (lambda: tk.Hide(hide=rows({0, 1, 2}), keep=rows(set()), k=3), "only 2 labels.*top-3.*k ≤ 2"),
    "hide, no mask": (lambda: tk.Hide(hide=T.long(), keep=Y, k=2), "hide must be a bool mask"),
    "keep, no mask": (lambda: tk.Hide(hide=T, keep=Y[0], k=2), "keep must be a bool mask"),
    "hide of other m": (lambda: tk.Hide(hide=mask_of({3}, 4), keep=Y, k=2), r"\(1, 4\).*\(1, 5\)"),
    "hide, other B": (lambda: tk.Hide(hide=rows({3}, {4}), keep=rows({0}, {0}, {0}), k=2), r"\(2, 5\).*\(3, 5\)"),
    "hide, true of other B": (lambda: tk.Hide(hide=rows({3}, {4}), keep=Y, k=2, true=rows({0}, {0}, {0})), r"\(3, 5\)"),
    "hide, true of other m": (lambda: tk.Hide(hide=T, keep=Y, k=2, true=mask_of({0}, 4)), r"\(1, 4\)"),
    "hide, k = m": (lambda: tk.Hide(hide=T, keep=Y, k=5), "k = 5"),
    "every label a target": (lambda: tk.Targeted(targets=rows(set(range(5))), true=Y), "k = 5"),
}


@pytest.mark.parametrize("name", GOALS)
def test_goals(name: str) -> None:
    make, words = GOALS[name]
    with pytest.raises(ValueError, match=words):
        make()


SETTINGS: dict[str, list[object]] = {
    "max_steps": [-1, 2.5, True, "many"],
    "step": [0.0, -0.1, float("inf"), float("nan")],
    "beta": [-0.01, 1e99, float("inf"), float("nan")],
    "lambda_0": [99999.0, float("inf"), float("nan")],
    "score_space": ["odds", ""],
    "patience": [0, -1, 2.5, True],
    "overshoot": [-0.1, 1e99, float("inf"), float("nan")],
    "searches": [0, -1, 2.5, True],
    "constant": [0.0, -1.0, 1e99, float("inf"), float("nan")],
    "rate": [0.0, -1.0, 1e99, float("inf"), float("nan")],
    "kappa": [-0.1, 1e99, float("inf"), float("nan")],
}


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        pytest.param(kind, name, value, id=f"{printed}-{name}-{value}")
        for printed, kind in tk.ATTACKS.items()
        for name, values in SETTINGS.items()
        for value in values
        if name in {field.name for field in fields(kind)}
        # epochs, where 0 is: to the end
        and not (name == "patience" and value == 0 and issubclass(kind, Universal))
    ],
)
def test_settings(kind: type, name: str, value: object) -> None:
    """Each attack refuses what is wrong with the settings it has, and knows no others."""
    if name not in {field.name for field in dataclasses.fields(kind)}:
        with pytest.raises(TypeError, match=name):
            kind(**{name: value})
        return
    with pytest.raises(ValueError, match=re.escape(f"{name} = {value!r}")):
        kind(**{name: value})


def attack_on(x: Tensor, goal: tk.Goal | None = None, attack: Any = None) -> None:
    annotator, _ = linear(0, M, side=8)
    (attack or tk.TkMLAPU())(annotator, x, goal or tk.Inconsistent(true=Y, k=2))


def grey(value: float = 0.5, images: int = 1) -> Tensor:
    return torch.full((images, 3, 8, 8), value, dtype=torch.float64)


def spoiled(value: float) -> Tensor:
    x = grey()
    x[0, 1, 2, 3] = value
    return x


PIXELS: dict[str, tuple[Tensor, str]] = {
    "NaN": (spoiled(float("nan")), "NaN"),
    "infinite": (spoiled(float("inf")), "infinite"),
    "above 1": (spoiled(1.5), r"0\.5 to 1\.5"),
    "below 0": (spoiled(-0.25), r"-0\.25 to 0\.5"),
    "0–255": (grey(200.0), "200.*255"),
    "whole numbers": (torch.zeros(1, 3, 8, 8, dtype=torch.uint8), "uint8"),
    "no batch axis": (grey()[0], r"\(3, 8, 8\)"),
    "grey only": (grey()[:, :1], r"\(1, 1, 8, 8\)"),
    "channels last": (grey().permute(0, 2, 3, 1), r"\(1, 8, 8, 3\)"),
    "no image": (grey()[:0], r"\(0, 3, 8, 8\)"),
}


@pytest.mark.parametrize("name", PIXELS)
def test_pixels(name: str) -> None:
    x, words = PIXELS[name]
    with pytest.raises(ValueError, match=words):
        attack_on(x)


def test_masks_that_do_not_fit_the_images_or_the_annotator() -> None:
    with pytest.raises(ValueError, match=r"3 rows.*2 images"):
        attack_on(grey(images=2), tk.Inconsistent(true=rows({0}, {0}, {0}), k=2))
    with pytest.raises(ValueError, match=r"4 labels.*5"):
        attack_on(grey(), tk.Inconsistent(true=mask_of({0}, 4), k=2))


def test_goals_that_an_attack_cannot_have() -> None:
    with pytest.raises(ValueError, match=r"TkML-AP-T.*Cleared"):
        attack_on(grey(), tk.Cleared(true=Y, k=2), tk.TkMLAPT())
    with pytest.raises(ValueError, match=r"TkML-AP-T.*Inconsistent"):
        attack_on(grey(), tk.Inconsistent(true=Y, k=2), tk.TkMLAPT())
    with pytest.raises(ValueError, match=r"TkML-AP-U.*Targeted"):
        attack_on(grey(), tk.Targeted(targets=T, true=Y), tk.TkMLAPU())
    with pytest.raises(ValueError, match=r"ML-AP is Targeted, not Ordered"):
        attack_on(grey(), tk.Ordered(targets=order([3, 4]), true=Y), tk.MLAP())
    with pytest.raises(ValueError, match=r"kFool is Cleared or Inconsistent, not Targeted"):
        attack_on(grey(), tk.Targeted(targets=T, true=Y), tk.KFool())
    with pytest.raises(ValueError, match=r"CW\^k is Ordered or Targeted, not Hide"):
        attack_on(grey(), tk.Hide(hide=Y, keep=T, k=2), tk.CWk())


def test_bad_input_is_refused_before_the_first_step_is_asked_for() -> None:
    """The page shows the sentence when the button is pressed, not when a frame is due."""
    annotator, x = linear(0, M, side=8)
    with pytest.raises(ValueError, match="Targeted"):
        tk.TkMLAPU().steps(annotator, x, tk.Targeted(targets=T, true=Y))
    with pytest.raises(ValueError, match="NaN"):
        tk.TkMLAPU().steps(annotator, spoiled(float("nan")), tk.Inconsistent(true=Y, k=2))


def test_a_module_that_breaks_says_so_itself() -> None:
    single = tk.Annotator(torch.nn.Conv2d(5, M, 3), [str(j) for j in range(M)])
    with pytest.raises(RuntimeError, match="channels"):
        tk.TkMLAPU()(single, grey().float(), tk.Inconsistent(true=Y, k=2))


def test_a_run_that_comes_to_nan_says_so() -> None:
    annotator, _ = linear(0, M, side=8)
    run = BatchState(annotator, grey(), tk.Inconsistent(true=Y, k=2))
    run.x_adv[:] = float("nan")
    with pytest.raises(ValueError, match="NaN or infinite"):
        seen = run.evaluate()
        run.record(seen, seen.norm, seen.norm)
