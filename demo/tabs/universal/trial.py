"""A finished z tried on photos: rows of original, change and changed photo, as in the paper's Figure 3."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import torch
from markupsafe import Markup
from torch import Tensor

import tkml_core as tk
from demo.catalog.english import are, in_top
from demo.catalog.labels import listed_labels, written
from demo.engine import loop
from demo.engine.annotators import Photo, load_annotator
from demo.engine.frames import History
from demo.engine.guessed_truth import guessed_truth, guessed_words, left_out_words, nothing_left
from demo.engine.outcome import Outcome, conclude
from demo.engine.plan import AttackRequest, make_plan
from demo.photos.selection import Source
from demo.render.csv_file import PERT, csv_link, csv_text, of_report
from demo.render.labels import scored, top_list
from demo.render.photo_card import before_html, change_html
from demo.render.pictures import figure, to_image
from demo.render.templates import fill
from demo.render.verdict import said_html
from demo.tabs.universal import photo_set
from demo.tabs.universal.changes import Change
from demo.tabs.universal.photo_set import PARTLY, USED
from demo.tabs.universal.render import factor_for
from tkml_core.attacks.universal.norm_ball import noise_like
from tkml_core.attacks.universal.precomputed import Precomputed
from tkml_core.pixel_grid import TOLERANCE
from tkml_core.step_generators import WithResult

NOISE_SEED = 0  # of the noise that is tried beside a change
MOST_TRIED = 12  # samples and uploads together


@dataclass(frozen=True, eq=False)
class Tried:
    """A photo to try a change on, what it is to the change, as `photo_set.note` has it, and what is true on it.

    true: empty where nobody said and the annotator finds none of its labels; then it is left out.
    """

    source: Source
    photo: Photo
    note: str
    true: tuple[str, ...]


def read(change: Change, sources: Sequence[Source], names: Sequence[str]) -> list[Tried]:
    """The photos, each read once; names: what the first of the sources are called, which are samples.

    ValueError where there are none, too many, or none on which anything counts as true.
    """
    if not sources:
        raise ValueError("Choose or upload at least one photo to try the change on.")
    if len(sources) > MOST_TRIED:
        raise ValueError(f"At most {MOST_TRIED} photos are tried at a time; {len(sources)} are chosen.")
    annotator, found = load_annotator(change.annotator), []
    for source, name in zip_longest(sources, names):
        photo = photo_set.read(source, change.annotator)
        note = photo_set.note(photo, name, change.used, change.prints)
        found.append(Tried(source, photo, note, source.truth or guessed_truth(photo, annotator)))
    if not any(one.true for one in found):
        raise ValueError(nothing_left([source.title for source in sources], change.annotator))
    return found


def put_on(change: Change, tried: Tried) -> Outcome:
    """The photo's centre square with z added, run as every attack runs and measured on the 8-bit picture."""
    annotator, source, photo = load_annotator(change.annotator), tried.source, tried.photo
    try:
        request = AttackRequest(change.annotator, change.k, "TkML-AP-U", tried.true, guessed=not source.truth)
        plan = make_plan(request, annotator, photo)
    except ValueError as error:
        raise ValueError(f"{source.title}: {error}") from error
    plan = replace(plan, attack=Precomputed(change.z), request=replace(plan.request, attack=change.method))
    steps = WithResult(loop.take_steps(plan.attack.steps(annotator, photo.x, plan.goal), lambda: False))
    history, began = History(), time.perf_counter()
    for step in steps:
        history.add(step)
    result, stopped, _ = steps.result
    return conclude(plan, result, history, stopped, time.perf_counter() - began)


def _state(outcome: Outcome) -> tuple[str, str, str]:
    """Kind, word and sentence of one row."""
    report, k = outcome.report, outcome.plan.k
    still = [name for name, _ in report["after"] if name in report["true_labels"]]
    if not report["achieved"]:
        missed = f"{listed_labels(still)} {are(still)} still {in_top(k)}"
        (was, _), (now, _) = report["before"][0], report["after"][0]
        if was in report["true_labels"] and now not in report["true_labels"]:
            return "cut", "In part", f"{written(now)} is {in_top(1)} now, but {missed}."
        if report["consistent"]:
            return "lost", "Not fooled", f"{missed}."
        return "cut", "In part", f"{missed}. This list contradicts the truth, but not every true label is out."
    if not report["l2"]:
        return "cut", "Already so", f"No true label was {in_top(k)} before, so nothing was added."
    return "won", "Fooled", f"No true label is left {in_top(k)}."


def own_size(z: Tensor) -> str:
    """How large z itself is, and why it is smaller on a photo, in two sentences."""
    size = tk.size_of(z)
    return (
        f"The change itself is of size {size.l2:.0f} (‖z‖₂), at most {size.linf:.0f} of 255 at one pixel. Below, "
        "each photo has the size of what arrives there: what would take a pixel below 0 or above 255 is cut off."
    )


def row_html(tried: Tried, outcome: Outcome, z: Tensor, by_noise: bool) -> Markup:
    """One photo of the paper's Figure 3: the original, the change as it arrived, and the changed photo, each top-k below."""
    plan, factor = outcome.plan, factor_for(tk.size_of(z).l2, z.numel())
    x_adv = outcome.x_adv
    after = top_list(scored(plan.annotator, outcome.logits)[: plan.k], plan.roles, f"Top {plan.k} after")
    kind, word, sentence = _state(outcome)
    if outcome.report["l2"]:
        sentence += f" Random noise as large {'fools it, too' if by_noise else 'does not fool it'}."
    if plan.guessed:
        sentence += f" Truth guessed: {listed_labels(plan.roles.true)}."
    return fill(
        "tabs/universal/trial.html", kind=kind, word=word, sentence=sentence, title=tried.source.title,
        note=tried.note,
        original=Markup(before_html(plan.annotator, plan.photo, plan.roles, plan.k)),
        change=Markup(change_html(plan.photo.x, x_adv, False, factor, "size on this photo")),
        changed=Markup(figure("Changed", f"{tried.source.title} with the change added", to_image(x_adv), after)),
    )  # fmt: skip


def try_html(change: Change, chosen: Sequence[Tried]) -> tuple[str, str]:
    """The sentence and the rows for all photos on which something counts as true."""
    photos = [one for one in chosen if one.true]
    outcomes = [put_on(change, tried) for tried in photos]
    noisy = [fooled_by_noise(change, outcome) for outcome in outcomes]
    fooled, asked = counted(outcomes, photos, used=False)
    count = f"{fooled} of {asked} fooled" if asked else "No new photo"
    sentence = change.origin + ("" if fooled or not asked else change.on_none)
    sentence += f" Below: {count}." if change.rate else ""
    if asked:
        by_noise = sum(one and not of_its_own(tried) for one, tried in zip(noisy, photos, strict=True))
        sentence += f" Random noise as large (seed {NOISE_SEED}) fools {by_noise} of {'this' if asked == 1 else 'these'} {asked}."
    learned, used = counted(outcomes, photos, used=True)
    if used:
        sentence += (
            f" Counted apart, as the change was made on {'it' if used == 1 else 'them'}: {learned} of {used} fooled. Only photos "
            "that it has not seen can say whether it works on any."
        )
    out = [one.source.title for one in chosen if not one.true]
    guessed = guessed_words(sum(outcome.plan.guessed for outcome in outcomes), len(photos))
    notes = [own_size(change.z), guessed, left_out_words(out, len(chosen), change.annotator)]
    kind = "told" if change.rate or not asked else "won" if fooled == asked else "lost" if not fooled else "cut"
    rows = Markup("").join(
        row_html(tried, outcome, change.z, by) for tried, outcome, by in zip(photos, outcomes, noisy, strict=True)
    )
    said = said_html(kind, change.rate or count, sentence)
    return said, Markup('<p class="hint">{}</p><div class="trials">{}</div>{}').format(
        " ".join(filter(None, notes)), rows, trial_csv(change, photos, outcomes, noisy)
    )


def of_its_own(tried: Tried) -> bool:
    """Whether the change was made on the photo, wholly or in part."""
    return tried.note in (USED, PARTLY)


@torch.no_grad()
def fooled_by_noise(change: Change, outcome: Outcome) -> bool:
    """Whether random noise as large as the change, judged as it is, leaves no true label of a photo that has one."""
    plan, annotator = outcome.plan, load_annotator(change.annotator)
    x = plan.photo.x
    noisy = tk.quantize((x + noise_like(change.z.cpu(), NOISE_SEED).to(x)).clamp(0, 1))
    before, after = (float(plan.goal.margin(logits)) for logits in (annotator(x), annotator(noisy)))
    return before >= 0 and after <= -TOLERANCE


def counted(outcomes: Sequence[Outcome], photos: Sequence[Tried], used: bool) -> tuple[int, int]:
    """How many photos were fooled, of how many: of those that the change was made on, wholly or in part, or of all others."""
    ours = [one for one, tried in zip(outcomes, photos, strict=True) if of_its_own(tried) == used]
    return sum(one.report["achieved"] and one.report["l2"] > 0 for one in ours), len(ours)


FIELDS = ("achieved", "consistent", "consistent_before", "l2", PERT, "linf", "psnr", "ssim", "seed")


def trial_csv(change: Change, photos: Sequence[Tried], outcomes: Sequence[Outcome], noisy: Sequence[bool]) -> Markup:
    """The same as a file: a line for each photo."""
    rows = []
    for tried, outcome, by_noise in zip(photos, outcomes, noisy, strict=True):
        report = outcome.report
        tops = [[name for name, _ in report[when]] for when in ("before", "after")]
        about = [change.annotator, change.k, change.method, report["true_labels"]]
        rows.append([tried.source.title, tried.note, *about, *tops, by_noise, *of_report(report, FIELDS)])
    heads = ("photo", "note", "annotator", "k", "attack", "true_labels", "before", "after", "noise_achieved", *FIELDS)
    return csv_link(
        f"{change.method}-{change.annotator}-k{change.k}-tried".lower(), csv_text(heads, rows), "Photos tried (CSV)"
    )
