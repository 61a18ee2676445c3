"""One perturbation for a whole set: TkML-AP-Uv, kUAPs, the norm budget, whole levels, and the bundled perturbations."""

import re
from functools import cache, partial
from itertools import combinations, pairwise
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from conftest import concluded, to_the_end, with_universal
from oracles import Linear, least_norm, linear, mask_of, weights_of
from test_attacks_photos import annotator, photo
from test_descent import smooth
from torch import Tensor

import tkml_core as tk
from tkml_core import losses
from tkml_core.attacks.kfool import kfool_step
from tkml_core.attacks.registry import UNIVERSAL
from tkml_core.attacks.universal.base import Universal
from tkml_core.attacks.universal.norm_ball import project, to_levels
from tkml_core.attacks.universal.tkmlap_uv import OVERSHOOT, margin_hinge, shared_lambda, slope
from tkml_core.experiments import universal as experiment
from tkml_core.experiments.measured_photos import Row, in_turn
from tkml_core.zoo import universal_perturbations as zoo
from tkml_core.zoo.registry import entry_of

KINDS = pytest.mark.parametrize("kind", [tk.TkMLAPUv, tk.KUAP])


def finish(attack: Universal, own: tk.Annotator, x: Tensor, goal: tk.Goal) -> tuple[list, tk.UniversalResult]:
    return to_the_end(attack.steps(own, x, goal))


def on_levels(x: Tensor) -> bool:
    return torch.allclose(x * 255, (x * 255).round(), rtol=0, atol=1e-4)


def crowd(seed: int, m: int = 6, k: int = 2) -> tuple[tk.Annotator, Tensor, tk.Goal, float]:
    """Seven images on a linear annotator, the truth the last two labels' best, and the norm of a z that fools them all."""
    own, x = linear(seed, m, images=7)
    true = set(np.argsort(-own(x).detach().numpy().mean(0))[:2].tolist())
    weight, scores = weights_of(own), own(x).detach().numpy()
    norms = []
    for above in combinations(sorted(set(range(m)) - true), k):
        pairs = [(i, j) for i in above for j in true]
        rows = np.stack([weight[i] - weight[j] for i, j in pairs])
        norms.append(least_norm(rows, np.array([(scores[:, j] - scores[:, i]).max() for i, j in pairs])))
    return own, x, tk.Cleared(true=mask_of(true, m), k=k), 255 * min(norms)


# ---- the budget and the levels --------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [0.05, 0.2, 0.6, 3.0, 40.0])
@pytest.mark.parametrize("share", [0.5, 1.0, 2.0])
def test_whole_levels_keep_the_length_and_the_budget(scale: float, share: float) -> None:
    """Also where z is a twentieth of a level, which nearest rounding would take away; 2.0: z is beyond the budget."""
    z = torch.randn(1, 3, 40, 40, generator=torch.Generator().manual_seed(1)) * scale / 255
    length = float(tk.l2_norm(z))
    whole = to_levels(z, length / share, "l2")
    assert on_levels(whole)
    kept = float(tk.l2_norm(whole))
    assert 0.9 * length / max(1, share) <= kept <= length / max(1, share) * (1 + 1e-6)
    assert bool((whole * z >= 0).all())
    spent, left = z.abs()[whole != 0], z.abs()[whole == 0]
    assert spent.numel() and (not left.numel() or spent.min() >= left.max() * (1 - 1e-6))


def test_whole_levels_within_an_l_inf_budget() -> None:
    z = torch.tensor([-9.0, -2.4, 0.4, 2.6, 9.0, 0.0]).view(1, 3, 1, 2) / 255
    assert (to_levels(z, 3.7, "linf") * 255).flatten().tolist() == pytest.approx([-3, -2, 0, 3, 3, 0])
    assert not to_levels(torch.zeros(1, 3, 2, 2), 50, "l2").any()


def test_projection_is_the_nearest_point_of_the_ball() -> None:
    z = torch.tensor([3.0, -4.0, 0.0]).view(1, 3, 1, 1) / 255
    assert (project(z, 2.5, "l2") * 255).flatten().tolist() == pytest.approx([1.5, -2, 0])
    assert (project(z, 3.5, "linf") * 255).flatten().tolist() == pytest.approx([3, -3.5, 0])
    torch.testing.assert_close(project(z, 5.1, "l2"), z)


# ---- the mathematics of TkML-AP-Uv ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_shared_lambda_minimises_the_mean_of_eq_8(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores, k = torch.randn(4, 6, generator=generator, dtype=torch.float64), 2
    true = tk.topk_mask(torch.rand(4, 6, generator=generator), 2)

    def mean(lam: float) -> float:
        best = scores.masked_fill(~true, -torch.inf).amax(1, keepdim=True)
        return lam + torch.relu(best - scores - lam).sum().item() / (4 * (6 - k))

    found = float(shared_lambda(scores, true, k))
    assert found >= 0
    assert mean(found) <= min(mean(lam) for lam in torch.linspace(0, 8, 2001).tolist()) + 1e-9


def eq_8_mean(own: tk.Annotator, x: Tensor, z: Tensor, true: Tensor, k: int, lam: Tensor) -> Tensor:
    f = own((x + z).clamp(0, 1))
    best = f.masked_fill(~true, -torch.inf).amax(1, keepdim=True)
    return (lam + torch.relu(best - f - lam).sum(1) / (f.shape[1] - k)).mean()


def test_the_slope_is_that_of_automatic_differentiation_and_batches_average_to_it() -> None:
    """In the box, too: some pixels are black and held there by z."""
    own, pair = smooth()
    x = torch.cat([pair, pair.flip(3), pair.flip(2)])
    x[:, :, :2] = 0
    generator = torch.Generator().manual_seed(0)
    z = (torch.randn(1, 3, 8, 8, generator=generator, dtype=torch.float64) * 0.02).requires_grad_()
    true = tk.topk_mask(own(x), 2)
    lam = torch.tensor(1.3, dtype=torch.float64)
    (expected,) = torch.autograd.grad(eq_8_mean(own, x, z, true, 2, lam), z)

    def eq_8(f: Tensor, rows: slice = slice(None)) -> losses.Objective:
        return losses.untargeted(f, true[rows], 2, lam.expand(len(f)))

    _, loss, by_z = slope(own, x, z, eq_8)
    torch.testing.assert_close(by_z, expected, rtol=1e-9, atol=1e-12)
    assert loss.mean().item() == pytest.approx(eq_8_mean(own, x, z, true, 2, lam).item())
    parts = [slope(own, x[i : i + 2], z, partial(eq_8, rows=slice(i, i + 2)))[2] for i in (0, 2, 4)]
    torch.testing.assert_close(torch.stack(parts).mean(0), by_z, rtol=1e-9, atol=1e-12)
    assert by_z.norm() > 0 and (by_z - parts[0]).norm() > 1e-3 * by_z.norm()


def test_the_margin_as_a_surrogate_lifts_the_kth_stranger_and_lowers_the_best_true_label() -> None:
    scores = torch.tensor([[5.0, 4.0, 3.0, 2.0, 1.0], [0.0, 4.0, 3.0, 2.0, 1.0]])
    goal = tk.Cleared(true=torch.tensor([[True, False, False, False, False]]), k=2)
    loss, by_scores, by_lambda = margin_hinge(scores, goal, 0.5)
    assert loss.tolist() == [2.5, 0] and by_lambda.tolist() == [0, 0]
    assert by_scores.tolist() == [[1, 0, -1, 0, 0], [0, 0, 0, 0, 0]]


def test_the_first_update_with_the_margin_goes_down_its_hinge() -> None:
    own, pair = smooth()
    goal = tk.Cleared(true=tk.topk_mask(own(pair), 2), k=2)
    attack = tk.TkMLAPUv(xi=300, batch_size=2, step=0.2, beta=0.0, surrogate="margin", max_steps=5)
    first, second = finish(attack, own, pair, goal)[0][:2]
    z = torch.zeros(1, 3, 8, 8, dtype=torch.float64, requires_grad=True)
    margin = goal.margin(own(pair + z))
    assert bool((margin > 0).all())
    torch.testing.assert_close(first.loss[first.rows.argsort()], margin.detach() + OVERSHOOT * margin.detach().mean())
    (g,) = torch.autograd.grad(margin.mean(), z)
    torch.testing.assert_close(second.z, project(-0.2 * 300 / 255 * g / g.norm(), 300, "l2"), rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(first.threshold, first.logits.sort(dim=1, descending=True).values[:, 1])


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_the_first_update_goes_down_the_mean_of_eq_8(norm: str) -> None:
    own, pair = smooth()
    goal = tk.Cleared(true=tk.topk_mask(own(pair), 2), k=2)
    start = 0.01 * torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    attack = tk.TkMLAPUv(xi=300, norm=norm, batch_size=2, step=0.2, beta=0.5, start=start, max_steps=5)
    first, second = finish(attack, own, pair, goal)[0][:2]
    torch.testing.assert_close(first.z, start)
    z = start.clone().requires_grad_()
    lam = shared_lambda(own((pair + start).clamp(0, 1)).detach(), goal.true, 2)
    value = eq_8_mean(own, pair, z, goal.true, 2, lam) + 0.5 / 2 * z.square().sum()
    (g,) = torch.autograd.grad(value, z)
    way = g.sign() if norm == "linf" else g / g.norm()
    torch.testing.assert_close(second.z, project(start - 0.2 * 300 / 255 * way, 300, norm), rtol=1e-9, atol=1e-12)
    assert first.loss.mean().item() == pytest.approx(value.item())
    torch.testing.assert_close(second.threshold, second.logits.masked_fill(~goal.true, -9e9).amax(1) - shared_lambda(
        second.logits[second.rows.argsort()], goal.true, 2))  # fmt: skip


# ---- both attacks ---------------------------------------------------------------------------------------------------


@KINDS
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_are_fooled_where_one_z_can_fool_them_all(kind: type[Universal], seed: int) -> None:
    own, x, goal, enough = crowd(seed)
    result = finish(kind(xi=2 * enough, epochs=20), own, x, goal)[1]
    assert result.fooling_rate == 1 and result.achieved.all() and result.asr == 1 and not result.consistent.any()
    assert on_levels(result.z) and float(tk.l2_norm(result.z)) <= 2 * enough * (1 + 1e-6)
    torch.testing.assert_close(result.x_adv, (x + result.z).clamp(0, 1))
    assert bool((goal.margin(own(result.x_adv)) < 0).all()) and on_levels(result.x_adv)
    torch.testing.assert_close(result.norm, tk.l2_norm(result.x_adv - x))


@KINDS
@pytest.mark.parametrize(("norm", "xi"), [("l2", 12.0), ("l2", 60.0), ("linf", 1.0), ("linf", 2.9)])
def test_the_norm_budget_holds_at_every_step(kind: type[Universal], norm: str, xi: float) -> None:
    own, x, goal, _ = crowd(4)
    steps, result = finish(kind(xi=xi, norm=norm, epochs=25), own, x, goal)
    measure = tk.l2_norm if norm == "l2" else tk.linf_norm
    lengths = torch.cat([measure(step.z) for step in steps])
    assert lengths.max() <= xi * (1 + 1e-9) and lengths.max() > 0.9 * xi
    assert 0 < float(measure(result.z)) <= xi * (1 + 1e-6) and on_levels(result.z)
    assert bool((result.norm <= tk.l2_norm(result.z) * (1 + 1e-6)).all())


@KINDS
def test_steps_say_what_their_images_show(kind: type[Universal]) -> None:
    own, x, goal, enough = crowd(5)
    goal = goal.fit(len(x), x.device)
    steps, result = finish(kind(xi=0.7 * enough, epochs=3), own, x, goal)
    assert [step.index for step in steps] == list(range(len(steps)))
    for step in steps:
        assert isinstance(step, tk.UniversalStep) and step.z.shape == x[:1].shape
        torch.testing.assert_close(step.x_adv, (x[step.rows] + step.z).clamp(0, 1))
        torch.testing.assert_close(step.logits, own(step.x_adv))
        torch.testing.assert_close(step.norm, tk.l2_norm(step.x_adv - x[step.rows]))
        assert torch.equal(step.achieved, goal.select(step.rows).margin(step.logits) < 0)
    for epoch in range(3):
        rows = torch.cat([step.rows for step in steps if step.epoch == epoch])
        assert sorted(rows.tolist()) == list(range(7))
        first = next(step for step in steps if step.epoch == epoch)
        assert first.fooling_rate == (goal.margin(own((x + first.z).clamp(0, 1))) < 0).double().mean()
    assert result.steps.tolist() == [3] * 7 and result.x_adv.shape == x.shape
    assert bool((result.forwards >= 3).all()) and bool((result.backwards <= result.forwards * 5).all())


@KINDS
def test_a_seed_is_an_order(kind: type[Universal]) -> None:
    own, x, goal, enough = crowd(6)
    ran = [finish(kind(xi=enough, epochs=2, seed=seed), own, x, goal)[0] for seed in (0, 0, 1)]
    orders = [torch.cat([step.rows for step in steps]).tolist() for steps in ran]
    assert orders[0] == orders[1] != orders[2] and torch.equal(ran[0][-1].z, ran[1][-1].z)


@KINDS
def test_a_warm_start_goes_on_from_there(kind: type[Universal]) -> None:
    own, x, goal, enough = crowd(7)
    found = finish(kind(xi=2 * enough, epochs=20), own, x, goal)[1]
    steps, again = finish(kind(xi=2 * enough, start=found.z), own, x, goal)
    assert len(steps) == 1 and steps[0].fooling_rate == 1 and again.steps.tolist() == [0] * 7
    torch.testing.assert_close(again.z, found.z)
    cold = finish(kind(xi=2 * enough), own, x, goal)[0]
    assert cold[0].fooling_rate < 1 and not cold[0].z.any()
    shorter = next(iter(kind(xi=5, start=found.z).steps(own, x, goal)))
    assert float(tk.l2_norm(cast(tk.UniversalStep, shorter).z)) == pytest.approx(5)
    with pytest.raises(ValueError, match=r"start has shape \(1, 3, 2, 2\).*\(1, 3, 12, 12\)"):
        next(iter(kind(start=torch.zeros(1, 3, 2, 2)).steps(own, x, goal)))


@KINDS
def test_it_stops_at_the_wanted_rate(kind: type[Universal]) -> None:
    own, x, goal, enough = crowd(8)
    few, half = (finish(kind(xi=2 * enough, epochs=40, wanted=w), own, x, goal) for w in (1.0, 0.5))
    assert half[1].fooling_rate >= 0.5 and len(half[0]) <= len(few[0]) < 40 * 7
    assert half[0][-1].fooling_rate >= 0.5


@KINDS
def test_held_out_images_take_no_part_in_updates_and_judge(kind: type[Universal]) -> None:
    own, x, goal, enough = crowd(8)
    steps, result = finish(kind(xi=0.7 * enough, epochs=6, held_out=3), own, x, goal)
    assert {i for step in steps for i in step.rows.tolist()} == {0, 1, 2, 3} and result.x_adv.shape == x.shape
    assert (result.steps[4:] == 0).all() and (result.backwards[4:] == 0).all() and (result.steps[:4] > 0).all()
    rates = []
    for step in steps:
        if step.epoch == len(rates):  # as the epoch begins
            rates.append(float((goal.margin(own(x[4:] + step.z)) < 0).double().mean()))
            assert step.fooling_rate == pytest.approx(rates[-1])
    assert result.achieved[4:].double().mean() >= max(rates) - 1 / 3  # but for what whole levels change
    with pytest.raises(ValueError, match="held_out = 7: of 7 images"):
        kind(held_out=7).steps(own, x, goal)


@KINDS
def test_patience_ends_a_run_whose_rate_rises_no_more(kind: type[Universal]) -> None:
    own, x, goal, _ = crowd(8)
    steps, _ = finish(kind(xi=1.0, epochs=50, held_out=2, patience=3), own, x, goal)
    assert steps[-1].epoch == 3 and {step.fooling_rate for step in steps} == {steps[0].fooling_rate}


@KINDS
def test_send_true_concludes_and_closing_leaves_nothing(kind: type[Universal]) -> None:
    own, x, goal, enough = crowd(9)
    before = x.clone()
    run = kind(xi=enough).steps(own, x, goal)
    next(run)
    result = concluded(run)
    assert isinstance(result, tk.UniversalResult) and not result.z.any()
    run = kind(xi=enough).steps(own, x, goal)
    next(run), next(run)
    run.close()
    assert torch.equal(x, before) and not x.requires_grad and torch.is_grad_enabled()
    assert all(p.grad is None for p in own.module.parameters())
    with torch.no_grad():
        assert finish(kind(xi=2 * enough, epochs=2), own, x, goal)[1].z.any() and not torch.is_grad_enabled()


@KINDS
def test_no_updates_at_all(kind: type[Universal]) -> None:
    own, x, goal, _ = crowd(10)
    for attack in (kind(max_steps=0), kind(epochs=0)):
        steps, result = finish(attack, own, x, goal)
        assert len(steps) == 1 and not result.z.any() and torch.equal(result.x_adv, x)


@KINDS
def test_the_inconsistent_goal_too(kind: type[Universal]) -> None:
    own, x, goal, enough = crowd(11)
    result = finish(kind(xi=2 * enough, epochs=20), own, x, tk.Inconsistent(true=goal.true, k=2))[1]
    assert result.fooling_rate == 1 and result.asr == 1
    with pytest.raises(ValueError, match="not Targeted"):
        kind().steps(own, x, tk.Targeted(targets=mask_of({0}, 6), true=mask_of({1}, 6)))


@KINDS
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("xi", 0.5),
        ("xi", float("nan")),
        ("norm", "l1"),
        ("wanted", 0.0),
        ("epochs", -1),
        ("seed", -1),
        ("held_out", -1),
        ("patience", 0.5),
    ],
)
def test_bad_settings(kind: type[Universal], name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{name} = {value!r}"):
        kind(**{name: value})  # type: ignore[arg-type]


def test_a_step_of_kfool_between_two_labels_is_that_of_deepfool() -> None:
    """k = 1: onto the hyperplane between the true label and the runner-up, straight."""
    own, x = linear(0, 5, images=3)
    goal = tk.Cleared(true=tk.topk_mask(own(x), 1), k=1)
    leaf = x.clone().requires_grad_()
    logits = own(leaf)
    dz, logits = kfool_step(leaf, logits, goal, logits.detach()), logits.detach()
    module = own.module
    assert isinstance(module, Linear)
    for i, (c, j) in enumerate(tk.topk(own(x), 2).tolist()):
        w = module.weight[j] - module.weight[c]
        expected = (logits[i, c] - logits[i, j]) / w.square().sum() * w
        torch.testing.assert_close(dz[i].flatten(), expected.detach())


def test_kuaps_leaves_z_alone_where_it_fools_already() -> None:
    own, x, goal, enough = crowd(12)
    steps, _ = finish(tk.KUAP(xi=1.2 * enough, epochs=3), own, x, goal)
    moved = [not torch.equal(a.z, b.z) for a, b in pairwise(steps)]
    assert moved == [not bool(step.achieved) for step in steps[:-1]] and any(moved) and not all(moved)


# ---- what is bundled ------------------------------------------------------------------------------------------------


@cache
def samples(name: str) -> Tensor:
    return torch.cat([annotator(name).prepare(photo(of), square=True) for of in ("astronaut", "chelsea", "hopper")])


def test_bundled_perturbations_are_whole_levels_of_about_one_length() -> None:
    """Of the attacks that make them, for annotators that there are, of the size of that annotator's squares."""
    there = zoo.bundled()
    whose = {name for _, name, _ in there}
    assert whose and whose <= set(tk.available())
    assert {which for which, _, _ in there} == set(UNIVERSAL)
    for which, name, k in there:
        z, short = tk.universal(which, name, k), entry_of(name).input_size.short
        assert z.shape == (1, 3, short, short) and z.dtype == torch.float32 and on_levels(z)
        budget = float(re.findall(r"xi=([\d.]+)", zoo.notes_of(zoo.path_of(which, name, k))["settings"])[0])
        assert float(tk.l2_norm(z)) <= budget * 1.0001 and (which == "kUAPs" or float(tk.l2_norm(z)) > 0.97 * budget)


def test_bundled_perturbations_do_to_photos_what_noise_does_not() -> None:
    """Photos of another kind than those z was made on: some are fooled, and on average they come nearer to it than with noise."""
    fooled = {"z": 0, "noise": 0}
    for name in sorted({name for which, name, k in zoo.bundled() if (which, k) == ("TkML-AP-Uv", 1)}):
        with torch.no_grad():
            x = samples(name)
            goal = tk.Cleared(true=tk.topk_mask(annotator(name)(x), 1), k=1)
            z = tk.universal("TkML-AP-Uv", name, 1)
            added = {"z": z, "noise": experiment.noise_like(z, 0)}
            margin = {w: goal.margin(annotator(name)((x + d).clamp(0, 1))) for w, d in added.items()}
        assert float(margin["z"].mean()) < float(margin["noise"].mean())
        for which in fooled:
            fooled[which] += int((margin[which] < 0).sum())
    assert fooled["z"] > fooled["noise"]


def test_what_is_not_bundled_is_named_beside_what_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = with_universal()
    with pytest.raises(ValueError, match=rf"kUAPs for {name} at k = 19.*there is one for k = 1, 2, 3"):
        tk.universal("kUAPs", name, 19)
    monkeypatch.setattr(zoo, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=rf"kUAPs for {name} at k = 3.*there is none for any k"):
        tk.universal("kUAPs", name, 3)


def test_what_int8_cannot_hold_is_not_saved(tmp_path: Path) -> None:
    for z in (torch.full((1, 3, 2, 2), 0.5 / 255), torch.full((1, 3, 2, 2), 128 / 255)):
        with pytest.raises(ValueError, match="whole level"):
            zoo.save_universal(z, tmp_path / "z.safetensors", {})
    assert not list(tmp_path.iterdir())


# ---- the command line -----------------------------------------------------------------------------------------------


def test_photos_are_taken_so_that_each_label_has_its_turn() -> None:
    import random

    labels = [[0]] * 50 + [[1]] * 3 + [[0, 2]] * 2
    order = in_turn(labels, random.Random(0))
    assert sorted(order) == list(range(55))
    begin = [labels[i] for i in order[:6]]
    assert sum(b == [1] for b in begin) == 2 and sum(2 in b for b in begin) >= 2
    assert order == in_turn(labels, random.Random(0)) != in_turn(labels, random.Random(1))


def test_noise_is_as_long_and_on_levels() -> None:
    z = to_levels(torch.randn(1, 3, 32, 32) * 4 / 255, 1e4, "l2")
    noise = experiment.noise_like(z, 0)
    assert on_levels(noise) and float(tk.l2_norm(noise)) == pytest.approx(float(tk.l2_norm(z)), rel=0.01)
    assert abs(torch.cosine_similarity(noise.flatten(), z.flatten(), dim=0)) < 0.1


def test_the_command_makes_measures_and_does_not_make_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Few:
        def __init__(self, own: tk.Annotator, name: str, photos: object) -> None:
            self.annotator = self.own = own

        def take(self, k: int, stop: int) -> list[Row]:
            with torch.no_grad():
                x = samples("mobilenet-voc20")
                logits = self.own(x[:2])
            none = torch.zeros(20, dtype=torch.bool)
            return [Row("", lambda i=i: x[i : i + 1], tk.topk_mask(logits, 1)[i], none, logits[i]) for i in range(2)]

    monkeypatch.setattr(experiment, "Photos", Few)
    monkeypatch.setattr(experiment, "to_make_on", lambda name, args: [])
    monkeypatch.setattr(experiment, "to_measure_on", lambda name, args: [])
    name = "mobilenet-voc20"
    command = (
        f"--voc /a/VOCdevkit --coco /a/coco --annotators {name} --k 1 --attacks TkML-AP-Uv --epochs 1 --device cpu"
    )
    arguments = [*command.split(), "--xi", "1500", "--out", str(tmp_path)]
    experiment.main(arguments)
    path = zoo.path_of("TkML-AP-Uv", name, 1, tmp_path, 1500)
    notes, written = zoo.notes_of(path), path.stat().st_mtime_ns
    assert notes["attack"] == "TkML-AP-Uv" and notes["k"] == "1" and notes["photos"] == notes["measured"] == "2"
    assert "held_out=1, patience=0" in notes["settings"]  # of two photos one judges
    assert float(notes["own_norm"]) == pytest.approx(1500 * tk.TkMLAPUv().step, rel=0.01)  # one update
    assert float(notes["norm"]) == pytest.approx(1500, rel=0.01) and path.stat().st_size < 200_000
    assert "/a/VOC" not in notes["command"] and "--voc VOCdevkit --coco coco" in notes["command"]
    page = (tmp_path / "README.md").read_text()
    assert notes["command"] in page and f"| {name} | 1 | 1500 | TkML-AP-Uv | 1500 | 300 |" in page
    assert "epoch 1" in capsys.readouterr().out
    experiment.main(arguments)
    assert path.stat().st_mtime_ns == written and "epoch" not in capsys.readouterr().out.split("|")[0]
    assert float(notes["gradients"]) == 1  # the one photo that does not judge of two, before and after its update
    experiment.main([*arguments, "--xi", "1500", "900"])  # the one that there is not yet
    assert zoo.budgets(tmp_path) == [900, 1500] and path.stat().st_mtime_ns == written
    shorter = zoo.load_universal(zoo.path_of("TkML-AP-Uv", name, 1, tmp_path, 900))
    assert float(tk.l2_norm(shorter)) == pytest.approx(900, rel=0.03)
    before = zoo.load_universal(path)
    experiment.main([*arguments, "--again"])
    assert path.stat().st_mtime_ns > written and zoo.notes_of(path)["own_norm"] == notes["own_norm"]
    torch.testing.assert_close(zoo.load_universal(path), before)


def test_source_takes_what_is_consistent_and_known(tmp_path: Path) -> None:
    """An annotator that always says `dog`: only photos of dogs are consistent at k = 1; for coco80 no VOC photo counts."""
    from datasets import write_coco, write_voc

    voc, coco = tmp_path / "VOCdevkit", tmp_path / "coco"
    write_voc(voc, 2007, "train", {"000001": {"dog": 1}, "000002": {"cat": 1}, "000003": {"dog": 1, "person": 1}})
    for year, split in ((2007, "val"), (2012, "train"), (2012, "val")):
        write_voc(voc, year, split, {f"{year}_{split}": {"cat": 1}})
    write_coco(coco, "train", {9: ["dog", "tie"], 10: ["tie"]})
    write_coco(coco, "val", {})

    class Says(torch.nn.Module):
        def __init__(self, m: int, label: int) -> None:
            super().__init__()
            self.scores = torch.nn.Parameter(torch.eye(m)[label])

        def forward(self, x: Tensor) -> Tensor:
            return self.scores.expand(len(x), -1)

    import argparse

    args = argparse.Namespace(voc=voc, coco=coco, seed=0)
    for name, expected in (
        ("voc20", {"voc/000001", "voc/000003", "coco/000000000009"}),
        ("coco80", {"coco/000000000009"}),
    ):
        labels = annotator(name).labels
        source = experiment.Photos(
            tk.Annotator(Says(len(labels), labels.index("dog")), labels), name, experiment.to_make_on(name, args)
        )
        assert {row.key for row in source.take(1, 10)} == expected
        assert len(source.take(1, 1)) == 1
