"""What a comparison on several photos came to: one sentence, one table, and its figures as CSV."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from statistics import median

from markupsafe import Markup

from demo.catalog.english import counted, duration, listed
from demo.engine.guessed_truth import guessed_words
from demo.engine.plan import Plan
from demo.engine.win import standing, won
from demo.render.csv_file import csv_link, csv_text
from demo.render.run_words import why_any
from demo.render.tables import Cell, Row, sheet
from demo.render.templates import fill
from demo.tabs.compare.limits import Limit
from demo.tabs.compare.methods import AIMS, reference
from demo.tabs.compare.rounds import SECONDS, Round, spent
from demo.tabs.compare.summary import CLOSE, asked_words, given_words, over_words, smallest, squares_words, taken_words
from tkml_core.statistics import share


@dataclass(frozen=True)
class Total:
    """One method over the photos that count; medians, None where there is nothing to take one of."""

    method: str
    photos: int
    won: int
    norm: float | None  # ‖z‖₂ of its own successes
    norm_shared: float | None  # the same on the photos on which every method reached the goal
    gradients: float
    forwards: float
    steps: float
    seconds: float
    cut: int  # runs that the clock ended
    barely: int  # runs that met the goal by less than κ, which are not won


def counting(rounds: Sequence[Round]) -> list[Round]:
    """The photos on which every method has had its run, and something was to be won."""
    return [one for one in rounds if one.complete and not one.met_before]


def shared(rounds: Sequence[Round]) -> list[Round]:
    """Of those, the ones on which every method reached the goal."""
    return [one for one in counting(rounds) if all(won(report) for report in one.ended)]


def totals(rounds: Sequence[Round]) -> list[Total]:
    """Every method's figures, in the order of the columns; none before a photo counts."""
    count, all_won = counting(rounds), shared(rounds)
    if not count:
        return []
    made = []
    for place, plan in enumerate(rounds[0].plans):
        reports = [one.ended[place] for one in count]
        norms = [report["l2"] for report in reports if won(report)]
        same = [one.ended[place]["l2"] for one in all_won]
        gradients, forwards, steps, seconds = (
            median(report[name] for report in reports) for name in ("backwards", "forwards", "steps", "seconds")
        )
        made.append(
            Total(
                method=plan.request.attack,
                photos=len(count),
                won=len(norms),
                norm=median(norms) if norms else None,
                norm_shared=median(same) if same else None,
                gradients=gradients,
                forwards=forwards,
                steps=steps,
                seconds=seconds,
                cut=sum(report["stopped"] == "time" for report in reports),
                barely=sum(standing(report) == "narrow" for report in reports),
            )
        )
    return made


def sentence(rounds: Sequence[Round], aim: str, done: bool, number: int = 0, running: str = "") -> str:
    """The comparison in plain words. number: the photo in the columns; running: the method whose run goes on."""
    goal = f"The goal: {AIMS[aim].title}, k = {rounds[0].plans[0].k}."
    if not done:
        now = f" Running {running}." if running else ""
        return f"{goal} Photo {number + 1} of {len(rounds)}: {rounds[number].title}.{now}"
    made = totals(rounds)
    parts = [goal]
    if made:
        counts = [f"{one.method} reached it on {one.won}" for one in sorted(made, key=lambda one: -one.won)]
        parts.append(f"Of {counted(made[0].photos, 'photo')} {listed(counts, len(counts))}.")
        parts.append(_order(made, rounds))
    if before := [one.title for one in rounds if one.met_before]:
        parts.append(f"Not counted, as the goal was met before any attack: {listed(before, len(before))}.")
    if missing := [one.title for one in rounds if not one.complete]:
        late = spent_words(rounds)
        parts.append(f"{late} before every method had its run on {listed(missing, len(missing))}, so not counted.")
    if cut := sum(one.cut for one in made):
        ended = [report for one in counting(rounds) for report in one.ended]
        parts.append(
            f"{cut} of these runs {'was' if cut == 1 else 'were'} cut by the clock ({why_any(ended)}), so not "
            f"all got as much{taken_words(ended)}."
        )
    if count := counting(rounds):  # the same photos as in the table
        parts.append(guessed_words(sum(one.entry.guessed for one in count), len(count)))
        runs = "All runs" if len(count) == len(rounds) else "The runs that count"
        parts.append(f"{runs} together took {duration(spent(count))}.")
    return " ".join(part for part in parts if part)


def spent_words(rounds: Sequence[Round]) -> str:
    """Why not every photo was attacked."""
    if any(one.broken for one in rounds):
        return "An error ended it"
    stopped = any(report["stopped"] == "user" for one in rounds for report in one.ended)
    late = not stopped and spent(rounds) >= SECONDS
    return f"The {SECONDS / 60:.0f} minutes of a comparison were over" if late else "Stopped"


def _order(made: Sequence[Total], rounds: Sequence[Round]) -> str:
    """Who needs how much: photo by photo, as photos differ more than methods do, and each pair on the photos that both solve."""
    count, same = counting(rounds), shared(rounds)
    if len(made) < 2:
        return ""
    where = f"{len(same)} of {counted(len(count), 'photo')}"
    if same:
        first = min(range(len(made)), key=lambda place: (made[place].norm_shared or 0.0, made[place].method))
        lead = (
            f"All of them solve {where}: there {made[first].method} needs the smallest change by "
            f"{'size' if len(same) == 1 else 'median'}, {made[first].norm_shared:.1f}. "
        )
    else:  # whoever solves most has most photos in common with the others
        first = min(range(len(made)), key=lambda place: (-made[place].won, made[place].norm or 0.0, made[place].method))
        lead = ""
    told = [
        words
        for place in range(len(made))
        if place != first and (words := _pair(made[place].method, place, first, count))
    ]
    if not told:
        return lead.strip()
    return (
        f"{lead}Size beside {made[first].method}’s on the photos that both of the two solve, median of the photos’ ratios: "
        f"{listed(told, len(told))}."
    )


def _pair(name: str, place: int, first: int, count: Sequence[Round]) -> str:
    """A method's size beside that of the one at `first`, on the photos that both solve; empty where there are none."""
    both = [one.ended for one in count if won(one.ended[place]) and won(one.ended[first])]
    ratios = [reports[place]["l2"] / reports[first]["l2"] for reports in both]
    if not ratios:
        return ""
    larger, smaller = sum(ratio >= CLOSE for ratio in ratios), sum(ratio <= 1 / CLOSE for ratio in ratios)
    return (
        f"{name}’s {median(ratios):.2f} (of {counted(len(ratios), 'photo')} larger on {larger}, smaller on {smaller})"
    )


def sizes_html(rounds: Sequence[Round]) -> Markup:
    """What each method needs on each photo, folded; a dash where it did not reach the goal."""
    methods = [plan.request.attack for plan in rounds[0].plans]
    rows = []
    for one in rounds:
        if not one.ended:
            continue
        best, cells = smallest(one.reports), []
        for place, (name, report) in enumerate(zip(methods, one.reports, strict=True)):
            mark = Markup(' <b class="least">smallest</b>') if place == best else ""
            size = f"{report['l2']:.1f}" if report and won(report) else "–"
            cells.append(Cell(name, Markup("<span>{}</span>{}").format(size, mark)))
        rows.append(Row(one.title, cells, note="not counted" if one not in counting(rounds) else ""))
    caption = "Size of the change (‖z‖₂) of each method on each photo, as saved; –: goal not reached."
    return fill("tabs/compare/sizes.html", table=sheet(caption, ("Photo", *methods), rows)) if rows else Markup("")


HEADS = (
    "Method",
    "Goal reached",
    "Share % [95%]",
    "Size where all reach it (median)",
    "Size (‖z‖₂, median)",
    "Gradients (median)",
    "Steps (median)",
    "Seconds (median)",
)


def table_html(rounds: Sequence[Round], limit: Limit, done: bool, name: str) -> Markup:
    """The table, with its figures as CSV beside it once they are all there; `name` is that of the file."""
    made = totals(rounds)
    best = (
        min((one.norm_shared for one in made if one.norm_shared is not None), default=None) if len(made) > 1 else None
    )
    rows = [Row(plan.request.attack, instead="no photo counts" if done else "waiting") for plan in rounds[0].plans]
    for place, one in enumerate(made):
        notes = [f"{one.cut} cut by the clock"] * bool(one.cut) + [f"{one.barely} barely met, not counted"] * bool(
            one.barely
        )
        marks = {HEADS[1]: Markup("<small>{}</small>").format(", ".join(notes))} if notes else {}
        if one.norm_shared == best and best is not None:
            marks[HEADS[3]] = Markup('<b class="least">smallest</b>')
        cells = [
            f"{one.won} of {one.photos}", share(one.won, one.photos), _number(one.norm_shared), _number(one.norm),
            f"{one.gradients:.0f}", f"{one.steps:.0f}", f"{one.seconds:.1f}",
        ]  # fmt: skip
        named = zip(HEADS[1:], cells, strict=True)
        rows[place] = Row(
            one.method,
            [Cell(head, Markup("<span>{}</span>").format(text) + marks.get(head, Markup(""))) for head, text in named],
        )
    first = reference(rounds[0].plans)
    barely = " Barely met: by less than the margin asked for." if any(one.barely for one in made) else ""
    reports = [report for one in counting(rounds) for report in one.ended]
    given = given_words(limit, reports)
    caption = (
        f"{', '.join(asked_words(first))}, {given}, seed {first.seed}, one run a method and photo.{over_words(limit, reports)} "
        f"Medians: sizes over the photos that a method solved, gradients, steps and seconds over all; measured on the "
        f"saved pictures. [95%]: the range that chance leaves with so few photos."
        f"{barely}{squares_words(rounds[0].plans)}"
    )
    csv = csv_link(name, _csv(made, rounds[0].plans), "Table (CSV)", "") if done else Markup("")
    table = Markup('<div class="contest many">{}</div>').format(sheet(caption, HEADS, rows)) + csv
    return table + sizes_html(rounds) if done else table


FIELDS = (*Total.__dataclass_fields__, "k", "confidence", "seed", "annotator")


def _csv(made: Sequence[Total], plans: Sequence[Plan]) -> str:
    """The figures of the table, and what was asked of all methods."""
    first = reference(plans)
    asked = (first.k, first.settings.get("confidence", 0.0), first.seed, first.request.annotator)
    return csv_text(FIELDS, [(*astuple(one), *asked) for one in made])


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
