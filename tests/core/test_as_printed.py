"""Algorithms 1 and 2 as printed, iterate by iterate against loops written from the paper."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from conftest import to_the_end
from oracles import linear, mask_of
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

import tkml_core as tk
from tkml_core.attacks.common.as_printed import Printed
from tkml_core.experiments.methods import attack_of

M, K = 7, 2
Y, T = [0, 1], [5, 6]
TRUE, TARGETS = mask_of({0, 1}, M), mask_of({5, 6}, M)


def smooth() -> tuple[tk.Annotator, Tensor]:
    """A small network without kinks, in float64, whose two best labels are the true ones; a grey image."""
    torch.manual_seed(3)
    module = nn.Sequential(nn.Conv2d(3, 5, 3), nn.Softplus(), nn.Flatten(), nn.Linear(5 * 36, M)).double()
    with torch.no_grad():
        module[0].weight.mul_(4)
        module[3].weight.mul_(4)
        module[3].bias.copy_(torch.tensor([-0.5, 2.1, 0.4, -0.1, 0.2, 0.3, 1.3]))
    return tk.Annotator(module, list("abcdefg")), 0.4 + 0.2 * torch.rand(1, 3, 8, 8, dtype=torch.float64)


def lemma_1(t: Tensor, k: int) -> float:
    """Midway between the least and the largest λ at the minimum of kλ + Σ [t_j − λ]_+ (Eq. 4)."""
    ordered = t.sort(descending=True).values
    return (ordered[k - 1] + ordered[k]).item() / 2


def algorithm_1(
    annotator: tk.Annotator, x: Tensor, eta: float, beta: float, lam: float | None, logits: bool, count: int
) -> list[tuple[Tensor, float]]:
    """(z_l, λ_l) for l = 0, 1, …: until E = 0, `count` updates at most. lam None: Lemma 1's in every step."""
    z, given, seen = torch.zeros_like(x), lam, []
    for l in range(count + 1):  # noqa: E741
        image = (x + z).requires_grad_()
        f = annotator(image)[0] if logits else annotator(image)[0].sigmoid()
        y = max(Y, key=lambda j: f[j].item())  # y'
        if given is None:
            lam = lemma_1((f[y] - f).clamp(min=0).detach(), M - K)
        seen.append((z, lam))
        top = set(f.argsort(descending=True)[:K].tolist())
        if l == count or not (top <= set(Y) or set(Y) <= top):
            break
        active = [j for j in range(M) if f[y] - f[j] > lam]
        slopes = [torch.autograd.grad(f[y] - f[j], image, retain_graph=True)[0] for j in active]
        z = (1 - beta * eta) * z - eta / (M - K) * sum(slopes)
        lam = max(lam - eta * (1 - len(active) / (M - K)), 0.0)
        lam = lam if logits else min(lam, 1.0)
    return seen


def algorithm_2(
    annotator: tk.Annotator, x: Tensor, eta: float, beta: float, lam: float | None, logits: bool, count: int
) -> list[tuple[Tensor, float]]:
    """(z_l, λ_l) for l = 0, …, `count`."""
    z, given, seen = torch.zeros_like(x), lam, []
    for _ in range(count + 1):
        image = (x + z).requires_grad_()
        f = annotator(image)[0] if logits else annotator(image)[0].sigmoid()
        if given is None:
            lam = lemma_1(f.detach(), K)
        seen.append((z, lam))
        s = [1 if j in T else -1 for j in range(M)]
        active = [j for j in range(M) if s[j] * (lam - f[j]) > 0]
        slopes = [-s[j] * torch.autograd.grad(f[j], image, retain_graph=True)[0] for j in active]
        z = (1 - beta * eta) * z - eta * sum(slopes)
        lam = lam - eta * sum(s[j] for j in active)
        lam = lam if logits else min(max(lam, 0.0), 1.0)
    return seen


# η for scores in [0,1], whose slopes are shorter, and on logits: goals are reached on the way, and the box is not.
ETA = {("U", False): 0.1, ("U", True): 0.01, ("T", False): 0.03, ("T", True): 0.01}


@pytest.mark.parametrize("lam", [None, 0.3])
@pytest.mark.parametrize("logits", [False, True], ids=["probability", "logits"])
@pytest.mark.parametrize("which", ["U", "T"])
def test_every_iterate_is_the_printed_one(which: str, logits: bool, lam: float | None) -> None:
    annotator, x = smooth()
    eta, beta, count = ETA[which, logits], 0.5, 60
    kind, oracle = (tk.TkMLAPU, algorithm_1) if which == "U" else (tk.TkMLAPT, algorithm_2)
    goal = tk.Inconsistent(true=TRUE, k=K) if which == "U" else tk.Targeted(targets=TARGETS, true=TRUE)
    attack = kind.as_printed(
        eta=eta, beta=beta, lambda_0=lam, lemma_1=lam is None, max_steps=count,
        score_space="logits" if logits else "probability",
    )  # fmt: skip
    expected = oracle(annotator, x, eta, beta, lam, logits, count)
    steps, result = to_the_end(attack.steps(annotator, x, goal))
    assert 5 < len(expected) <= len(steps)
    if which == "U":
        assert len(expected) < count  # E = 0 ended it
        assert result.achieved.item()
    else:
        assert len(expected) == len(steps)
    assert not any(torch.equal(z, following) for (z, _), (following, _) in pairwise(expected))
    for l, (step, (z, here)) in enumerate(zip(steps, expected, strict=False)):  # noqa: E741
        ended = which == "U" and l == len(expected) - 1  # from here the image may be the 8-bit one
        assert (x + z).min() > 0.001 and (x + z).max() < 0.999  # the box is not met
        if ended:
            assert step.achieved.item()
            break
        torch.testing.assert_close(step.x_adv - x, z, rtol=1e-9, atol=1e-12)
        f = step.logits[0] if logits else step.logits[0].sigmoid()
        drawn = max(f[j].item() for j in Y) - here if which == "U" else here
        assert step.threshold.item() == pytest.approx(drawn, rel=1e-9, abs=1e-12)


def test_the_last_z_of_algorithm_2_is_what_it_returns() -> None:
    """A success on the way does not count where the last iterate is none; stopped earlier, the one at hand is the last."""
    annotator, x = smooth()
    goal = tk.Targeted(targets=TARGETS, true=TRUE)
    attack = tk.TkMLAPT.as_printed(eta=0.01, beta=0.5, lemma_1=True, max_steps=60, score_space="logits")
    steps, result = to_the_end(attack.steps(annotator, x, goal))
    torch.testing.assert_close(result.norm_float, tk.l2_norm(steps[-1].x_adv - x), rtol=0.3, atol=0)
    first = next(step.index for step in steps if step.achieved.item())
    assert 0 < first < 55
    run = attack.steps(annotator, x, goal)
    for _ in range(first + 4):
        step = next(run)
    with pytest.raises(StopIteration) as end:
        run.send(True)
    assert end.value.value.achieved.item()
    torch.testing.assert_close(end.value.value.norm_float, step.norm)
    assert end.value.value.norm_float != result.norm_float


@pytest.mark.parametrize("m", [2, 3, 10])
@pytest.mark.parametrize("lemma_1", [False, True])
def test_k_up_to_m_minus_1(m: int, lemma_1: bool) -> None:
    """Every label but one: Algorithm 2 and TkML-AP-T plant them; Algorithm 1 and TkML-AP-U lift them above the true one."""
    annotator, x = linear(1, m)
    true = tk.topk_mask(annotator(x).detach(), 1)
    targeted, cleared = tk.Targeted(targets=~true, true=true), tk.Cleared(true=true, k=m - 1)
    shared = {"score_space": "logits", "lemma_1": lemma_1, "eta": 3e-4, "max_steps": 600}
    assert tk.TkMLAPT.as_printed(**shared)(annotator, x, targeted).achieved.item()
    # With λ's own update nothing moves z before λ has come down from Lemma 1's largest by η a step: that is the print.
    shared |= {"lambda_0": 0.1}
    assert tk.TkMLAPU.as_printed(**shared)(annotator, x, cleared).achieved.item()
    upper = annotator(x).topk(m - 1, dim=1).values[0, -1].item()  # the largest λ of Lemma 1 in T
    for lambda_0 in (None, upper):
        assert tk.TkMLAPT(lambda_0=lambda_0)(annotator, x, targeted).achieved.item()
    assert tk.TkMLAPU()(annotator, x, cleared).achieved.item()


def test_why_algorithm_2_misses_its_goal_as_printed_on_an_annotator(photos: dict[str, Path]) -> None:
    """What the page says of it: λ leaps from end to end, targets near probability 0 do not rise; on raw scores they do."""
    annotator = tk.load("voc20")
    x = functional.interpolate(annotator.prepare(Image.open(photos["cat"])), size=(96, 96), mode="area")
    true = annotator.mask(["cat"])
    goal = tk.Targeted(targets=tk.choose_targets("worst", annotator(x), true=true, k=3), true=true)
    steps = list(tk.TkMLAPT.as_printed(max_steps=40).steps(annotator, x, goal))
    leaps = sum(abs(a.threshold.item() - b.threshold.item()) == 1 for a, b in pairwise(steps))
    assert leaps > 30 and not any(step.achieved.item() for step in steps)
    assert steps[-1].logits.sigmoid()[goal.targets].min() < 0.001
    on_raw_scores = tk.TkMLAPT.as_printed(max_steps=100, score_space="logits").steps(annotator, x, goal)
    assert any(step.achieved.item() for step in on_raw_scores)


def test_a_table_can_ask_for_them() -> None:
    assert attack_of("TkML-AP-U(as printed)") == tk.TkMLAPU.as_printed()
    assert attack_of("TkML-AP-T(as printed, eta=0.1, lemma_1=True)") == tk.TkMLAPT.as_printed(eta=0.1, lemma_1=True)
    for wrong in ("ML-AP(as printed)", "TkML-AP-U(as printed", "TkML-AP-U(as printed, step=1)"):
        with pytest.raises(ValueError, match="settings are written"):
            attack_of(wrong)


@pytest.mark.parametrize(
    ("name", "value"), [("eta", 0.0), ("beta", -1.0), ("lambda_0", float("nan")), ("score_space", "odds")]
)
def test_bad_settings(name: str, value: object) -> None:
    for kind in (tk.TkMLAPU, tk.TkMLAPT):
        with pytest.raises(ValueError, match=f"{name} = {value!r}"):
            kind.as_printed(**{name: value})


def test_they_are_of_one_kind() -> None:
    assert all(isinstance(kind.as_printed(), Printed) for kind in (tk.TkMLAPU, tk.TkMLAPT))
