"""What the methods came to on one photo: a sentence and a table; and every run as CSV. All about the saved 8-bit pictures."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from markupsafe import Markup

from demo.catalog import attacks as catalog
from demo.catalog.english import counted, listed
from demo.engine.plan import Plan
from demo.engine.win import asked_margin, less_words, standing, was_met, won
from demo.render.csv_file import PERT, csv_text, of_report
from demo.render.goal_words import aim
from demo.render.run_words import clock_words, steps_words, time_words, why_any
from demo.render.tables import Cell, Row, sheet
from demo.tabs.compare.limits import Limit
from demo.tabs.compare.methods import reference

Reports = Sequence[dict[str, Any] | None]  # one for each method, None where it has not come to its end
CLOSE = 1.005  # norms nearer than this are called the same


def smallest(reports: Reports) -> int | None:
    """Place of the shortest change among those that reached the goal; None where fewer than two did."""
    norms = {place: report["l2"] for place, report in enumerate(reports) if report and won(report)}
    return min(norms, key=lambda place: norms[place]) if len(norms) > 1 else None


def shortage(report: dict[str, Any]) -> str:
    """What a run lacks: firmness; it was cut short by the clock, or by Stop after it had met its goal; queries; else empty."""
    firm = less_words(report) if standing(report) == "narrow" else ""
    if report["stopped"] == "time":
        return ", ".join(filter(None, (firm, "cut by the clock")))
    if report["stopped"] == "user" and report["achieved"]:
        return ", ".join(filter(None, (firm, "then stopped")))
    if firm:
        return firm
    choice = catalog.choice_of(report["attack"])
    few = choice.counted == "Queries" and report["max_steps"] < choice.steps
    return f"with only {steps_words(report)}" if few and not report["achieved"] and not report["stopped"] else ""


def sentence(plans: Sequence[Plan], reports: Reports, done: bool, running: str = "", broken: bool = False) -> str:
    """The comparison in plain words. running: the method whose run goes on; broken: whether an error ended it all."""
    ended = [report for report in reports if report]
    goal = f"The goal: {aim(plans[0].goal_name, plans[0].k, plans[0].roles)}."
    if not done:
        return f"{goal} Running {running}." if running else goal
    skipped = [plan.request.attack for plan, report in zip(plans, reports, strict=True) if report is None]
    parts = [goal]
    winners = sorted((report for report in ended if won(report)), key=lambda report: report["l2"])
    before = [report["attack"] for report in ended if report["achieved"] and was_met(report)]
    failed = [report for report in ended if not report["achieved"]]
    narrow = [report["attack"] for report in ended if standing(report) == "narrow"]
    stopped, late = (
        [report["attack"] for report in failed if report["stopped"] == cause] for cause in ("user", "time")
    )
    lost = [f"{report['attack']} {shortage(report)}".strip() for report in failed if not report["stopped"]]
    cut, halted = ([report["attack"] for report in winners if report["stopped"] == cause] for cause in ("time", "user"))
    if before:
        parts.append(f"It was met before any attack, so nothing is to be won by {listed(before, len(before))}.")
    if winners:
        parts.append(_order(winners))
    if lost:
        parts.append(f"{listed(lost)} did not reach it.")
    if narrow:
        parts.append(
            f"{listed(narrow)} barely met it: by less than the margin asked for (κ), which is not counted as a win."
        )
    if late:
        parts.append(f"{_clock(late, ended)} before it was reached: {_why(late, ended)}.")
    if cut:
        parts.append(f"{_clock(cut, ended)}, and might have come to less: {_why(cut, ended)}.")
    if late or cut:
        parts.append(f"So not all got as much{taken_words(ended)}.")
    if halted:
        parts.append(f"{listed(halted)} might have come to less, but was stopped.")
    if stopped:
        parts.append(f"{listed(stopped)} was stopped.")
    if skipped:
        parts.append(
            f"An error ended it before {listed(skipped)} had a result."
            if broken
            else f"Stopped before {listed(skipped)} had a turn."
        )
    return " ".join(parts)


def _clock(names: Sequence[str], ended: Sequence[dict[str, Any]]) -> str:
    """Which methods the clock stopped; it is a shorter one while others wait."""
    clock = clock_words(report["time_limit"] for report in ended if report["attack"] in names)
    return f"{listed(names, len(names))} {'was' if len(names) == 1 else 'were'} stopped by {clock}"


def _why(names: Sequence[str], ended: Sequence[dict[str, Any]]) -> str:
    """Why it did so before all of its seconds were over."""
    return why_any(report for report in ended if report["attack"] in names)


def _order(winners: Sequence[dict[str, Any]]) -> str:
    """Who reached the goal with how much."""
    first, *others = winners
    if not others:
        return f"Only {first['attack']} reached it, with a change of size {first['l2']:.1f}."
    told = []
    for report in others:
        ratio = report["l2"] / first["l2"]
        told.append(f"{report['attack']} the same" if ratio < CLOSE else f"{report['attack']} {ratio:.2f} times that")
    return (
        f"{first['attack']} reached it with the smallest change, of size {first['l2']:.1f}; {listed(told, len(told))}."
    )


def _figures(report: dict[str, Any]) -> dict[str, str]:
    """A method's figures as the table shows them, by column."""
    return {
        "Goal": STANDS.get(standing(report)) or ENDED.get(report["stopped"], "not met"),
        SIZE: f"{report['l2']:.1f}",
        "Agrees with the truth": "yes" if report["consistent"] else "no",
        "Size per pixel (Pert ×10⁻²)": f"{report['pert'] * 100:.3f}",
        "Most at one pixel (‖z‖∞)": f"{report['linf']:.0f}",
        "Faintness (PSNR)": "no change" if report["psnr"] is None else f"{report['psnr']:.1f} dB",
        "Likeness (SSIM)": f"{report['ssim']:.4f}",
        "Steps": str(report["steps"]),
        "Passes (forward + backward)": f"{report['forwards']} + {report['backwards']}",
        "Time": time_words(report),
    }


STANDS = {"won": "met", "narrow": "barely met", "before": "met before"}
ENDED = {"user": "stopped", "time": "cut by the clock"}  # no failure of the method
SIZE = "Size (‖z‖₂)"
HEADS = (
    "Method", "Goal", SIZE, "Agrees with the truth", "Size per pixel (Pert ×10⁻²)", "Most at one pixel (‖z‖∞)",
    "Faintness (PSNR)", "Likeness (SSIM)", "Steps", "Passes (forward + backward)", "Time",
)  # fmt: skip


def table_html(
    plans: Sequence[Plan], reports: Reports, done: bool, given: str = "", more: str = "", running: str = ""
) -> Markup:
    """The table; a row fills when its method has come to its end.

    given: how much each method got; more: a sentence about it; running: the method whose run goes on.
    """
    best, rows = smallest(reports), []
    for place, (plan, report) in enumerate(zip(plans, reports, strict=True)):
        if report is None:
            name = plan.request.attack
            rows.append(Row(name, instead="not run" if done else "running" if name == running else "waiting"))
            continue
        cells = []
        for name, value in _figures(report).items():
            mark, kind = Markup(""), ""
            if name == SIZE and report["achieved"]:  # a smaller change is not had for nothing
                mark = Markup('<b class="least">smallest</b>') if place == best else mark
                mark += Markup("<small>with {}</small>").format(counted(report["backwards"], "gradient"))
            if name == "Goal":
                kind = "met" if won(report) else "" if report["achieved"] or report["stopped"] else "missed"
                short = shortage(report)
                mark = Markup("<small>{}</small>").format(short) if short and short != value else mark
            cells.append(Cell(name, Markup("<span>{}</span>").format(value) + mark, kind))
        rows.append(Row(plan.request.attack, cells))
    return Markup('<div class="contest">{}</div>').format(sheet(_caption(plans, given) + more, HEADS, rows))


def given_words(limit: Limit, reports: Reports) -> str:
    """How much each method got; where the clock cut some, also how long that is."""
    clocks = sorted({report["time_limit"] for report in reports if report and report["stopped"] == "time"})
    most = f"up to {limit} each"
    if not clocks:
        return most
    clock = "" if limit.kind == "seconds" else f", {' or '.join(f'{seconds:.0f}' for seconds in clocks)} s each"
    return f"{most}{clock}{taken_words(reports)}"


def over_words(limit: Limit, reports: Reports) -> str:
    """Why some took more than the limit, with a space before it; empty where none did."""
    over = limit.kind == "gradients" and any(report["backwards"] > limit.amount for report in filter(None, reports))
    return (
        " The few gradients beyond the limit are of the search for the picture that is saved, which comes after."
        if over
        else ""
    )


def taken_words(reports: Reports) -> str:
    """How many gradients each method has taken, with a comma before it; medians where it ran more than once."""
    taken: dict[str, list[int]] = {}
    for report in filter(None, reports):
        taken.setdefault(report["attack"], []).append(report["backwards"])
    counts = [f"{name} {median(counts):.0f}" for name, counts in taken.items()]
    several = any(len(counts) > 1 for counts in taken.values())
    return f", gradients taken{' (median)' if several else ''}: {listed(counts, len(counts))}" if counts else ""


def _caption(plans: Sequence[Plan], given: str) -> str:
    first = reference(plans)
    whole = f"picture {first.photo.x.shape[-1]} × {first.photo.x.shape[-2]}"
    about = ", ".join(filter(None, (*asked_words(first), whole, given, f"seed {first.seed}")))
    return f"Measured on the saved pictures: {about}.{squares_words(plans)}"


def asked_words(plan: Plan) -> tuple[str, ...]:
    """Whom all methods are up against, and what is asked of them."""
    return plan.request.annotator, f"k = {plan.k}", f"margin of the win {plan.settings.get('confidence', 0.0):g} (κ)"


def squares_words(plans: Sequence[Plan]) -> str:
    """A word about the methods whose picture is the centre square, with a space before it; empty where there are none."""
    first = reference(plans)
    squares = [plan.request.attack for plan in plans if plan.photo.x.shape != first.photo.x.shape]
    return f" {listed(squares)}: on the centre square, so not quite comparable." if squares else ""


CSV_FIELDS = (
    "attack", "annotator", "goal", "target_case", "k", "seed", "achieved", "margin", "margin_before", "consistent", "l2",
    PERT, "linf", "psnr", "ssim", "steps", "max_steps", "max_gradients", "forwards", "backwards", "seconds", "stopped",
    "device", "width", "height",
)  # fmt: skip


MARGIN = (
    "A margin below 0, or a margin_of_win above 0: the goal is met, by so much. given: the limit, of which one of max_steps and "
    "max_gradients may say the number; stopped: by hand (user) or by the clock (time)."
)


def runs_csv(photos: Sequence[tuple[str, Reports, bool]], limit: Limit) -> str:
    """The figures of all runs that came to an end, a line each, unrounded; enough to count the table's wins again.

    photos: with their titles, and whether they count: every method has had its run there, and something was to be won.
    """
    rows, of_steps = [], limit.kind == "steps"
    allowed: dict[str, Any] = {"max_steps": limit.amount if of_steps else None, "max_gradients": limit.gradients}
    for number, (title, reports, counts) in enumerate(photos, 1):
        for report in filter(None, reports):
            lists = [report["true_labels"], report["targets"], [name for name, _ in report["after"]]]
            rows.append([
                number, title, report["photo"], *of_report({**report, **allowed}, CSV_FIELDS), report["margin_of_win"],
                asked_margin(report), won(report), was_met(report), str(limit), *lists, counts,
            ])  # fmt: skip
    decided = ("margin_of_win", "confidence", "won", "met_before", "given")
    listed_too = ("true_labels", "targets", "after")
    return csv_text(("photo_number", "photo_title", "photo", *CSV_FIELDS, *decided, *listed_too, "photo_counts"), rows)
