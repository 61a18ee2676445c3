"""On a GPU the host reads what a step found in the next one, and a step asks nothing that it would wait for.

There is no GPU in tests: the CPU plays it, and is as late.
"""

from typing import Any, ClassVar

import pytest
import torch
from conftest import concluded
from oracles import linear
from test_every_attack import short
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

import tkml_core as tk
from tkml_core.attacks.common import deferred
from tkml_core.attacks.common.batch import BatchState

GRADIENTS = [name for name in tk.ATTACKS if name not in ("TkML-AP-Uv", "kUAPs", "BlackBox")]
OWN = pytest.mark.parametrize("name", GRADIENTS)
# QuadAttacK solves its programme on the CPU, and so waits for the scores in every step.
PAIRS = [(name, kind) for name in GRADIENTS if name != "QuadAttacK" for kind in tk.ATTACKS[name].goals]


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deferred, "DEFERRED", ("cpu",))


def goal_of(kind: type[tk.Goal], logits: Tensor, k: int) -> tk.Goal:
    """Two true labels; the worst targets, or the better true label hidden."""
    true = tk.topk_mask(logits, 2)
    named = tk.topk(logits, 1) if kind.asks_for == "hidden" else tk.topk(-logits, k) if kind.asks_for else None
    return kind.of(true, k, named)


class Waits(TorchDispatchMode):
    """Notes every operation whose outcome decides what the host does next, or the shape of something."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        aten = torch.ops.aten
        asks = {aten._local_scalar_dense, aten.nonzero, aten.masked_select, aten.equal, aten.lift_fresh}
        indexing = {aten.index, aten.index_put, aten._index_put_impl_}
        packet = func.overloadpacket
        if packet in asks or (packet in indexing and any(i is not None and i.dtype == torch.bool for i in args[1])):
            self.seen.append(str(func))
        return func(*args, **(kwargs or {}))


class Reads(TorchFunctionMode):
    """Notes what is read off tensors as Python's own values."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") in ("tolist", "numpy", "item", "__bool__", "__int__", "__float__"):
            self.seen.append(args[0])
        return func(*args, **(kwargs or {}))


@pytest.mark.usefixtures("late")
@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_a_step_without_a_success_waits_for_nothing(name: str, kind: type[tk.Goal]) -> None:
    annotator, x = linear(5, 12, images=2)
    goal = goal_of(kind, annotator(x), 3)
    attack = short(name)
    one = attack._state(annotator, x, goal)
    steps = attack._begin(one)
    step = next(steps)
    for _ in range(4):
        if step.achieved.any():
            break
        before = one.pending
        assert before is not None
        with Reads() as reads, Waits() as waits:
            step = next(steps)
        assert waits.seen == []
        (read,) = reads.seen
        assert read is before.flags and one.pending is not before
        assert len(one.active) == len(x)
    assert step.index


@OWN
def test_late_news_lead_to_the_same_successes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    annotator, x = linear(7, 6, images=4)
    goal = goal_of(tk.ATTACKS[name].goals[0], annotator(x), 2)
    at_once = short(name)(annotator, x, goal)
    monkeypatch.setattr(deferred, "DEFERRED", ("cpu",))
    late, again = (short(name)(annotator, x, goal) for _ in range(2))
    assert torch.equal(late.achieved, at_once.achieved) and late.achieved.all()
    assert torch.equal(late.x_adv, again.x_adv)
    levels = late.x_adv * 255
    torch.testing.assert_close(levels, levels.round(), rtol=0, atol=1e-9)
    assert (late.norm <= 1.05 * at_once.norm).all()
    if name in ("TkML-AP-U", "kFool"):  # the first success ends these: the same one, a step later
        assert torch.equal(late.x_adv, at_once.x_adv)
        assert torch.equal(late.steps, at_once.steps + 1)


@pytest.mark.usefixtures("late")
@OWN
def test_certified_is_never_said_of_another_image(name: str) -> None:
    annotator, x = linear(7, 6, images=4)
    goal = goal_of(tk.ATTACKS[name].goals[0], annotator(x), 2)
    fitted = goal.fit(len(x), x.device)
    said = False
    for step in short(name).steps(annotator, x, goal):
        shown = fitted.margin(annotator((step.x_adv * 255).round() / 255)) < 0
        assert not (step.certified & ~shown).any()
        said |= bool(step.certified.any())
    assert said or name == "MinNorm"  # which ends its images when its steps are over


@pytest.mark.usefixtures("late")
@OWN
def test_a_run_that_is_cut_off_knows_its_last_success(name: str) -> None:
    """The news of the last look are read at the end, whatever ended it."""
    annotator, x = linear(7, 6, images=2)
    goal = goal_of(tk.ATTACKS[name].goals[0], annotator(x), 2)
    steps = short(name).steps(annotator, x, goal)
    while not next(steps).achieved.all():
        pass
    assert concluded(steps).achieved.all()


@pytest.mark.usefixtures("late")
def test_late_news_are_no_success_once_more_is_wanted() -> None:
    """Between a look and its news the rounding of an earlier success may fail, and then this one is as doubtful."""
    annotator, x = linear(7, 6, images=1)
    goal = tk.Cleared(true=tk.topk_mask(annotator(x), 1), k=2)
    for more, kept in ((0, True), (100, False)):
        one = BatchState(annotator, x, goal)
        one.x_adv = short("TkML-AP-U")(annotator, x, goal).x_adv
        seen = one.evaluate()
        assert one.record(seen, seen.norm, seen.norm).all()
        one.required_margin = one.required_margin + more
        one.read_pending()
        assert one.succeeded == kept and bool(one.best_norm.isfinite().all()) == kept


def test_flags_that_no_event_announces_are_waited_for() -> None:
    """On Apple's GPUs a copy that is not waited for is read before it is there."""

    class Copies(TorchFunctionMode):
        waited: ClassVar[list[bool]] = []

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if getattr(func, "__name__", "") == "to" and "cpu" in args:
                self.waited.append(not (kwargs or {}).get("non_blocking", False))
            return func(*args, **(kwargs or {}))

    annotator, x = linear(0, 6, images=1)
    one = BatchState(annotator, x, tk.Inconsistent(true=tk.topk_mask(annotator(x), 1), k=2))
    seen = one.evaluate()
    with Copies() as copies:
        one.record(seen, seen.norm, seen.norm)
    assert copies.waited == [True]


@pytest.mark.usefixtures("late")
def test_scores_that_are_no_numbers_are_told_in_the_next_step_or_at_the_end() -> None:
    annotator, x = linear(0, 6, images=1)
    for last in (BatchState.evaluate, BatchState.result):
        one = BatchState(annotator, x, tk.Inconsistent(true=tk.topk_mask(annotator(x), 1), k=2))
        one.x_adv = torch.full_like(x, torch.nan)
        seen = one.evaluate()
        one.record(seen, seen.norm, seen.norm)
        with pytest.raises(ValueError, match="NaN or infinite"):
            found = last(one)
            if last is BatchState.evaluate:
                one.record(found, found.norm, found.norm)
