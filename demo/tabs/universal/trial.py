"""A finished z tried on photos: rows of original, change and changed photo, as in the paper's Figure 3."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup
from torch import Tensor

import tkml_core as tk
from demo.catalog.attacks import universal_title
from demo.catalog.english import are, listed, top_words
from demo.catalog.labels import listed_labels, written
from demo.engine import loop
from demo.engine.annotators import load_annotator, read_photo
from demo.engine.frames import History
from demo.engine.outcome import Outcome, conclude
from demo.engine.plan import DEFAULT_K, AttackRequest, make_plan
from demo.photos.selection import Source
from demo.render.csv_file import PERT, csv_link, csv_text, of_report
from demo.render.labels import scored, top_list
from demo.render.photo_card import before_html, change_html
from demo.render.pictures import figure, to_image
from demo.render.templates import fill
from demo.render.verdict import said_html
from demo.tabs.universal.craft import Made
from demo.tabs.universal.photo_set import PARTLY, USED
from demo.tabs.universal.render import factor_for
from tkml_core.attacks.registry import UNIVERSAL
from tkml_core.attacks.universal.precomputed import Precomputed
from tkml_core.statistics import wilson_interval
from tkml_core.step_generators import WithResult
from tkml_core.zoo.universal_perturbations import bundled, notes_of, path_of, rates_of

MOST_TRIED = 12  # samples and uploads together


@dataclass(frozen=True, eq=False)
class Change:
    """A z to be tried: for which annotator and k, and where it comes from in a sentence.

    rate: what it does to photos that it has not seen, where that was measured on many. It then is the news, and what becomes of
    the few that are tried comes second.
    """

    z: Tensor  # (1,3,S,S) in [0,1] units
    annotator: str
    k: int
    method: str
    origin: str
    on_none: str = ""  # what to add where it fools no photo that it has not seen
    rate: str = ""
    used: tuple[str, ...] = ()  # the samples that it was made of, by name
    prints: frozenset[str] = frozenset()  # of all photos that it was made of, as `photo_set.fingerprint` has them


def bundled_title(method: str) -> str:
    """What the one that comes with the page is called in a menu."""
    return f"ready-made: {universal_title(method)}"


def own(made: Made) -> Change:
    """The z that was crafted on the page."""
    request = made.request
    photos = "1 photo" if made.photos == 1 else f"{made.photos} photos"
    origin = f"The change made here with {request.title} over {photos}, for {request.annotator} at k = {request.k}."
    alone = " So it is not universal yet: it knows the photos it was made on, and little else. More photos may help."
    best = strongest(request.annotator, request.k)
    if (best, request.annotator, request.k) in bundled():
        known = notes_of(path_of(best, request.annotator, request.k))["photos"]
        alone += (
            f" To see one made on {known} photos, choose “{bundled_title(best)}” below “Which change” and press Try it."
        )
    return Change(
        made.z, request.annotator, request.k, request.method, origin, alone, used=request.used, prints=made.prints
    )  # fmt: skip


def ready(method: str, annotator: str, k: int) -> Change:
    """The bundled z of one of UNIVERSAL with its measured rates; ValueError naming the k for which there is one."""
    there = [j for name, whose, j in bundled() if (name, whose) == (method, annotator)]
    if k not in there:
        raise ValueError(
            f"No {method} change for {annotator} at k = {k} comes with this page; {_others(method, annotator)}."
        )
    notes, (n, won, noise) = notes_of(path_of(method, annotator, k)), measured(method, annotator, k)
    low, high = wilson_interval(won, n)
    origin = (
        f"The change that comes with this page: {universal_title(method)}, for {annotator} at k = {k}, made on "
        f"{notes['photos']} photos. On {n} others it left no true label in the {top_words(k)} of {100 * won / n:.1f} % "
        f"({100 * low:.0f}–{100 * high:.0f} if chance is allowed for, the 95 % interval); "
        f"random noise as large did so on {100 * noise / n:.1f} %."
    )
    rate = f"Fools {100 * won / n:.0f} % of new photos"
    return Change(tk.universal(method, annotator, k), annotator, k, UNIVERSAL[method].name, origin, rate=rate)


def measured(method: str, annotator: str, k: int) -> tuple[int, int, int]:
    """On how many photos a bundled z was measured, how many it fooled, and how many noise as long did."""
    notes = notes_of(path_of(method, annotator, k))
    photos, fooled, noise = (int(notes[name]) for name in ("measured", "goal", "noise_goal"))
    return photos, fooled, noise


def looser(method: str, annotator: str, k: int) -> tuple[int, int]:
    """On how many of the photos of `measured` a bundled z, and noise as long, left a list with E = 0."""
    notes = notes_of(path_of(method, annotator, k))
    return int(notes["inconsistent"]), int(notes["noise_inconsistent"])


def _others(method: str, annotator: str) -> str:
    """Which ready-made changes there are, as half a sentence: for other k, or else for other annotators."""
    own = [str(k) for name, whose, k in bundled() if (name, whose) == (method, annotator)]
    if own:
        return f"there are some for k = {listed(own)}"
    whose = sorted({other for name, other, _ in bundled() if name == method and other in tk.available()})
    if not whose:
        return "there is none for any annotator. Craft makes one"
    return (
        f"there are some for {listed(whose)}. Choose one of these annotators, or make a change of your own with Craft"
    )


def has_ready(annotator: str, k: int) -> bool:
    """Whether any change for the annotator and k comes with the page."""
    return any((whose, for_k) == (annotator, k) for _, whose, for_k in bundled())


def strongest(annotator: str, k: int) -> str:
    """The one of UNIVERSAL whose bundled z met the goal on most of the photos it was measured on; the first, if there is none."""
    there = [name for name in UNIVERSAL if (name, annotator, k) in bundled()]
    return max(there, key=lambda name: rates_of(name, annotator, k)[0], default=next(iter(UNIVERSAL)))


def best_start(names: Sequence[str]) -> tuple[str, int]:
    """The annotator of `names` and the k whose bundled z, where it was measured, was furthest ahead of noise as long."""
    leads = []
    for name, whose, k in bundled():
        if whose in names:
            met, by_noise = rates_of(name, whose, k)
            leads.append((met - by_noise, whose, k))
    return max(leads, default=(0.0, names[0], DEFAULT_K))[1:]


def depends(names: Sequence[str]) -> str:
    """A sentence on how much that share depends on the annotator; empty where there is no z for two of them."""
    best: dict[str, tuple[float, str, int]] = {}
    for method, whose, k in bundled():
        if whose in names:
            best[whose] = max(best.get(whose, (-1.0, "", 0)), (rates_of(method, whose, k)[0], method, k))
    if len(best) < 2:
        return ""
    told = [
        f"{100 * share:.0f} % for {name} ({method}, k = {k})"
        for name, (share, method, k) in sorted(best.items(), key=lambda item: -item[1][0])
    ]
    counts = sorted({measured(method, name, k)[0] for name, (_, method, k) in best.items()})
    photos = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return (
        "How many new photos one fools depends on the annotator, on the method and on k. The ready-made one that fools most, of "
        f"{photos} photos each: {listed(told, 9)}."
    )


def put_on(change: Change, source: Source) -> Outcome:
    """The photo's centre square with z added, run as every attack runs and measured on the 8-bit picture."""
    annotator = load_annotator(change.annotator)
    try:
        photo = read_photo(source.path, change.annotator, square=True)
        plan = make_plan(AttackRequest(change.annotator, change.k, "TkML-AP-U", source.truth), annotator, photo)
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
        missed = f"{listed_labels(still)} {are(still)} still in the {top_words(k)}"
        (was, _), (now, _) = report["before"][0], report["after"][0]
        if was in report["true_labels"] and now not in report["true_labels"]:
            return "cut", "In part", f"{written(now)} is on top now, but {missed}."
        if report["consistent"]:
            return "lost", "Not fooled", f"{missed}."
        return "cut", "In part", f"{missed}. This list contradicts the truth, but more was asked for."
    if not report["l2"]:
        return "cut", "Already so", f"No true label was in the {top_words(k)} before, so nothing was added."
    return "won", "Fooled", f"No true label is left in the {top_words(k)}."


def own_size(z: Tensor) -> str:
    """How large z itself is, and why it is smaller on a photo, in two sentences with a space before them."""
    size = tk.size_of(z)
    return (
        f" The change itself is of size {size.l2:.0f} (‖z‖₂), at most {size.linf:.0f} of 255 at one pixel. Below, "
        "each photo has the size of what arrives there: what would take a pixel below 0 or above 255 is cut off."
    )


def row_html(source: Source, outcome: Outcome, z: Tensor, note: str) -> Markup:
    """One photo of the paper's Figure 3: the original, the change as it arrived, and the changed photo, each top-k below."""
    plan, factor = outcome.plan, factor_for(tk.size_of(z).l2, z.numel())
    x_adv = outcome.x_adv
    after = top_list(scored(plan.annotator, outcome.logits)[: plan.k], plan.roles, f"Top {plan.k} after")
    kind, word, sentence = _state(outcome)
    if plan.guessed:
        sentence += f" Truth guessed: {listed_labels(plan.roles.true)}."
    return fill(
        "tabs/universal/trial.html", kind=kind, word=word, sentence=sentence, title=source.title, note=note,
        original=Markup(before_html(plan.annotator, plan.photo, plan.roles, plan.k)),
        change=Markup(change_html(plan.photo.x, x_adv, False, factor, "size on this photo")),
        changed=Markup(figure("Changed", f"{source.title} with the change added", to_image(x_adv), after)),
    )  # fmt: skip


def try_html(change: Change, sources: Sequence[Source], notes: Sequence[str]) -> tuple[str, str]:
    """The sentence and the rows for all photos."""
    if not sources:
        raise ValueError("Choose or upload at least one photo to try the change on.")
    if len(sources) > MOST_TRIED:
        raise ValueError(f"At most {MOST_TRIED} photos are tried at a time; {len(sources)} are chosen.")
    outcomes = [put_on(change, source) for source in sources]
    fooled, asked = counted(outcomes, notes, used=False)
    count = f"{fooled} of {asked} fooled" if asked else "No new photo"
    sentence = change.origin + ("" if fooled or not asked else change.on_none)
    sentence += f" Below: {count}." if change.rate else ""
    learned, used = counted(outcomes, notes, used=True)
    if used:
        sentence += (
            f" Counted apart, as the change was made on {'it' if used == 1 else 'them'}: {learned} of {used} fooled. Only photos "
            "that it has not seen can say whether it works on any."
        )
    if any(outcome.plan.guessed for outcome in outcomes):
        sentence += " Where you uploaded a photo, its truth is the annotator's guess (every label of 50 % or more)."
    sentence += own_size(change.z)
    kind = "told" if change.rate or not asked else "won" if fooled == asked else "lost" if not fooled else "cut"
    rows = Markup("").join(
        row_html(source, outcome, change.z, note)
        for source, outcome, note in zip(sources, outcomes, notes, strict=True)
    )
    said = said_html(kind, change.rate or count, sentence)
    return said, Markup('<div class="trials">{}</div>{}').format(rows, trial_csv(change, sources, outcomes, notes))


def counted(outcomes: Sequence[Outcome], notes: Sequence[str], used: bool) -> tuple[int, int]:
    """How many photos were fooled, of how many: of those that the change was made on, wholly or in part, or of all others."""
    ours = [one for one, note in zip(outcomes, notes, strict=True) if (note in (USED, PARTLY)) == used]
    return sum(one.report["achieved"] and one.report["l2"] > 0 for one in ours), len(ours)


FIELDS = ("achieved", "consistent", "consistent_before", "l2", PERT, "linf", "psnr", "ssim", "seed")


def trial_csv(change: Change, sources: Sequence[Source], outcomes: Sequence[Outcome], notes: Sequence[str]) -> Markup:
    """The same as a file: a line for each photo."""
    rows = []
    for source, outcome, note in zip(sources, outcomes, notes, strict=True):
        report = outcome.report
        tops = [[name for name, _ in report[when]] for when in ("before", "after")]
        about = [source.title, note, change.annotator, change.k, change.method, report["true_labels"], *tops]
        rows.append([*about, *of_report(report, FIELDS)])
    heads = ("photo", "note", "annotator", "k", "attack", "true_labels", "before", "after", *FIELDS)
    return csv_link(
        f"{change.method}-{change.annotator}-k{change.k}-tried".lower(), csv_text(heads, rows), "Photos tried (CSV)"
    )
