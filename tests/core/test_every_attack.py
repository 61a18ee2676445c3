"""What holds for every attack by its name: goals, determinism, the box, 8-bit honesty, Stop, any network, any shape."""

from dataclasses import fields
from typing import Any

import pytest
import torch
from conftest import concluded
from oracles import linear
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

import tkml_core as tk
from tkml_core import pixel_grid
from tkml_core.attacks.common.base import Attack
from tkml_core.attacks.universal.base import Universal

# Short enough for a test; what these need to succeed on a linear annotator they have.
SHORT: dict[str, dict[str, Any]] = {
    "TkML-AP-U": {"max_steps": 60},
    "TkML-AP-T": {"max_steps": 120},
    "TkML-AP-Uv": {"xi": 400.0, "epochs": 6},
    "kFool": {"max_steps": 20},
    "kUAPs": {"xi": 400.0, "epochs": 4},
    "ML-AP": {"max_steps": 120},
    "CW^k": {"max_steps": 120, "searches": 2},
    "QuadAttacK": {"max_steps": 120, "searches": 2},
    "MinNorm": {"max_steps": 40},
    "TKMIA": {"max_steps": 60},
    "BlackBox": {"max_steps": 150, "epsilon": 16},
}
EVERY = pytest.mark.parametrize("name", list(tk.ATTACKS))


def short(name: str) -> Attack:
    return tk.ATTACKS[name](**SHORT[name])


def run_of(name: str, m: int = 6, k: int = 2, images: int = 2, **other: Any) -> tuple[tk.Annotator, Tensor, tk.Goal]:
    annotator, x = linear(7, m, images=images, **other)
    logits = annotator(x).detach()
    return annotator, x, tk.own_goal(short(name), logits, tk.topk_mask(logits, 1), k)


def test_the_registry_names_each_class_as_it_names_itself() -> None:
    contract = [
        "TkML-AP-U",
        "TkML-AP-T",
        "TkML-AP-Uv",
        "kFool",
        "kUAPs",
        "ML-AP",
        "CW^k",
        "QuadAttacK",
        "MinNorm",
        "TKMIA",
        "BlackBox",
    ]
    assert set(tk.ATTACKS) == set(contract) == set(SHORT)
    for name, kind in tk.ATTACKS.items():
        assert kind.name == name and kind.goals and "max_steps" in {field.name for field in fields(kind)}


@EVERY
def test_a_run_is_honest_and_repeatable(name: str) -> None:
    """Never outside the box; a success is one that the 8-bit image shows alone; the same again gives the same."""
    annotator, x, goal = run_of(name)
    before = x.clone()
    for step in short(name).steps(annotator, x, goal):
        assert step.x_adv.min() >= 0 and step.x_adv.max() <= 1
        assert step.norm.shape == step.loss.shape == step.threshold.shape == step.achieved.shape == step.certified.shape
        assert torch.isfinite(step.logits).all() and torch.isfinite(step.norm).all()
    first, again = (short(name)(annotator, x, goal) for _ in range(2))
    assert torch.equal(x, before)
    for field in fields(first):
        a, b = getattr(first, field.name), getattr(again, field.name)
        assert torch.equal(a, b) if isinstance(a, Tensor) else a == b
    torch.testing.assert_close(first.x_adv * 255, (first.x_adv * 255).round(), rtol=0, atol=1e-9)
    fitted = goal.fit(len(x), x.device)
    for i in range(len(x)):
        alone = annotator(first.x_adv[i : i + 1])
        one = fitted.select(torch.tensor([i]))
        assert first.achieved[i] == bool(one.margin(alone) <= -1e-3)
        assert first.consistent[i] == bool(tk.consistent(alone, one.true, goal.k))
    assert first.achieved.any()
    torch.testing.assert_close(first.norm, tk.l2_norm(first.x_adv - x))


@EVERY
def test_closing_leaves_nothing_and_sending_true_concludes(name: str) -> None:
    annotator, x, goal = run_of(name)
    steps = short(name).steps(annotator, x, goal)
    next(steps)
    steps.close()
    assert not x.requires_grad and torch.is_grad_enabled()
    assert all(p.grad is None and not p.requires_grad for p in annotator.module.parameters())
    steps = short(name).steps(annotator, x, goal)
    next(steps), next(steps)
    result = concluded(steps)
    assert isinstance(result, tk.Result) and result.x_adv.shape == x.shape


class Counted(nn.Module):
    """Counts its passes forward."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner, self.passes = inner, 0

    def forward(self, x: Tensor) -> Tensor:
        self.passes += 1
        return self.inner(x)


@EVERY
def test_a_run_ends_a_few_passes_after_its_deadline_with_the_success_that_it_had(name: str) -> None:
    """Whenever that is: among the steps, in a search on the grid, in what shortens the float success."""
    annotator, x, goal = run_of(name, images=1)
    annotator = tk.Annotator(Counted(annotator.module), annotator.labels)
    counted = annotator.module
    assert isinstance(counted, Counted)  # a copy of it
    later = []
    for deadline in range(2, 100, 7):
        counted.passes, seen, stop = 0, False, None

        def over(deadline: int = deadline) -> bool:
            return counted.passes >= deadline

        token = pixel_grid.overdue.set(over)
        try:
            steps = short(name).steps(annotator, x, goal)
            while True:
                step = steps.send(stop)
                seen = seen or bool(step.achieved.any())
                stop = over() or None
        except StopIteration as end:
            assert not seen or isinstance(short(name), Universal) or bool(end.value.achieved.all())
        finally:
            pixel_grid.overdue.reset(token)
        later.append(counted.passes - deadline)
    assert max(later) <= pixel_grid.CLOSING_PASSES


@EVERY
def test_two_labels_and_one_image(name: str) -> None:
    annotator, x, goal = run_of(name, m=2, k=1, images=1)
    assert short(name)(annotator, x, goal).achieved.tolist() == [True]


@EVERY
def test_sixty_four_images(name: str) -> None:
    annotator, x, goal = run_of(name, images=64)
    attack = tk.BlackBox(max_steps=25, epsilon=32) if name == "BlackBox" else short(name)
    result = attack(annotator, x, goal)
    assert result.x_adv.shape == x.shape and result.achieved.shape == (64,)
    assert result.achieved.double().mean() > (0.1 if name in ("BlackBox", "kUAPs") else 0.5)


class Tiny(nn.Module):
    """A visitor's own network: any image size, float32 or float64."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 5, 2), nn.SiLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten())
        self.head = nn.Linear(128, 5)

    def forward(self, x: Tensor) -> Tensor:
        return 20 * self.head(self.body(x))


@EVERY
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_network_of_ones_own_on_a_wide_image(name: str, dtype: torch.dtype) -> None:
    torch.manual_seed(3)
    annotator = tk.Annotator(Tiny().to(dtype), ["cat", "dog", "sofa", "car", "tree"], device="cpu")
    x = torch.randint(0, 256, (1, 3, 20, 41)).to(dtype) / 255
    goal = tk.own_goal(short(name), annotator(x), tk.topk_mask(annotator(x), 1), 2)
    result = short(name)(annotator, x, goal)
    assert result.x_adv.dtype == dtype and result.x_adv.shape == x.shape and result.norm.dtype == dtype
    assert result.achieved.item() or isinstance(short(name), Universal) or name == "BlackBox"


class Large(TorchDispatchMode):
    """Notes how many values the largest tensor has that is made."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for one in made if isinstance(made, list | tuple) else (made,):
            self.most = max(self.most, one.numel() if isinstance(one, Tensor) else 0)
        return made


@EVERY
def test_ten_thousand_labels(name: str) -> None:
    """Work and memory grow with the number of labels, not with its square."""
    torch.manual_seed(0)
    m, side = 10_000, 8
    annotator = tk.Annotator(nn.Sequential(nn.Flatten(), nn.Linear(3 * side**2, m)), [f"label {j}" for j in range(m)])
    x = torch.randint(64, 192, (2, 3, side, side)) / 255
    attack = tk.ATTACKS[name](**SHORT[name] | {"max_steps": 8})
    goal = tk.own_goal(attack, annotator(x), tk.topk_mask(annotator(x), 2), 3)
    with Large() as large:
        result = attack(annotator, x, goal)
    assert result.x_adv.shape == x.shape and result.steps.max() > 0
    assert large.most <= 4 * 3 * side**2 * m  # the network's own weights, and a few gradients of them


@EVERY
def test_a_goal_that_it_cannot_have_is_refused(name: str) -> None:
    annotator, x, _ = run_of(name)
    attack = short(name)
    other = next((kind for kind in (tk.Cleared, tk.Targeted, tk.Ordered) if kind not in attack.goals), None)
    if other is None:  # BlackBox takes whatever has a margin
        return
    true = tk.topk_mask(annotator(x), 1)
    targets = tk.choose_targets("best", annotator(x), true=true, k=2)
    wrong: tk.Goal = (
        tk.Cleared(true=true, k=2) if other is tk.Cleared
        else tk.Targeted(targets=targets, true=true) if other is tk.Targeted
        else tk.Ordered(targets=tk.topk(annotator(x).masked_fill(~targets, -torch.inf), 2), true=true)
    )  # fmt: skip
    with pytest.raises(ValueError, match=other.__name__):
        attack.steps(annotator, x, wrong)


class Exponential(nn.Module):
    """Ends in a function whose derivative is its own result, which the graph therefore keeps."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return (self.inner(x) / 4).exp()


@EVERY
def test_nothing_is_written_into_what_the_network_returned(name: str) -> None:
    """Some images are done before others, and their new scores must not land in the graph of the others."""
    annotator, x = linear(7, 6, images=8)
    annotator = tk.Annotator(Exponential(annotator.module), annotator.labels)
    goal = tk.own_goal(short(name), annotator(x), tk.topk_mask(annotator(x), 1), 2)
    result = short(name)(annotator, x, goal)
    assert result.achieved.any() or name in ("kUAPs", "BlackBox")


class Asked(TorchDispatchMode):
    """Counts what a GPU would have to finish its work for: numbers brought to Python, and shapes that hang on values."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        chosen = [part for part in args if isinstance(part, list | tuple) for part in part if isinstance(part, Tensor)]
        by_mask = "index" in str(func) and any(part.dtype == torch.bool for part in chosen)
        self.times += by_mask or any(ask in str(func) for ask in ("_local_scalar_dense", "nonzero", "aten.equal"))
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("TkML-AP-U", {"step": 1e-3}), ("TkML-AP-T", {"step": 1e-3}), ("ML-AP", {"step": 1e-3}),
        ("CW^k", {"rate": 1e-6}), ("MinNorm", {"max_steps": 3000, "schedule": 2900, "starts": 0}),
    ],
)  # fmt: skip
def test_a_step_without_a_success_asks_the_device_once(
    name: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    annotator, x = linear(7, 12, images=3)
    attack = tk.ATTACKS[name](**settings)
    goal = tk.own_goal(attack, annotator(x), tk.topk_mask(annotator(x), 1), 5, "worst")
    steps = attack.steps(annotator, x, goal)
    next(steps)
    lists, tolist = [], Tensor.tolist  # which a CPU reads from memory, without dispatch
    monkeypatch.setattr(Tensor, "tolist", lambda tensor: lists.append(len(tensor)) or tolist(tensor))
    with Asked() as asked:
        step = next(steps)
    assert lists == [2]  # whether scores are finite, and whether any image succeeded
    assert asked.times == 0
    assert not step.achieved.any()


@EVERY
def test_confidence_is_by_how_much_a_success_meets_the_goal(name: str) -> None:
    """Logits here are spread over ±1.3. No step counts as a success before the margin is −κ, nor the 8-bit image."""
    kappa = 0.2
    annotator, x, goal = run_of(name)
    attack = tk.ATTACKS[name](**SHORT[name], confidence=kappa)
    for step in attack.steps(annotator, x, goal):
        rows = getattr(step, "rows", torch.arange(len(x)))
        margin = goal.fit(len(x), x.device).select(rows).margin(annotator(step.x_adv))
        assert bool((margin[step.achieved] < -kappa).all()) and bool((margin[step.certified] < -kappa).all())
    result, plain = attack(annotator, x, goal), short(name)(annotator, x, goal)
    margin = goal.margin(annotator(result.x_adv))
    assert torch.equal(result.achieved, margin <= -kappa - 1e-3) and bool(result.achieved.any())
    if not isinstance(attack, (Universal, tk.BlackBox)):
        assert bool((result.norm > plain.norm)[result.achieved & plain.achieved].all())


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), 1e5])
def test_confidence_is_a_number_from_0(value: float) -> None:
    with pytest.raises(ValueError, match="confidence = "):
        tk.MinNorm(confidence=value)
