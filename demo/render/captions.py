"""What stands below a figure for a paper or a report: the run in full, as nothing else is beside it."""

from collections.abc import Sequence
from typing import Any

from demo.catalog.english import listed
from demo.catalog.labels import listed_labels
from demo.engine.win import won
from demo.render.goal_words import given_words, reached, reached_words


def caption(report: dict[str, Any]) -> str:
    """Which attack on what, what it was given, and how large its change is."""
    named = report["targets"] or report["hidden"]
    psnr = "" if report["psnr"] is None else f", PSNR {report['psnr']:.1f} dB"
    given = given_words(report)
    return (
        f"{report['attack']} on {report['annotator']}, k = {report['k']}. Goal: {reached(report)}"
        f"{f' ({listed_labels(named)})' if report['targets'] else ''}; {reached_words(report)}. "
        f"{f'{given[0].upper()}{given[1:]}. ' if given else ''}‖z‖₂ = {report['l2']:.1f}, ‖z‖∞ = {report['linf']:.0f}/255, "
        f"Pert = {report['pert'] * 100:.3f} × 10⁻²{psnr}.{_guessed(report)}"
    )


def comparison_caption(reports: Sequence[dict[str, Any]]) -> str:
    """The same for several methods on one photo."""
    first = reports[0]
    named = first["targets"] or first["hidden"]
    methods = [f"{report['attack']} ‖z‖₂ = {report['l2']:.1f}" for report in reports if won(report)]
    failed = [report["attack"] for report in reports if not report["achieved"] and not report.get("stopped")]
    others = [
        f"{report['attack']}: {reached_words(report)}"
        for report in reports
        if not won(report) and (report["achieved"] or report.get("stopped"))
    ]
    met = f" Reached by {listed(methods, len(methods))}." if methods else ""
    missed = f" Not reached by {listed(failed, len(failed))}." if failed else ""
    given = "; ".join(dict.fromkeys(words for report in reports if (words := given_words(report))))
    return (
        f"Methods on {first['annotator']}, k = {first['k']}. Goal: {reached(first)}"
        f"{f' ({listed_labels(named)})' if first['targets'] else ''}.{met}{missed}"
        f"{f' {listed(others, len(others))}.' if others else ''}{f' Each: {given}.' if given else ''}{_guessed(first)}"
    )


def _guessed(report: dict[str, Any]) -> str:
    """A sentence with the true labels, where nobody marked any and the annotator's guess was taken for them."""
    true = report["true_labels"]
    if not report.get("true_labels_guessed"):
        return ""
    answers = "answers before the attack count" if len(true) > 1 else "answer before the attack counts"
    return f" Nobody marked what is true, so the annotator’s own {answers} as true: {listed_labels(true)}."
