"""The comparison's strip and columns as HTML, laid out as in the paper's Figures 2 and 4."""

from collections.abc import Sequence

from markupsafe import Markup
from PIL import ImageOps
from torch import Tensor

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.catalog.english import listed
from demo.engine.annotators import read_photo
from demo.engine.label_roles import Roles
from demo.engine.outcome import Outcome
from demo.engine.plan import Plan
from demo.engine.win import less_words, standing
from demo.render import methods
from demo.render.labels import scored, tags, top_list
from demo.render.pictures import AMPLIFY, amplified, data_uri, figure, to_image
from demo.render.run_words import steps_words, time_words
from demo.render.status import pace_words, progress_words
from demo.render.templates import fill
from demo.tabs.compare.methods import AIMS, BY_HAND, ColumnUpdate, ComparisonRequest, Entry, able, reference, to_name
from demo.tabs.compare.rounds import Round
from demo.tabs.compare.summary import shortage

# By win.standing: how a column says it, and how a heading
STANDS = {
    "won": ("won", "Goal met"), "narrow": ("cut", "Barely met"), "before": ("cut", "Met before"),
    "missed": ("lost", "Goal not met"),
}  # fmt: skip
TOLD = {"won": "reached it", "narrow": "barely met it", "before": "had nothing to do", "missed": "did not"}
EMPTY = (
    '<p class="hint">Press Compare. Every method gets a column beside the photo as it is, and a line in a table.</p>'
)


def strip_html(
    entry: Entry, aim: str, added: int = 0, why: str = "", beside: int = 0, nothing_found: Sequence[str] = ()
) -> str:
    """What every method gets: picture, true labels, k and annotator, as chosen on the tab "Attack".

    Where the goal is about labels that are named there, also these, or how to name them. added: how many photos were added on
    this tab, where these are all; why: for what reason the one on the tab "Attack" is not among them; beside: how many others
    there are where it is; nothing_found: those left out, as the annotator finds none of its labels in them.
    """
    small = None if added else ImageOps.fit(to_image(read_photo(entry.photo, entry.annotator).x), (144, 108))
    by_hand = aim in BY_HAND
    missing = to_name(entry, aim) if by_hand else ""
    targets = Roles(entry.true, entry.named, ordered=aim == "ordered")
    return fill(
        "tabs/compare/strip.html", added=added, why=why, beside=beside, out=listed(nothing_found),
        picture=data_uri(small, lossless=False) if small else "", missing=missing, k=entry.k, annotator=entry.annotator,
        kappa=f"{entry.confidence:g}",
        true_labels=tags(entry.true, Roles(entry.true)) if entry.true else "",
        to_add=tags(entry.named, targets) if by_hand and not missing else "",
    )  # fmt: skip


def plan_html(words: str) -> Markup:
    """What will run."""
    return Markup('<p class="plan">{}</p>').format(words)


def stale_html(about: ComparisonRequest | None, now: ComparisonRequest) -> str:
    """A word that what is shown is about something else than what is chosen now, here or on "Attack"; else empty."""
    if about in (None, now):
        return ""
    return '<p class="stale" role="status">What is shown below is about the choices before. Press Compare for the new ones.</p>'


def methods_html() -> Markup:
    """What each method is and whose."""
    return methods.methods_html({name for goal in AIMS for name in able(goal)}, _unordered)


def _unordered(name: str) -> str:
    """A word that a method whose own goal is an order gets another one here, too; empty for all others."""
    own, *others = catalog.goals_of(name)
    both = own == "ordered" and "targeted" in others
    return " Here it is not asked for an order, unless that is the goal." if both else ""


def original_html(plan: Plan) -> str:
    """The first column: the photo as it is, with its top-k."""
    below = top_list(scored(plan.annotator, plan.photo.logits)[: plan.k], plan.roles, f"Top {plan.k}")
    picture = figure("Original", "The original photo", to_image(plan.photo.x), "")
    nothing = figure("No change", "", None, "", empty="The photo as it is")
    return _column(plan, picture, nothing, below, '<p class="stand">before any attack</p>')


def waiting_html(plan: Plan, words: str) -> str:
    """A method's column before its turn."""
    name = plan.request.attack
    return _column(plan, figure(name, "", None, "", empty=words), figure("Change", "", None, "", empty=""), "", "")


def column_html(plan: Plan, update: ColumnUpdate) -> str:
    """A method's column: attacked picture, perturbation, top-k, and how it stands."""
    if update.outcome:
        return outcome_html(update.outcome, lossless=True)
    assert update.frame is not None
    far, _ = pace_words(plan, update.frame)
    state = f'<p class="stand">{far} · {progress_words(plan, update.frame)}</p>'
    return _pictures(plan, update.frame.x_adv, update.frame.logits, False, state, "now")


def outcome_html(outcome: Outcome, lossless: bool) -> str:
    """The same at the end of the method's run."""
    report = outcome.report
    kind, words = STANDS[standing(report)]
    if report["stopped"] and not report["achieved"]:
        kind, words = "cut", "Stopped" if report["stopped"] == "user" else "Cut by the clock"
    short, steps = shortage(report), steps_words(report)
    firm = less_words(report) if standing(report) == "narrow" else ""
    facts = [short or steps, time_words(report)]
    if report["stopped"]:
        facts = [short, steps] if report["stopped"] == "user" else [firm, steps, time_words(report)]
    line = " · ".join(filter(None, facts))
    state = f'<p class="stand {kind}"><b><i class="sign" aria-hidden="true"></i>{words}</b> {line}</p>'
    return _pictures(outcome.plan, outcome.x_adv, outcome.logits, lossless, state, "after")


def _pictures(plan: Plan, x_adv: Tensor, logits: Tensor, lossless: bool, state: str, when: str) -> str:
    name, x = plan.request.attack, plan.photo.x
    picture = figure(name, f"The photo attacked by {name}", to_image(x_adv), "", lossless)
    change = figure(
        f"Change, size {tk.size_of(x_adv - x).l2:.1f}", f"What {name} changed, amplified {AMPLIFY} times",
        amplified(x, x_adv), "", lossless, badge=f"× {AMPLIFY}",
    )  # fmt: skip
    top = top_list(scored(plan.annotator, logits)[: plan.k], plan.roles, f"Top {plan.k} {when}")
    return _column(plan, picture, change, top, state)


def _column(plan: Plan, picture: str, change: str, top: str, state: str) -> str:
    # Room for the list is kept from the start, so that nothing below moves when it fills.
    ends = f'<div class="ends" style="--rows:{min(plan.k, 6)}">{state}{top}</div>'
    return f'<section class="contestant">{picture}{change}{ends}</section>'


def opening(plans: Sequence[Plan], slots: int) -> list[str]:
    """All columns as the comparison starts: the original, the methods waiting, and slots that stay empty."""
    waiting = [waiting_html(plan, "waiting for its turn") for plan in plans]
    return [original_html(reference(plans)), *waiting, *[""] * (slots - len(plans))]


def heading_html(number: int, rounds: Sequence[Round]) -> str:
    """Which of several photos stands in the columns; empty where there is one."""
    if len(rounds) == 1:
        return ""
    words = f"Photo {number + 1} of {len(rounds)}: {rounds[number].title}"
    return Markup('<h2 class="which">{}</h2>').format(words)


def past_html(number: int, one: Round, outcomes: Sequence[Outcome]) -> str:
    """A photo that had its turn before the one in the columns, folded: who reached the goal, and all of it as previews."""
    told = [f"{report['attack']} {TOLD[standing(report)]}" for report in one.ended]
    columns = [original_html(reference(one.plans)), *(outcome_html(outcome, lossless=False) for outcome in outcomes)]
    return fill(
        "tabs/compare/past.html", number=number + 1, title=one.title, told=", ".join(told), columns=map(Markup, columns)
    )
