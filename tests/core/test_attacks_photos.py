"""TkML-AP-U and -T on the bundled annotators and on photos that installed packages carry, as a visitor runs them."""

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib
import pytest
import skimage
import torch
from conftest import concluded, to_the_end
from PIL import Image
from torch import Tensor

import tkml_core as tk
from tkml_core.attacks.common.descent import Descent
from tkml_core.images import InputSize

K = 3
NAMES = ("voc20", "mobilenet-coco80")  # two networks, two sets of labels
ATTACKS: dict[str, Descent] = {"U": tk.TkMLAPU(max_steps=300), "T": tk.TkMLAPT(max_steps=300, patience=4)}


@cache
def annotator(name: str) -> tk.Annotator:
    return tk.load(name, device="cpu")


@cache
def photo(name: str) -> Image.Image:
    data = Path(skimage.__file__).parent / "data"
    files = {
        "astronaut": data / "astronaut.png",
        "chelsea": data / "chelsea.png",
        "hopper": Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg",
    }
    return Image.open(files[name])


@cache
def near(name: str) -> tk.Annotator:
    """The same network, for which photos are made little more than half as large: a run takes a third of the work."""
    return tk.Annotator(annotator(name).module, annotator(name).labels, "cpu", InputSize(96, 192))


@cache
def squares(name: str) -> Tensor:
    """Two photos, cut square so that they form a batch, as the annotator of this name looks at them."""
    return torch.cat([near(name).prepare(photo(of), square=True) for of in ("astronaut", "chelsea")])


@cache
def small() -> Tensor:
    """Five parts of photos at 64 × 64: what is tested on them does not need whole photos."""
    parts = [
        photo("chelsea"),
        photo("astronaut"),
        photo("hopper"),
        photo("chelsea").rotate(20),
        photo("astronaut").rotate(30),
    ]
    pixels = [tk.prepare(part.convert("RGB").resize((224, 224)))[:, :, ::3, ::3][:, :, 5:69, 5:69] for part in parts]
    return torch.cat(pixels)


def guessed_truth(logits: Tensor) -> Tensor:
    """The best label and every one that the annotator holds for likelier than not, at most three."""
    return (tk.ranks(logits) == 1) | ((logits > 0) & (tk.ranks(logits) <= 3))


def ask(name: str, which: str, x: Tensor, k: int = K, case: str = "best") -> tk.Goal:
    with torch.no_grad():
        logits = near(name)(x)
    true = guessed_truth(logits)
    if which == "U":
        return tk.Cleared(true=true, k=k)
    return tk.Targeted(targets=tk.choose_targets(case, logits, true=true, k=k), true=true)


@dataclass(frozen=True)
class Ran:
    goal: tk.Goal
    steps: list[tk.Step]
    result: tk.Result


def finish(attack: Descent, name: str, x: Tensor, goal: tk.Goal) -> Ran:
    return Ran(goal, *to_the_end(attack.steps(near(name), x, goal)))


@cache
def ran(name: str, which: str) -> Ran:
    """One whole run on the squares, looked at by several tests."""
    goal = ask(name, which, squares(name))
    return finish(ATTACKS[which], name, squares(name), goal)


def on_levels(x: Tensor) -> bool:
    return torch.equal(tk.quantize(x), x) and x.min() >= 0 and x.max() <= 1


EVERY = pytest.mark.parametrize(("name", "which"), [(name, which) for name in NAMES for which in ATTACKS])


@EVERY
def test_photos_are_fooled_and_stay_so_as_png_files(name: str, which: str) -> None:
    run = ran(name, which)
    assert run.result.achieved.all() and not run.result.consistent.any()
    assert on_levels(run.result.x_adv)
    for i in range(2):
        file = io.BytesIO()
        tk.to_pil(run.result.x_adv[i]).save(file, "PNG")
        again = near(name).prepare(Image.open(io.BytesIO(file.getvalue())))
        assert torch.equal(again[0], run.result.x_adv[i])
        logits = near(name)(again)
        true = run.goal.true[i : i + 1]
        if isinstance(run.goal, tk.Targeted):
            assert torch.equal(tk.topk_mask(logits, K), run.goal.targets[i : i + 1])
        assert not (tk.topk_mask(logits, K) & true).any()
        assert not tk.consistent(logits, true, K).any()


@EVERY
def test_the_result_measures_the_8_bit_image(name: str, which: str) -> None:
    run = ran(name, which)
    z = run.result.x_adv - squares(name)
    torch.testing.assert_close(run.result.norm, tk.l2_norm(z))
    levels = z * 255
    torch.testing.assert_close(levels, levels.round(), rtol=0, atol=1e-3)
    assert bool((run.result.norm < 6 * z[0].numel() ** 0.5).all())  # six levels rms: little even where photos are small
    assert bool((run.result.norm_float > 0).all())


@EVERY
def test_a_step_says_what_its_image_shows(name: str, which: str) -> None:
    run = ran(name, which)
    for step in run.steps[:: max(1, len(run.steps) // 4)] + run.steps[-1:]:
        logits = near(name)(step.x_adv)
        torch.testing.assert_close(step.logits, logits, rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(step.norm, tk.l2_norm(step.x_adv - squares(name)), rtol=1e-3, atol=1e-3)
        sure = run.goal.margin(logits).abs() > 1e-3
        assert torch.equal(step.achieved[sure], (run.goal.margin(logits) < 0)[sure])
        assert bool((step.achieved | ~step.certified).all())
        for i in step.certified.nonzero()[:, 0].tolist():
            assert run.goal.margin(near(name)(tk.quantize(step.x_adv)))[i] < 0
        assert step.x_adv.min() >= 0 and step.x_adv.max() <= 1


@EVERY
def test_steps_count_from_the_image_itself(name: str, which: str) -> None:
    run = ran(name, which)
    assert [step.index for step in run.steps] == list(range(len(run.steps)))
    first = run.steps[0]
    assert torch.equal(first.x_adv, squares(name)) and first.norm.tolist() == [0.0] * 2
    assert not first.achieved.any() and not first.certified.any()
    assert run.steps[-1].certified.all() and torch.equal(run.steps[-1].x_adv, run.result.x_adv)
    assert run.result.steps.max().item() == len(run.steps) - 1


@EVERY
def test_images_stop_on_their_own_and_stay_as_they_are(name: str, which: str) -> None:
    run = ran(name, which)
    counts = run.result.steps.tolist()
    assert len(set(counts)) > 1
    for i, count in enumerate(counts):
        end = run.steps[count]
        for later in run.steps[count:]:
            assert torch.equal(later.x_adv[i], run.result.x_adv[i])
            for field in ("logits", "loss", "norm", "threshold", "achieved", "certified"):
                assert torch.equal(getattr(later, field)[i], getattr(end, field)[i])
        assert end.certified[i] and end.norm[i] == run.result.norm[i]
    assert bool((run.result.forwards > run.result.steps).all()) and bool(
        (run.result.backwards >= run.result.steps).all()
    )


def test_a_step_is_not_changed_by_the_steps_after_it() -> None:
    """Whoever keeps the Steps (the replay slider) keeps them as they were."""
    x, kept = small()[:1], []
    for step in tk.TkMLAPU(max_steps=3).steps(annotator("voc20"), x, ask("voc20", "U", x)):
        kept.append((step, step.x_adv.clone(), step.logits.clone(), step.norm.clone()))
    for step, x_adv, logits, norm in kept:
        assert torch.equal(step.x_adv, x_adv) and torch.equal(step.logits, logits) and torch.equal(step.norm, norm)
    assert len({step.norm.item() for step, *_ in kept}) == len(kept) > 1


@pytest.mark.parametrize("which", ATTACKS)
def test_a_batch_is_each_image_alone(which: str) -> None:
    together = ran("voc20", which)
    row = torch.tensor([1])
    alone = ATTACKS[which](near("voc20"), squares("voc20")[row], together.goal.select(row))
    assert alone.achieved.item() == together.result.achieved[1].item()
    assert alone.norm.item() == pytest.approx(together.result.norm[1].item(), rel=0.2)
    assert abs(alone.steps.item() - together.result.steps[1].item()) <= 0.3 * together.result.steps[1].item() + 3


@pytest.mark.parametrize("which", ATTACKS)
def test_again_is_the_same_bit_for_bit(which: str) -> None:
    x = small()[:2]
    goal = ask("voc20", which, x)
    attack = type(ATTACKS[which])(max_steps=15)
    first, second = (finish(attack, "voc20", x, goal) for _ in range(2))
    assert torch.equal(first.result.x_adv, second.result.x_adv)
    assert torch.equal(first.result.forwards, second.result.forwards) and len(first.steps) == len(second.steps)
    for a, b in zip(first.steps, second.steps, strict=True):
        assert torch.equal(a.x_adv, b.x_adv) and torch.equal(a.logits, b.logits) and torch.equal(a.loss, b.loss)


def test_a_photo_that_is_not_square() -> None:
    own = annotator("voc20")
    x = own.prepare(photo("chelsea"))
    assert x.shape[2] == own.input_size.short and x.shape[3] > 1.3 * x.shape[2]
    goal = tk.Cleared(true=own.mask(["cat"]), k=K)
    result = tk.TkMLAPU()(own, x, goal)
    assert result.achieved.item() and result.x_adv.shape == x.shape and on_levels(result.x_adv)
    file = io.BytesIO()
    tk.to_pil(result.x_adv).save(file, "PNG")
    assert torch.equal(own.prepare(Image.open(io.BytesIO(file.getvalue()))), result.x_adv)


def test_inconsistent_is_won_with_less_than_cleared() -> None:
    """Two true labels, both in the top-3: E = 0 needs one of them out, Cleared both."""
    x = small()[:1]
    with torch.no_grad():
        true = tk.ranks(annotator("voc20")(x)) <= 2
    goals = (tk.Inconsistent(true=true, k=K), tk.Cleared(true=true, k=K))
    easy, hard = (tk.TkMLAPU(max_steps=300)(annotator("voc20"), x, goal) for goal in goals)
    assert easy.achieved.item() and hard.achieved.item()
    assert not easy.consistent.item() and not hard.consistent.item()
    assert easy.norm < hard.norm


@pytest.mark.parametrize("case", tk.CASES)
def test_five_images_at_once_and_every_case_of_targets(case: str) -> None:
    goal = ask("voc20", "T", small(), k=2, case=case)
    result = tk.TkMLAPT(max_steps=80, patience=1)(annotator("voc20"), small(), goal)
    for field in ("achieved", "consistent", "norm", "norm_float", "steps", "forwards", "backwards"):
        assert getattr(result, field).shape == (5,)
    assert result.achieved.sum() >= (3 if case == "worst" else 5) and on_levels(result.x_adv)
    logits = torch.cat([annotator("voc20")(result.x_adv[i : i + 1]) for i in range(5)])
    assert torch.equal(result.achieved, goal.margin(logits) <= -1e-3)
    assert torch.equal(result.consistent, tk.consistent(logits, goal.true, 2))


def test_one_row_of_masks_for_five_images() -> None:
    goal = tk.Cleared(true=annotator("voc20").mask(["cat", "person"]), k=2)
    result = tk.TkMLAPU(max_steps=100)(annotator("voc20"), small(), goal)
    assert result.achieved.tolist() == [True] * 5


@pytest.mark.parametrize("which", ATTACKS)
@pytest.mark.parametrize("name", NAMES)
def test_probability_space_runs(name: str, which: str) -> None:
    """As in the paper: λ and all scores in [0,1]; saturated scores may well keep it from success."""
    x = small()[:2]
    goal = ask(name, which, x)
    run = finish(type(ATTACKS[which])(max_steps=12, score_space="probability"), name, x, goal)
    assert on_levels(run.result.x_adv)
    for step in run.steps:
        going = ~step.certified
        best = step.logits.sigmoid().masked_fill(~goal.true, -1).amax(1)
        lam = (best - step.threshold if which == "U" else step.threshold)[going]
        assert bool(((lam >= -1e-6) & (lam <= 1 + 1e-6)).all())
        assert bool(((step.loss >= 0) & torch.isfinite(step.loss)).all())
    assert run.steps[-1].norm.max() > 0


@pytest.mark.parametrize("which", ATTACKS)
def test_no_steps_at_all(which: str) -> None:
    x = small()[:2]
    run = finish(type(ATTACKS[which])(max_steps=0), "voc20", x, ask("voc20", which, x))
    assert len(run.steps) == 1 and torch.equal(run.result.x_adv, x)
    assert run.result.achieved.tolist() == [False, False] and run.result.steps.tolist() == [0, 0]
    assert run.result.norm.tolist() == [0, 0] and run.result.backwards.tolist() == [0, 0]


def test_max_steps_is_a_limit() -> None:
    x = small()[:2]
    run = finish(tk.TkMLAPT(max_steps=4), "mobilenet-coco80", x, ask("mobilenet-coco80", "T", x, case="worst"))
    assert [step.index for step in run.steps] == [0, 1, 2, 3, 4] and run.result.steps.tolist() == [4, 4]


@pytest.mark.parametrize("which", ATTACKS)
def test_a_goal_met_at_the_start_returns_the_image_itself(which: str) -> None:
    x = small()[:2]
    with torch.no_grad():
        logits = annotator("voc20")(x)
    true = tk.ranks(logits) == 20
    goal: tk.Goal = tk.Cleared(true=true, k=K)
    if which == "T":
        goal = tk.Targeted(targets=tk.topk_mask(logits, K), true=true)
    run = finish(ATTACKS[which], "voc20", x, goal)
    assert torch.equal(run.result.x_adv, x) and run.result.steps.tolist() == [0, 0]
    assert run.result.achieved.all() and run.result.norm.tolist() == [0, 0] and run.result.norm_float.tolist() == [0, 0]
    assert run.result.backwards.tolist() == [0, 0]
    assert len(run.steps) == 1 and run.steps[0].certified.all()


def test_closing_early_leaves_nothing_behind() -> None:
    own = tk.load("voc20", device="cpu")
    x = small()[:1].clone()
    before, weights = x.clone(), [p.clone() for p in own.module.parameters()]
    run = tk.TkMLAPU().steps(own, x, ask("voc20", "U", x))
    next(run), next(run)
    run.close()
    with pytest.raises(StopIteration):
        next(run)
    assert torch.equal(x, before) and not x.requires_grad and torch.is_grad_enabled()
    for parameter, weight in zip(own.module.parameters(), weights, strict=True):
        assert parameter.grad is None and not parameter.requires_grad and torch.equal(parameter, weight)
    unused = tk.TkMLAPU().steps(own, x, ask("voc20", "U", x))
    unused.close()  # before its first step


@pytest.mark.parametrize("which", ATTACKS)
@pytest.mark.parametrize("after", [0, 2])
def test_sending_true_concludes_with_the_best_there_is(which: str, after: int) -> None:
    x = small()[:2]
    run = ATTACKS[which].steps(annotator("voc20"), x, ask("voc20", which, x))
    for _ in range(after + 1):
        next(run)
    result = concluded(run)
    assert isinstance(result, tk.Result) and on_levels(result.x_adv)
    assert bool((result.steps <= after).all())


def test_sending_true_after_a_success_certifies_it() -> None:
    """T goes on after its first success; who stops it then has that success."""
    x = small()[:1]
    goal = ask("voc20", "T", x)
    run = tk.TkMLAPT(patience=1000).steps(annotator("voc20"), x, goal)
    for step in run:
        if step.achieved.all():
            break
    result = concluded(run)
    assert result.achieved.tolist() == [True] and result.steps.item() <= step.index
    assert goal.margin(annotator("voc20")(result.x_adv)).item() < 0


def test_sending_false_goes_on() -> None:
    x = small()[:1]
    run = tk.TkMLAPU().steps(annotator("voc20"), x, ask("voc20", "U", x))
    assert next(run).index == 0 and run.send(False).index == 1


def test_an_attack_runs_inside_no_grad_and_leaves_it() -> None:
    x = small()[:1]
    with torch.no_grad():
        result = tk.TkMLAPU(max_steps=100)(annotator("voc20"), x, ask("voc20", "U", x))
        assert not torch.is_grad_enabled()
    assert result.achieved.item() and not result.x_adv.requires_grad


def test_patience_ends_an_image_sooner_and_no_smaller() -> None:
    x = small()[:1]
    goal = ask("voc20", "T", x)
    short, long = (tk.TkMLAPT(max_steps=60, patience=patience)(annotator("voc20"), x, goal) for patience in (1, 8))
    assert short.achieved.item() and long.achieved.item()
    assert short.steps < long.steps and long.norm_float <= short.norm_float
