"""Is it real? The changes done to a picture, how a goal is read off lists of any length, and the panel's words."""

import copy
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import to_the_end
from torch import Tensor

import tkml_core as tk
from demo.catalog.goals import GOALS
from demo.engine import distortions, loop
from demo.engine.label_roles import Roles
from demo.engine.outcome import Outcome
from demo.engine.plan import AttackRequest, plan_for
from demo.tabs.attack.robustness.examine import Examined, Finished, Row, Seen, examine
from demo.tabs.attack.robustness.goal_checks import SHOWN
from demo.tabs.attack.robustness.render import examined_html, told


def picture(height: int = 40, width: int = 57, seed: int = 0) -> Tensor:
    """Random levels k/255."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (1, 3, height, width), generator=generator) / 255


def squared(x: Tensor, y: Tensor) -> int:
    """‖y − x‖₂² in whole levels."""
    return int(((y - x) * 255).round().long().square().sum())


@pytest.mark.parametrize("wanted", [0, 1, 2, 997, 12_345, 300_007, 9_000_001])
def test_noise_has_the_norm_asked_for_to_the_last_level(wanted: int) -> None:
    x = picture()
    noisy = distortions.noise(x, wanted**0.5, seed=3)
    assert squared(x, noisy) == wanted
    assert torch.equal(tk.quantize(noisy), noisy) and 0 <= float(noisy.min()) <= float(noisy.max()) <= 1
    assert torch.equal(noisy, distortions.noise(x, wanted**0.5, seed=3))
    assert wanted < 3 or not torch.equal(noisy, distortions.noise(x, wanted**0.5, seed=4))


def test_noise_with_the_norm_that_a_perturbation_reports() -> None:
    x = picture(seed=1)
    y = tk.quantize((x + (picture(seed=2) - 0.5) / 20).clamp(0, 1))
    norm = float((y - x).mul(255).round().double().norm())
    assert squared(x, distortions.noise(x, norm, 0)) == squared(x, y)


def test_a_black_picture_holds_only_so_much_noise() -> None:
    x = torch.zeros(1, 3, 32, 32)
    most = distortions.noise(x, 1e6, 0)
    assert squared(x, most) < 3 * 32 * 32 * 255**2
    assert squared(x, distortions.noise(x, 40.0, 0)) == 1600  # the negative half of the noise has no room


@pytest.mark.parametrize(
    "change",
    [
        lambda x: distortions.jpeg(x, 75),
        lambda x: distortions.blur(x, 5),
        distortions.half,
        lambda x: distortions.noise(x, 50.0, 0),
    ],
    ids=["jpeg", "blur", "half", "noise"],
)
def test_a_changed_picture_keeps_its_size_and_has_8_bits(change: Any) -> None:
    x = picture(41, 57)
    y = change(x)
    assert y.shape == x.shape and y.dtype == x.dtype and torch.equal(tk.quantize(y), y)
    assert not torch.equal(y, x)


@pytest.mark.parametrize("size", [3, 5, 7])
def test_a_blur_leaves_flat_colours_alone_and_spreads_a_point_evenly(size: int) -> None:
    flat = torch.tensor([3, 77, 255]).view(1, 3, 1, 1).expand(1, 3, 33, 40) / 255
    assert torch.equal(distortions.blur(flat, size), flat)
    point = torch.zeros(1, 3, 33, 33)
    point[0, :, 16, 16] = 1
    spread = distortions.blur(point, size)
    half = size // 2
    weights = torch.exp(-(torch.arange(-half, half + 1).double() ** 2) / (2 * distortions.sigma(size) ** 2))
    weights /= weights.sum()
    expected = tk.quantize(weights[:, None] * weights[None])
    inside = spread[0, 1, 16 - half : 17 + half, 16 - half : 17 + half]
    assert torch.allclose(inside.double(), expected, atol=1e-7)
    assert int((spread[0, 1] > 0).sum()) == int((inside > 0).sum())  # nothing outside the kernel


def test_the_sigmas_are_those_that_are_printed() -> None:
    assert [round(distortions.sigma(size), 6) for size in (3, 5, 7)] == [0.8, 1.1, 1.4]


def test_half_the_size_and_back_leaves_flat_colours_alone() -> None:
    flat = torch.full((1, 3, 35, 50), 91 / 255)
    assert torch.equal(distortions.half(flat), flat)


def test_jpeg_at_a_lower_quality_loses_more() -> None:
    x = tk.quantize(torch.linspace(0, 1, 64).expand(1, 3, 64, 64) * picture(64, 64))
    lost = [squared(x, distortions.jpeg(x, quality)) for quality in (90, 75, 50)]
    assert 0 < lost[0] < lost[1] < lost[2]


# --- goals read off lists ------------------------------------------------------------------------------------------

M = 6


def goals() -> list[tuple[str, int, tuple[int, ...], tuple[int, ...]]]:
    """Name, k, true and named labels of every goal on six labels, small cases."""
    cases = []
    for count, k in itertools.product((1, 2, 3), (1, 2, 3)):
        true = tuple(range(count))
        others = tuple(range(count, M))
        cases += [("inconsistent", k, true, ()), ("cleared", k, true, ())]
        cases += [(name, k, true, named[::-1]) for name in ("targeted", "ordered") for named in [others[:k]]]
        cases += [("hide", k, true, true[:h]) for h in range(1, count + 1)]
    return cases


def goal_of(name: str, true: Tensor, named: tuple[int, ...], k: int) -> tk.Goal:
    mask = torch.zeros_like(true)
    mask[0, list(named)] = True
    return {
        "cleared": lambda: tk.Cleared(true=true, k=k),
        "inconsistent": lambda: tk.Inconsistent(true=true, k=k),
        "targeted": lambda: tk.Targeted(targets=mask, true=true),
        "ordered": lambda: tk.Ordered(targets=torch.tensor([named]), true=true),
        "hide": lambda: tk.Hide(hide=mask, keep=true & ~mask, k=k, true=true),
    }[name]()


@pytest.mark.parametrize(("name", "k", "true", "named"), goals())
def test_at_its_own_k_a_goal_read_off_the_list_is_the_goal(
    name: str, k: int, true: tuple[int, ...], named: tuple[int, ...]
) -> None:
    mask = torch.zeros(1, M, dtype=torch.bool)
    mask[0, list(true)] = True
    goal = goal_of(name, mask, named, k)
    for order in itertools.permutations(range(M)):
        scores = torch.zeros(1, M)
        scores[0, list(order)] = torch.arange(M, 0, -1.0)
        top, named_words, true_words = ([str(j) for j in some] for some in (order[:k], named, true))
        assert SHOWN[name](top, named_words, true_words) is bool(goal.margin(scores)[0] < 0)


def test_every_goal_of_the_page_can_be_read_off_a_list() -> None:
    assert set(SHOWN) == set(GOALS) == {name for name, *_ in goals()}


@pytest.mark.parametrize(
    ("goal", "top", "named", "true", "shown"),
    [
        ("targeted", ["a", "b", "x"], ["b", "a"], ["cat"], True),  # longer: targets and strangers
        ("targeted", ["a", "b", "cat"], ["b", "a"], ["cat"], False),  # longer: a true label is back
        ("targeted", ["a"], ["b", "a"], ["cat"], True),
        ("ordered", ["a", "b", "x"], ["a", "b"], ["cat"], True),
        ("ordered", ["b"], ["a", "b"], ["cat"], False),
        ("hide", ["dog", "x", "y"], ["cat"], ["cat", "dog"], True),
        ("hide", ["dog", "x", "cat"], ["cat"], ["cat", "dog"], False),
        ("cleared", ["x", "y", "cat"], [], ["cat"], False),
        ("inconsistent", ["x", "y", "cat"], [], ["cat"], False),
    ],
)
def test_a_goal_in_a_list_of_another_length(
    goal: str, top: list[str], named: list[str], true: list[str], shown: bool
) -> None:
    assert SHOWN[goal](top, named, true) is shown


# --- the panel -----------------------------------------------------------------------------------------------------


def outcome_of(path: Path, request: AttackRequest) -> Outcome:
    return to_the_end(loop.run_here(plan_for(path, request), budget=600))[1]


@pytest.fixture(scope="module")
def outcome(photos: dict[str, Path]) -> Outcome:
    return outcome_of(photos["cat"], AttackRequest("voc20", 2, "TkML-AP-U", ["cat"]))


@pytest.fixture(scope="module")
def examined(outcome: Outcome) -> Examined:
    return examine(Finished.of(outcome))


def test_what_is_kept_of_a_run_is_small_and_exact(outcome: Outcome) -> None:
    run = copy.deepcopy(Finished.of(outcome))  # as Gradio does for every visitor
    assert torch.equal(run.x_adv.float() / 255, outcome.x_adv.cpu()) and torch.equal(
        run.x.float() / 255, outcome.plan.photo.x.cpu()
    )
    assert run.x.dtype == run.x_adv.dtype == torch.uint8 and run.l2 == pytest.approx(outcome.report["l2"], rel=1e-4)


def test_the_first_row_is_the_report_and_the_controls_are_the_photo(outcome: Outcome, examined: Examined) -> None:
    report, first = outcome.report, examined.rows[0]
    assert first.attacked and first.original and report["achieved"]
    assert list(first.attacked.top) == [name for name, _ in report["after"]]
    assert list(first.original.top) == [name for name, _ in report["before"]]
    assert (first.attacked.fooled, first.attacked.consistent) == (report["achieved"], report["consistent"])
    assert [row.name for row in examined.rows[1:]] == [
        "Random noise added", "JPEG 90", "JPEG 75", "JPEG 50", "Blur 3 × 3", "Blur 5 × 5", "Blur 7 × 7",
        "Half size and back", "Shown to coco80, the same network with other labels",
        *(f"Shown to {name}" for name in tk.available() if name not in ("voc20", "coco80")),
    ]  # fmt: skip
    assert "seed 0" in examined.rows[1].note and f"{report['l2']:.1f}" in examined.rows[1].note
    assert [row.kind for row in examined.rows].count(
        "twin"
    ) == 1  # voc20 and coco80 are one network, though calibrated differently
    assert "coco80 is no second opinion" in summary(examined) and "coco80 is fooled" not in summary(examined)


def test_random_noise_of_the_same_norm_does_nothing(examined: Examined) -> None:
    plain, noisy = examined.rows[0].original, examined.rows[1].original
    assert plain and noisy and noisy.top[0] == plain.top[0] == "cat" and not noisy.fooled


def test_longer_lists_grow_by_one_and_lose_the_goal_once(outcome: Outcome, examined: Examined) -> None:
    assert len(examined.attacked) == 10 and examined.attacked[1] == examined.rows[0].attacked
    for shorter, longer in itertools.pairwise(examined.attacked):
        assert longer.top[:-1] == shorter.top and (shorter.fooled or not longer.fooled)


def test_an_annotator_that_does_not_know_the_targets_is_not_asked(photos: dict[str, Path]) -> None:
    run = Finished.of(
        outcome_of(photos["cat"], AttackRequest("coco80", 1, "TkML-AP-T", ["cat"], "chosen", ["zebra"], 3))
    )
    other = next(row for row in examine(run).rows if row.annotator == "voc20")
    assert other.attacked is None and other.why == "voc20 does not know zebra."


def summary(examined: Examined) -> str:
    return " ".join(told(examined))


def drawn(attacked: bool, original: bool, **more: Any) -> Examined:
    """A made-up test of two changes: `attacked` and `original` say who is fooled after the blur."""
    run = Finished("voc20", "MinNorm", "cleared", 1, Roles(("cat",)), 0, picture(), picture(seed=1), **more)
    cat, dog = Seen(("cat",), True, False), Seen(("dog",), False, True)
    rows = (
        Row("none", "Nothing", "", dog, cat),
        Row("noise", "Random noise added", "", cat, cat),
        Row("change", "JPEG 90", "", cat, cat),
        Row("change", "Blur 3 × 3", "", dog if attacked else cat, dog if original else cat),
    )
    lists = (dog, Seen(("dog", "cow"), False, True), Seen(("dog", "cow", "cat"), True, False))
    return Examined(run, rows, lists, (cat, cat, cat))


UNMOVED = "Done to the original photo, the same JPEG, blur and resizing leave its top label as it was."


def test_the_control_is_the_original_after_the_same_changes() -> None:
    """Without it nobody knows whether a change undoes the attack or spoils any photo."""
    assert told(drawn(False, False))[0].endswith(f" {UNMOVED}")
    lead = "Done to the original photo, "
    assert f" {lead}Blur 3 × 3 changes its top label, too; the others leave it as it was." in told(drawn(True, True))[0]
    none, noise, jpeg, blur = drawn(True, True).rows
    cow = Seen(("cow",), False, False)  # wrong, though not what the goal asked for
    spoilt = replace(drawn(True, True), rows=(none, noise, replace(jpeg, original=cow), blur))
    assert f" {lead}each of them changes its top label, too." in told(spoilt)[0]
    noisy = replace(
        drawn(False, False), rows=(none, replace(noise, original=cow), jpeg, replace(blur, original=none.original))
    )
    assert told(noisy)[0].endswith(UNMOVED)  # noise is told of by itself


def test_one_sentence_concludes_and_a_short_list_says_what_survives() -> None:
    conclusion, *points = told(drawn(True, False))
    assert conclusion == f"The attack survives 1 of the 3 changes tried on the saved picture. {UNMOVED}"
    assert points == [
        "It survives Blur 3 × 3.", "It does not survive JPEG 90 and random noise.",
        "Random noise just as strong, put on the original, does nothing: the top label stays the same.",
        "If the annotator showed 3 labels instead of 1, a true one would be among them again (cat).",
    ]  # fmt: skip
    html = str(examined_html(drawn(True, False)))
    assert html.count("<li>") == len(points) and f'role="status">{conclusion}</p>' in html
    assert html.index("<details>") < html.index("<table")
    assert summary(drawn(False, False)).startswith("The attack is fragile: ")
    assert "It works on the saved picture only." in summary(drawn(False, False))
    assert "Blur 3 × 3 alone would fool the annotator too" in summary(drawn(True, True))


def test_an_attack_that_misses_its_goal_is_not_undone_while_the_list_is_wrong() -> None:
    none, noise, jpeg, blur = drawn(False, False).rows
    assert "JPEG, blur and another size all undo it." in summary(drawn(False, False))
    wrong = Seen(("dog",), False, False)
    blurred = replace(drawn(False, False), rows=(none, noise, jpeg, replace(blur, attacked=wrong)))
    assert "only after JPEG 90 is the list right again; after Blur 3 × 3 it is still wrong." in summary(blurred)
    both = replace(blurred, rows=(none, noise, replace(jpeg, attacked=wrong), replace(blur, attacked=wrong)))
    assert "make it miss its goal, but the list is wrong after each of them." in summary(both)


def test_the_sentence_is_about_every_row() -> None:
    none, noise, *rest = drawn(False, False).rows
    dog, cat = none.attacked, none.original
    noisy = replace(drawn(False, False), rows=(none, replace(noise, attacked=dog), *rest))
    assert "It works on" not in summary(noisy) and "undo it. It survives random noise on top of it." in summary(noisy)
    hardened = Row(
        "other", "Shown to hardened-voc20", "", Seen(("cow",), False, False), cat, annotator="hardened-voc20"
    )
    wrong = summary(replace(drawn(False, False), rows=(none, noise, *rest, hardened)))
    assert "hardened-voc20 does not reach the goal, but lists wrong labels." in wrong and "fooled" not in wrong
    right = summary(replace(drawn(False, False), rows=(none, noise, *rest, replace(hardened, attacked=cat))))
    assert "hardened-voc20 is not fooled." in right
    twin = Row("twin", "Shown to coco80", "", dog, cat, annotator="coco80")
    assert "It works on" not in summary(replace(drawn(False, False), rows=(none, noise, *rest, twin)))


def test_an_annotator_that_was_wrong_on_the_original_is_not_fooled() -> None:
    made = drawn(False, False)
    dog, cat = made.rows[0].attacked, made.rows[0].original
    cow = Seen(("cow",), False, False)

    def others(*seen: tuple[Seen | None, Seen | None], goal: str = "cleared", **roles: Any) -> str:
        run = replace(made.run, goal=goal, roles=Roles(("cat",), **roles))
        rows = tuple(Row("other", "", "", *pair, annotator=f"other{i}") for i, pair in enumerate(seen))
        return summary(replace(made, run=run, rows=(*made.rows, *rows)))

    none = "on the original photo already, so it says nothing about the attack."
    same = others((dog, dog), (dog, cat))
    assert f"other0 was wrong {none}" in same and "other1 is fooled too." in same
    assert "It works on" in others((dog, dog)) and "It works on" not in same
    both = others((dog, dog), (dog, dog))
    assert "other0 and other1 were wrong on the original photo already, so they say nothing" in both
    assert "fooled" not in both
    # Nothing of the goal, but wrong before and after: as little can be said. What is right afterwards is not fooled.
    wrong = others((cow, cow), (cat, cow), goal="targeted", targets=("dog",))
    assert f"other0 was wrong {none}" in wrong and "other1 is not fooled." in wrong
    assert "other0 is fooled too." in others((dog, cow), goal="targeted", targets=("dog",))
    assert f"other0 did not show cat {none}" in others((dog, dog), goal="hide", hidden=("cat",))


def test_what_the_original_meets_alone_is_not_told_as_the_attacks_doing() -> None:
    made = drawn(True, False)
    dog, cat = made.rows[0].attacked, made.rows[0].original
    before = replace(made, rows=(replace(made.rows[0], original=dog), *made.rows[1:]))
    assert told(before) == ["The photo met the goal before any attack, so these tests say nothing about the change."]
    assert cat and dog
    longer = replace(made, original=(cat, dog, cat))
    assert told(longer)[-1] == "In a list of 2 labels the original photo meets the goal, too."


def test_a_failed_run_has_nothing_to_survive() -> None:
    failed = drawn(True, False)
    cat = Seen(("cat",), True, False)
    rows = (Row("none", "Nothing", "", cat, cat), *failed.rows[1:])
    assert "does not reach the goal" in summary(Examined(failed.run, rows, failed.attacked, failed.original))


def test_the_table_says_everything_without_colour(examined: Examined) -> None:
    html = examined_html(examined)
    assert html.count('role="row"') == 2 + len(examined.rows) + 10
    assert all(
        f">{words}<" in html for words in ("wrong labels in it", "all true labels in it", "a true label is missing")
    )
    assert (
        "agrees with the truth (E = 1)" in html
        and "goal still met" in html
        and "goal lost" in html
        and 'class="sr"> (true)' in html
    )
    evil = drawn(True, False)
    rows = (Row("none", "<b>x", "<i>y", Seen(("<u>",), True, True), Seen(("cat",), True, False)), *evil.rows[1:])
    shown = examined_html(Examined(evil.run, rows, evil.attacked, evil.original))
    assert "<u>" not in shown and "<b>x" not in shown and "<i>y" not in shown
