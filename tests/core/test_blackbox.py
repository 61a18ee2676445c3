"""BlackBox sees scores only: no gradient is ever asked, every query is counted, on the grid and within the budget."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from conftest import concluded, to_the_end
from hypothesis import given
from hypothesis import strategies as st
from oracles import (
    Linear,
    cleared_optimum,
    inconsistent_optimum,
    linear,
    mask_of,
    repeatable,
    targeted_optimum,
    weights_of,
)
from torch import Tensor, nn

import tkml_core as tk
from tkml_core.attacks.blackbox.circles import Circles
from tkml_core.attacks.blackbox.draw import Draw, Square
from tkml_core.attacks.blackbox.sensitivity import Sensitivity
from tkml_core.attacks.blackbox.squares import share_at

M = 5


class Watched(nn.Module):
    """A module that refuses gradients and remembers every image it was shown."""

    seen: list[Tensor]

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        self.__dict__["seen"] = []  # shared by no copy: an annotator's own copy starts with its own list

    def forward(self, x: Tensor) -> Tensor:
        assert not torch.is_grad_enabled() and not x.requires_grad
        self.seen.extend(x.clone())
        return self.module(x)


def watched(annotator: tk.Annotator) -> tuple[tk.Annotator, list[Tensor]]:
    copy = tk.Annotator(Watched(annotator.module), annotator.labels)
    return copy, copy.module.seen  # type: ignore[return-value]


def goals(annotator: tk.Annotator, x: Tensor, k: int = 2) -> dict[str, tk.Goal]:
    """The best two labels are true; one row of masks for each image."""
    with torch.no_grad():
        logits = annotator(x)
    true = tk.topk_mask(logits, min(2, logits.shape[1] - k))
    targets = tk.choose_targets("best", logits, true=true, k=k)
    return {
        "cleared": tk.Cleared(true=true, k=k),
        "inconsistent": tk.Inconsistent(true=true, k=k),
        "targeted": tk.Targeted(targets=targets, true=true),
        "ordered": tk.Ordered(targets=tk.topk(logits.masked_fill(~targets, -torch.inf), k), true=true),
        "hide": tk.Hide(hide=(best := tk.topk_mask(logits, 1)), keep=true & ~best, k=k),
    }


def finish(attack: tk.BlackBox, annotator: tk.Annotator, x: Tensor, goal: tk.Goal) -> tuple[list[tk.Step], tk.Result]:
    return to_the_end(attack.steps(annotator, x, goal))


def levels(x: Tensor) -> Tensor:
    """`x` in whole levels; fails where it has none."""
    scaled = x * 255
    torch.testing.assert_close(scaled, scaled.round(), rtol=0, atol=1e-3 if x.dtype == torch.float32 else 1e-9)
    assert scaled.min() >= 0 and scaled.max() <= 255
    return scaled.round()


GOALS = ("cleared", "inconsistent", "targeted", "ordered", "hide")


@pytest.mark.parametrize("which", GOALS)
def test_scores_only_and_every_query_counts(which: str) -> None:
    annotator, x = linear(2, M)
    goal = goals(annotator, x)[which]
    annotator, seen = watched(annotator)
    steps, result = finish(tk.BlackBox(max_steps=300, shrink=50), annotator, x, goal)
    assert result.achieved.tolist() == [True] and steps[-1].certified.tolist() == [True]
    assert len(seen) == result.forwards.item() <= 300 and result.backwards.tolist() == [0]
    assert result.steps.item() == len(seen) - 2 == steps[-1].index
    for image in seen:
        assert (levels(image) - levels(x[0])).abs().max() <= 8


@pytest.mark.parametrize("budget", [0, 1, 2, 3, 10])
def test_the_budget_is_kept_by_an_image_that_cannot_be_won(budget: int) -> None:
    """Its two passes, the first look and the last check, are the least that a run costs."""
    annotator, x = linear(2, M, spread=100.0)
    goal = goals(annotator, x)["cleared"]
    annotator, seen = watched(annotator)
    steps, result = finish(tk.BlackBox(max_steps=budget), annotator, x, goal)
    assert result.achieved.tolist() == [False]
    assert len(seen) == result.forwards.item() == max(budget, 2)
    assert result.steps.item() == max(budget - 2, 0) == steps[-1].index


@repeatable(6)
@given(st.integers(0, 10**6), st.integers(3, 8), st.data())
def test_linear_annotators(seed: int, m: int, data: st.DataObject) -> None:
    """Every goal is met, and never by less than any perturbation needs."""
    annotator, x = linear(seed, m)
    k = data.draw(st.integers(1, m - 1))
    scores, weight = annotator(x)[0].detach().numpy(), weights_of(annotator)
    true = set(np.argsort(-scores)[: data.draw(st.integers(1, m - k))].tolist())
    mask = mask_of(true, m)
    targets = tk.choose_targets("best", annotator(x), true=mask, k=k)
    wanted = set(targets[0].nonzero()[:, 0].tolist())
    for goal, optimum in (
        (tk.Cleared(true=mask, k=k), cleared_optimum(weight, scores, true, k)),
        (tk.Inconsistent(true=mask, k=k), inconsistent_optimum(weight, scores, true, k)),
        (tk.Targeted(targets=targets, true=mask), targeted_optimum(weight, scores, wanted)),
    ):
        result = tk.BlackBox(max_steps=1500, epsilon=24, shrink=20)(annotator, x, goal)
        assert result.achieved.tolist() == [True]
        assert goal.margin(annotator(result.x_adv)).item() <= -1e-3
        assert result.norm.item() >= 255 * optimum * (1 - 1e-6)
        assert (levels(result.x_adv) - levels(x)).abs().max() <= 24
        torch.testing.assert_close(result.norm, tk.l2_norm(result.x_adv - x))
        torch.testing.assert_close(result.norm_float, result.norm)


def test_circles_come_near_to_the_exact_optimum_of_a_linear_annotator() -> None:
    """48 values of which no square is free of the rest: within 15% of the least ‖z‖₂, and squares alone 10% longer still."""
    annotator, x = linear(1, 5, side=4, spread=6.0)
    scores, true = annotator(x)[0].detach().numpy(), tk.topk_mask(annotator(x), 1)
    goal = tk.Cleared(true=true, k=1)
    optimum = 255 * cleared_optimum(weights_of(annotator), scores, {int(scores.argmax())}, 1)
    annotator, seen = watched(annotator)
    circles = tk.BlackBox(max_steps=800, epsilon=100)(annotator, x, goal)
    assert len(seen) == circles.forwards.item() == 800 and circles.achieved.item()
    assert optimum * (1 - 1e-6) <= circles.norm.item() <= 1.15 * optimum
    squares = tk.BlackBox(max_steps=800, epsilon=100, finish="squares")(annotator, x, goal)
    assert squares.norm.item() > 1.1 * circles.norm.item()


def test_circles_begin_at_a_third_of_the_first_length_and_never_lengthen() -> None:
    """Most of the image does nothing, so that squares soon take it off."""
    photo, weight = torch.full((3, 16, 16), 100.0), torch.zeros(3, 16, 16)
    weight[:, :4, :4] = torch.randn(3, 4, 4, generator=torch.Generator().manual_seed(0))
    search, lengths, circles = Circles(photo, 1.0, 8, 0.05, 1e-3, 0), [], []
    for index in range(1, 800):
        z = search.propose(index)
        circles.append(search._turned is not None)
        assert z.abs().max() <= 8 and torch.equal(z, z.round())
        search.see(z, 1.0 + float((weight * z).sum()) / 50)
        if search.met:
            lengths.append(float(search.z.norm()))
    assert lengths == sorted(lengths, reverse=True) and search.met
    first = circles.index(True)
    before = first - (len(circles) - len(lengths))  # in `lengths`
    assert lengths[before - 1] <= lengths[0] / 3 and all(circles[first : first + 100])


def test_two_labels() -> None:
    annotator, x = linear(3, 2)
    for goal in goals(annotator, x, k=1).values():
        result = tk.BlackBox(max_steps=300, shrink=0)(annotator, x, goal)
        assert result.achieved.tolist() == [True] and result.consistent.tolist() == [False]


def test_margins_fall_until_the_goal_and_norms_after_it() -> None:
    annotator, x = linear(5, M)
    goal = goals(annotator, x)["targeted"]
    steps, result = finish(tk.BlackBox(max_steps=600, shrink=200), annotator, x, goal)
    won = [step.certified.item() for step in steps]
    first = won.index(True)
    assert all(won[first:]) and 0 < first < len(steps) - 1
    for before, after in pairwise(steps[: first + 1]):
        kept = torch.equal(before.x_adv, after.x_adv)
        assert after.loss < before.loss or (kept and after.loss == before.loss)  # rolled back
    assert any(torch.equal(a.x_adv, b.x_adv) for a, b in pairwise(steps[: first + 1]))
    for before, after in pairwise(steps[first:]):
        assert after.norm <= before.norm * (1 + 1e-9)
    assert result.norm < 0.8 * steps[first].norm
    assert steps[-1].index == first + 200  # then it is done, within its budget
    for step in steps:
        logits = annotator(step.x_adv).detach()
        torch.testing.assert_close(step.loss, goal.margin(logits))
        torch.testing.assert_close(step.threshold, logits.sort(dim=1, descending=True).values[:, goal.k - 1])
        torch.testing.assert_close(step.norm, tk.l2_norm(step.x_adv - x))
        assert step.achieved == (step.loss < 0) and step.certified == (step.loss <= -2e-3)


def test_no_shrinking_ends_at_the_first_success() -> None:
    annotator, x = linear(5, M)
    goal = goals(annotator, x)["targeted"]
    steps, result = finish(tk.BlackBox(max_steps=600, shrink=0), annotator, x, goal)
    assert [step.certified.item() for step in steps] == [False] * (len(steps) - 1) + [True]
    assert result.forwards.item() == len(steps) + 1


def test_the_seed_decides() -> None:
    annotator, x = linear(5, M)
    goal = goals(annotator, x)["cleared"]
    first, again, other = (tk.BlackBox(max_steps=100, seed=seed)(annotator, x, goal) for seed in (4, 4, 5))
    assert torch.equal(first.x_adv, again.x_adv) and torch.equal(first.forwards, again.forwards)
    assert not torch.equal(first.x_adv, other.x_adv)


def test_a_batch_is_each_image_alone_with_its_own_seed() -> None:
    """Images of different difficulty, one met at the start; whoever is done is not asked about again."""
    annotator, x = linear(8, M, images=4)
    every = goals(annotator, x)["targeted"]
    assert isinstance(every, tk.Targeted)
    true, targets = every.true.clone(), every.targets.clone()
    true[3], targets[3] = ~tk.topk_mask(annotator(x[3:]), 2)[0], tk.topk_mask(annotator(x[3:]), 2)[0]
    goal = tk.Targeted(targets=targets, true=true)
    spied, seen = watched(annotator)
    together = tk.BlackBox(max_steps=600, epsilon=24, shrink=30, seed=7)(spied, x, goal)
    assert together.achieved.all() and torch.equal(together.x_adv[3], x[3])
    assert together.steps[3] == 0 and together.forwards[3] == 2 and together.norm[3] == 0
    assert len(set(together.steps.tolist())) > 2
    assert len(seen) == together.forwards.sum().item()
    for i in range(4):
        row = torch.tensor([i])
        alone = tk.BlackBox(max_steps=600, epsilon=24, shrink=30, seed=7 + i)(annotator, x[row], goal.select(row))
        assert torch.equal(alone.x_adv[0], together.x_adv[i])
        for name in ("norm", "norm_float", "steps", "forwards", "backwards"):
            assert getattr(alone, name)[0].item() == pytest.approx(getattr(together, name)[i].item(), rel=1e-12)


def flat(value: float, height: int = 8, width: int = 8, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.full((1, 3, height, width), value, dtype=dtype)


def test_at_the_end_of_the_box() -> None:
    """White pixels can only darken: queries stay in the box, and squares that change nothing are drawn again."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(2, 3 * 64, generator=generator, dtype=torch.float64)
    annotator = tk.Annotator(Linear(weight, torch.tensor([4.0, 0.0], dtype=torch.float64)), ["a", "b"])
    x = flat(1.0)
    first = annotator(x).argmax().item()
    goal = tk.Cleared(true=mask_of({int(first)}, 2), k=1)
    annotator, seen = watched(annotator)
    tk.BlackBox(max_steps=200, epsilon=40)(annotator, x, goal)
    for image in seen:
        changed = levels(image) - 255
        assert changed.max() <= 0 and changed.min() >= -40


def test_an_annotator_that_does_not_look_is_left_as_it_was() -> None:
    weight = torch.zeros(4, 3 * 64, dtype=torch.float64)
    annotator = tk.Annotator(Linear(weight, torch.tensor([3.0, 2.0, 1.0, 0.0], dtype=torch.float64)), list("abcd"))
    result = tk.BlackBox(max_steps=40)(annotator, flat(100 / 255), tk.Cleared(true=mask_of({0}, 4), k=1))
    assert result.achieved.tolist() == [False] and result.forwards.tolist() == [40]
    torch.testing.assert_close(result.x_adv, flat(100 / 255))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [(6, 17), (17, 6), (1, 9)])
def test_images_that_are_not_square(size: tuple[int, int], dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(1)
    x = tk.quantize(torch.rand(1, 3, *size, generator=generator, dtype=dtype) * 0.5 + 0.25)
    weight = torch.randn(M, x.numel(), generator=generator, dtype=dtype)
    annotator = tk.Annotator(Linear(weight, torch.zeros(M, dtype=dtype)), list("abcde"))
    goal = goals(annotator, x)["cleared"]
    annotator, seen = watched(annotator)
    result = tk.BlackBox(max_steps=800, epsilon=40, shrink=20)(annotator, x, goal)
    assert result.achieved.tolist() == [True] and result.x_adv.dtype == dtype
    assert all((levels(image) - levels(x[0])).abs().max() <= 40 for image in seen)


def test_an_image_off_the_grid_is_asked_about_as_8_bits() -> None:
    annotator, x = linear(5, M)
    goal = goals(annotator, x)["cleared"]
    between = x + 0.3 / 255
    annotator, seen = watched(annotator)
    steps, result = finish(tk.BlackBox(max_steps=300), annotator, between, goal)
    assert result.achieved.tolist() == [True] and torch.equal(steps[0].x_adv, tk.quantize(between))
    assert all((levels(image) - levels(x[0])).abs().max() <= 8 for image in seen)
    torch.testing.assert_close(result.norm, tk.l2_norm(result.x_adv - between))


def test_a_goal_met_by_less_than_the_hairline_is_not_met() -> None:
    weight = torch.randn(2, 3 * 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x = flat(100 / 255)
    lead = Linear(weight, torch.zeros(2, dtype=torch.float64))(x)[0].detach()
    for margin, queries in ((-1.5e-3, 3), (-2.5e-3, 2)):
        bias = torch.tensor([margin, 0.0], dtype=torch.float64) - lead
        annotator = tk.Annotator(Linear(weight, bias), ["a", "b"])
        goal = tk.Cleared(true=mask_of({0}, 2), k=1)
        steps, result = finish(tk.BlackBox(max_steps=50, shrink=0), annotator, x, goal)
        assert result.achieved.tolist() == [True] and steps[0].achieved.tolist() == [True]
        assert steps[0].certified.tolist() == [queries == 2]
        assert (result.forwards.item() == 2) == (queries == 2)


def test_sending_true_concludes_with_what_there_is() -> None:
    annotator, x = linear(5, M)
    goal = goals(annotator, x)["cleared"]
    annotator, seen = watched(annotator)
    run = tk.BlackBox(seed=1).steps(annotator, x, goal)
    last = [next(run) for _ in range(4)][-1]
    result = concluded(run)
    assert torch.equal(result.x_adv, last.x_adv) and result.forwards.item() == len(seen) == 5


def test_closing_leaves_nothing_behind() -> None:
    annotator, x = linear(5, M)
    goal, before = goals(annotator, x)["cleared"], x.clone()
    annotator, seen = watched(annotator)
    state = torch.get_rng_state()
    run = tk.BlackBox().steps(annotator, x, goal)
    kept = [next(run) for _ in range(3)]
    copies = [step.x_adv.clone() for step in kept]
    assert torch.is_grad_enabled()
    run.close()
    with pytest.raises(StopIteration):
        next(run)
    assert len(seen) == 3 and torch.equal(x, before) and torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(step.x_adv, copy) for step, copy in zip(kept, copies, strict=True))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_steps", -1), ("max_steps", 2.5), ("epsilon", 0), ("epsilon", 2.5), ("epsilon", 256), ("shrink", -1),
        ("seed", -1), ("seed", True), ("finish", "surfree"), ("square", 0.0), ("square", 1.5), ("square", float("nan")),
    ],
)  # fmt: skip
def test_settings(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} = {value!r}"):
        tk.BlackBox(**{name: value})


def test_scores_that_are_no_numbers() -> None:
    weight = torch.full((2, 3 * 64), torch.nan, dtype=torch.float64)
    annotator = tk.Annotator(Linear(weight, torch.zeros(2, dtype=torch.float64)), ["a", "b"])
    with pytest.raises(ValueError, match="NaN"):
        tk.BlackBox()(annotator, flat(0.5), tk.Cleared(true=mask_of({0}, 2), k=1))


def test_squares_cover_the_share_asked_for_and_lie_inside() -> None:
    draw = Draw(0)
    for share, side in ((0.0, 1), (0.05, 5), (0.5, 17), (1.0, 20), (9.0, 20)):
        places = [draw.square(20, 30, share).inside for _ in range(300)]
        for _, down, across in places:
            assert down.stop - down.start == across.stop - across.start == side
            assert down.start >= 0 and down.stop <= 20 and across.start >= 0 and across.stop <= 30
        assert max(across.stop for *_, across in places) == 30 and min(across.start for *_, across in places) == 0


def test_squares_get_smaller_by_the_schedule() -> None:
    shares = [share_at(0.8, query) for query in (1, 10, 11, 50, 51, 200, 201, 2000, 8001)]
    assert shares == [0.8, 0.8, 0.4, 0.4, 0.2, 0.2, 0.1, 0.025, 0.8 / 512]


def test_one_of_several_in_proportion_to_its_weight() -> None:
    draw = Draw(0)
    drawn = [draw.one_of([1.0, 0.0, 3.0]) for _ in range(2000)]
    assert set(drawn) == {0, 2} and 0.7 < drawn.count(2) / 2000 < 0.8
    assert {draw.one_of([0.0, 0.0]) for _ in range(50)} == {0, 1}


def test_sensitivity_is_of_the_place_that_was_asked_about() -> None:
    """Failed queries tell as much as others; a small square says more about its place than a large one."""
    sensitivity = Sensitivity(64, 80)
    left, right, everywhere = Square(8, 8, 8), Square(8, 56, 8), Square(0, 0, 64)
    assert sensitivity.of(left) == sensitivity.of(right) == 1
    sensitivity.see(left, 0.0, 0.0)  # nothing was changed, so nothing is known
    assert sensitivity.of(left) == 1
    for margin in (0.5, -0.5):
        sensitivity.see(left, margin, 100.0)
        sensitivity.see(right, margin / 10, 100.0)
    before = sensitivity.of(left) / sensitivity.of(right)
    assert before > 1.5
    sensitivity.see(everywhere, 0.0, 100.0)
    assert sensitivity.of(left) > sensitivity.of(right)


def test_levels_are_taken_off_where_the_annotator_does_not_look() -> None:
    """Only the upper left quarter of the image matters; squares that fall anywhere leave a quarter of ‖z‖² there."""
    side = 32
    weight = torch.randn(3, 3, side, side, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    weight[:, :, side // 2 :], weight[:, :, :, side // 2 :] = 0, 0
    bias = torch.tensor([0.5, 0.0, -0.2], dtype=torch.float64)
    annotator = tk.Annotator(Linear(weight.flatten(1), bias), list("abc"))
    x = flat(100 / 255, side, side)
    goal = tk.Cleared(true=tk.topk_mask(annotator(x), 1), k=1)
    result = tk.BlackBox(max_steps=500)(annotator, x, goal)
    z = (levels(result.x_adv) - 100)[0].square()
    assert result.achieved.item()
    assert z[:, : side // 2, : side // 2].sum() > 0.6 * z.sum()


@pytest.mark.parametrize("name", ["voc20", "mobilenet-coco80"])
def test_a_bundled_annotator(name: str, photos: dict) -> None:
    """A few queries about a small photo: margins fall, and nothing asks for a gradient."""
    from PIL import Image

    annotator = tk.load(name, device="cpu")
    x = tk.prepare(Image.open(photos["cat"]), square=True)[:, :, 64:128, 64:128]
    goal = goals(annotator, x, k=3)["cleared"]
    annotator, seen = watched(annotator)
    steps, result = finish(tk.BlackBox(max_steps=30, epsilon=16), annotator, x, goal)
    assert result.forwards.item() == len(seen) <= 30 and result.backwards.item() == 0
    assert steps[-1].loss < steps[0].loss - 0.1
    assert max((levels(image) - levels(x[0])).abs().max() for image in seen) == 16
