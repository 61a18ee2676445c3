"""The search on the 8-bit grid: on levels, in the box, truthful about success, and not much longer than it must be."""

import numpy as np
import pytest
import torch
from oracles import cleared_optimum, linear, mask_of, targeted_optimum, weights_of
from torch import Tensor, nn

import tkml_core as tk
from tkml_core import pixel_grid

M, SIDE = 8, 32  # 3072 pixels: enough for rounding to average out, as on a photo


def minimal(annotator: tk.Annotator, x: Tensor, targets: set[int]) -> tuple[Tensor, float]:
    """A float perturbation with the targets just on top, at most 1% longer than the shortest, and its length."""
    weight = weights_of(annotator)
    scores = annotator(x)[0].detach().numpy()
    least = targeted_optimum(weight, scores, targets)
    wanted = tk.Targeted(targets=mask_of(targets, M), true=mask_of({j for j in range(M) if j not in targets}, M))
    # Descend on the margin's own program in the span of W: project onto all half-spaces in turn, for as long as it takes.
    pairs = np.stack([weight[i] - weight[j] for i in targets for j in range(M) if j not in targets])
    need = np.array([scores[j] - scores[i] for i in targets for j in range(M) if j not in targets]) + 1e-6
    z, dual = np.zeros(weight.shape[1]), np.zeros(len(pairs))
    for _ in range(400):  # Hildreth's method: coordinate ascent on the dual
        for row, (a, b) in enumerate(zip(pairs, need, strict=True)):
            change = max(dual[row] + (b - a @ z) / (a @ a), 0) - dual[row]
            dual[row] += change
            z = z + change * a
    z *= 1 + 1e-6
    assert np.linalg.norm(z) == pytest.approx(least, rel=0.01)
    moved = torch.from_numpy(z).view(1, 3, SIDE, SIDE)
    assert wanted.margin(annotator(x + moved)).item() < 0
    return moved, least


def check_levels(x_adv: Tensor) -> None:
    assert x_adv.min() >= 0 and x_adv.max() <= 1
    torch.testing.assert_close(x_adv * 255, (x_adv * 255).round(), rtol=0, atol=1e-9)


@pytest.mark.parametrize("spread", [0.4, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_minimal_perturbation_survives_at_a_moderate_price(seed: int, spread: float) -> None:
    """Gaussian weights: at .2 levels rms the best whole-level perturbation is about 1.5 times as long, less above."""
    annotator, x = linear(seed, M, SIDE, spread=spread)
    targets = set(tk.topk(-annotator(x), 2)[0].tolist())
    z, least = minimal(annotator, x, targets)
    goal = tk.Targeted(targets=mask_of(targets, M), true=mask_of({int(annotator(x).argmax())}, M))
    found = pixel_grid.search(annotator, goal.fit(1, x.device), x, z)
    assert found.holds.tolist() == [True]
    check_levels(found.x_adv)
    assert goal.margin(annotator(found.x_adv)).item() <= -pixel_grid.TOLERANCE
    ratio = tk.l2_norm(found.x_adv - x).item() / (255 * least)
    rms = 255 * least / (3 * SIDE * SIDE) ** 0.5
    assert 1 <= ratio < (1.3 if rms > 0.35 else 1.6)
    assert found.forwards.item() > 0 and found.backwards.item() > 0


def test_a_float_perturbation_that_is_far_too_long_is_shortened() -> None:
    annotator, x = linear(5, M, SIDE)
    true = {int(annotator(x).argmax())}
    goal = tk.Cleared(true=mask_of(true, M), k=2)
    z, _ = minimal(annotator, x, set(range(M)) - true)  # the true label last: longer than Cleared asks for
    least = cleared_optimum(weights_of(annotator), annotator(x)[0].detach().numpy(), true, 2)
    found = pixel_grid.search(annotator, goal.fit(1, x.device), x, 3 * z)
    norm = tk.l2_norm(found.x_adv - x).item()
    assert found.holds.item() and 255 * least <= norm < 0.6 * tk.l2_norm(3 * z).item()


@pytest.mark.parametrize("seed", range(3))
def test_levels_that_do_nothing_are_taken_back(seed: int) -> None:
    """Two labels, and half of the float perturbation's energy is noise that moves neither: the 8-bit one has less."""
    annotator, x = linear(seed, 2, SIDE)
    weight = torch.from_numpy(weights_of(annotator))
    first = int(annotator(x).argmax())
    across = weight[1 - first] - weight[first]
    z = across * ((annotator(x)[0, first] - annotator(x)[0, 1 - first]).detach() / across.square().sum()) * (1 + 1e-6)
    noise = torch.randn(x.numel(), generator=torch.Generator().manual_seed(100 + seed), dtype=torch.float64)
    noise = noise - across * (across @ noise) / across.square().sum()
    both = (z + noise * z.norm() / noise.norm()).view_as(x)
    goal = tk.Cleared(true=mask_of({first}, 2), k=1)
    found = pixel_grid.search(annotator, goal.fit(1, x.device), x, both)
    assert found.holds.item()
    assert tk.l2_norm(found.x_adv - x).item() < 0.95 * tk.l2_norm(both).item()


def test_images_of_a_batch_are_searched_each_as_if_alone() -> None:
    annotator, first = linear(1, M, SIDE)
    x = torch.cat([first, tk.quantize((first + 0.01).clamp(0, 1)), tk.quantize(first.flip(3))])
    zs = []
    for i in range(3):
        order = tk.topk(-annotator(x[i : i + 1]), 2)[0].tolist()
        zs.append((minimal(annotator, x[i : i + 1], set(order))[0], set(order)))
    true = torch.cat([mask_of({int(annotator(x)[i].argmax())}, M) for i in range(3)])
    goal = tk.Targeted(targets=torch.cat([mask_of(t, M) for _, t in zs]), true=true)
    together = pixel_grid.search(annotator, goal, x, torch.cat([z for z, _ in zs]))
    assert together.holds.all()
    for i in range(3):
        row = torch.tensor([i])
        alone = pixel_grid.search(annotator, goal.select(row), x[row], zs[i][0])
        assert torch.equal(alone.x_adv[0], together.x_adv[i])
        assert alone.forwards.item() == together.forwards[i].item()


def test_it_never_says_holds_when_the_image_does_not() -> None:
    """Perturbations that lead nowhere, that point the wrong way, of no length, and against the box."""
    annotator, x = linear(2, M, SIDE)
    order = tk.topk(annotator(x), M)[0].tolist()
    goal = tk.Targeted(targets=mask_of(set(order[-2:]), M), true=mask_of({order[0]}, M)).fit(1, x.device)
    z, _ = minimal(annotator, x, set(order[-2:]))
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(z.shape, generator=generator, dtype=torch.float64)
    tries = [-z, 0 * z, noise * z.norm() / noise.norm(), 0.1 * z, z, 1000 * z, z + 0.02 * noise]
    for tried in tries:
        found = pixel_grid.search(annotator, goal, x, tried)
        check_levels(found.x_adv)
        truth = goal.margin(annotator(found.x_adv)).item()
        assert (truth <= -pixel_grid.TOLERANCE) or not found.holds.item()
        assert found.holds.item() or tried is not z
    nowhere = linear(2, M, SIDE)[0]
    with torch.no_grad():  # an annotator that does not look at its images: nothing helps
        nowhere.module.weight.zero_()  # type: ignore[union-attr, operator]
    for tried in tries:
        assert not pixel_grid.search(nowhere, goal, x, tried).holds.item()
        check_levels(pixel_grid.search(nowhere, goal, x, tried).x_adv)


def test_some_hold_and_some_do_not_in_one_batch() -> None:
    """The second image has no room: its pixels are at the ends of the box already."""
    annotator, x = linear(3, M, SIDE)
    targets = set(tk.topk(-annotator(x), 2)[0].tolist())
    z, _ = minimal(annotator, x, targets)
    goal = tk.Targeted(targets=mask_of(targets, M), true=mask_of({int(annotator(x).argmax())}, M))
    away = (
        torch.from_numpy(weights_of(annotator)[int(annotator(x).argmax())]).view_as(x) > 0
    ).double()  # all for label 1
    both, tried = torch.cat([x, away]), torch.cat([z, 0.001 * z])
    found = pixel_grid.search(annotator, goal.fit(2, x.device), both, tried)
    assert found.holds[0].item() and goal.margin(annotator(found.x_adv[:1])).item() <= -pixel_grid.TOLERANCE
    assert not found.holds[1].item() or goal.margin(annotator(found.x_adv[1:])).item() <= -pixel_grid.TOLERANCE
    check_levels(found.x_adv)
    assert torch.equal(found.x_adv[0], pixel_grid.search(annotator, goal, x, z).x_adv[0])


@pytest.mark.parametrize("length", [0.1, 0.5])
def test_a_perturbation_that_falls_short_is_mended(length: float) -> None:
    """Less than the goal needs, and in a fifth of it no level at all: the search finds the rest by the margin's gradient."""
    annotator, x = linear(6, M, SIDE, spread=0.2)
    targets = set(tk.topk(-annotator(x), 2)[0].tolist())
    z, least = minimal(annotator, x, targets)
    goal = tk.Targeted(targets=mask_of(targets, M), true=mask_of({int(annotator(x).argmax())}, M))
    found = pixel_grid.search(annotator, goal.fit(1, x.device), x, length * z)
    assert found.holds.item()
    check_levels(found.x_adv)
    assert 1 <= tk.l2_norm(found.x_adv - x).item() / (255 * least) < 3


def test_pixels_at_the_ends_of_the_box_stay_inside() -> None:
    class Ends(nn.Module):
        """Darker blacks or brighter whites would help most, and cannot be had."""

        def forward(self, x: Tensor) -> Tensor:
            left, right = x[:, :, :, :4].mean((1, 2, 3)), x[:, :, :, 4:].mean((1, 2, 3))
            return torch.stack([left - right + 0.1, right - left], dim=1) * 10

    annotator = tk.Annotator(Ends(), ["a", "b"])
    x = torch.zeros(1, 3, 8, 8, dtype=torch.float64)
    x[..., 2:4] = 1
    goal = tk.Cleared(true=torch.tensor([[True, False]]), k=1)
    z = torch.full_like(x, 0.3)
    z[..., :4] = -0.3
    found = pixel_grid.search(annotator, goal, x, z)
    assert found.holds.item() and found.x_adv.min() >= 0 and found.x_adv.max() <= 1
    assert (found.x_adv[..., :2] == 0).all()
    assert goal.margin(annotator(found.x_adv)).item() <= -pixel_grid.TOLERANCE


def test_an_image_off_the_levels_comes_onto_them() -> None:
    annotator, x = linear(4, M, SIDE)
    x = x + 0.3 / 255
    order = tk.topk(-annotator(x), 2)[0].tolist()
    z, _ = minimal(annotator, x, set(order))
    goal = tk.Targeted(targets=mask_of(set(order), M), true=mask_of({int(annotator(x).argmax())}, M))
    found = pixel_grid.search(annotator, goal, x, z)
    assert found.holds.item()
    check_levels(found.x_adv)
