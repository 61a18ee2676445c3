"""All figures of a run as a table, each with what it means."""

from typing import Any

from markupsafe import Markup

from demo.catalog import attacks as catalog
from demo.catalog import measures
from demo.catalog.labels import listed_labels
from demo.engine.win import asked_margin, margin_words
from demo.render.goal_words import in_order, reached, reached_words
from demo.render.run_words import UNREPEATABLE, time_words, why_then
from demo.render.size_words import most_words
from demo.render.templates import fill

VISIBLE = 1.01  # sizes nearer than this are not worth a reason


def _asked(report: dict[str, Any]) -> str:
    """What the margin is, and what it was to be."""
    told, kappa = "how far ahead the goal is, in the annotator's raw scores (logits)", asked_margin(report)
    if catalog.precomputed(report["attack"]):
        return f"{told}; above 0 it is met"
    least = "" if kappa else ", so that above 0 it is met"
    return f"{told}; asked for: {kappa:g} (κ){least}. Sizes compare at the same κ only"


def _measures(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What hiding labels did to the measures of a top-k, which TKMIA wants to stay as they are; runs of before have none."""
    if report["goal"] != "hide" or "ndcg_change" not in report:
        return []
    named = (("P@k", "precision"), ("AP@k", "average_precision"), ("NDCG@k", "ndcg"))
    told = ", ".join(f"{short} {report[f'{name}_change']:+.2f}".replace("-", "−") for short, name in named)
    return [("Usual measures", told, f"{measures.RANKING}; 0: who watches them notices nothing")]


def _rounded(report: dict[str, Any]) -> str:
    """Which size counts, what it was before the picture had whole levels, and why the two differ."""
    told = f"its length (‖z‖₂) in the saved picture; {report['l2_before_rounding']:.1f} before rounding for saving"
    if report["l2"] * VISIBLE <= report["l2_before_rounding"]:
        return f"{told}, whose search for whole levels goes on making it smaller as long as the goal holds"
    if report["l2"] >= report["l2_before_rounding"] * VISIBLE:
        return f"{told}. That made it larger, as a value of a saved picture moves by whole levels or not at all"
    return told


def _passes(report: dict[str, Any]) -> str:
    """What is counted, and why there are more of them than steps, if there are."""
    forward, backward = report["forwards"] > report["steps"] + 1, report["backwards"] > report["steps"]
    if not forward:  # the photo itself takes one
        return measures.PASSES
    _, steps = catalog.unit_of(report["attack"])
    both = f"more of both than {steps}" if backward else f"more forward than {steps}"
    several = ", and a step may take several" if backward else ""
    return (
        f"{measures.PASSES}; {both}, as a success on the way is checked once more in whole levels, and the search for them when "
        f"saving takes some{several}"
    )


def run_figures_html(report: dict[str, Any], took: str = "") -> Markup:
    """All figures of a run, each with what it means. `took`: what stands for its seconds, where they mean nothing."""
    psnr = "no change" if report["psnr"] is None else f"{report['psnr']:.1f} dB"
    agrees = "yes" if report["consistent"] else "no"
    met = (
        "all true labels listed, or all listed ones true"
        if report["consistent"]
        else "a wrong label is in, a true one out"
    )
    started = "" if report["consistent_before"] else "; before the attack too it did not"
    order = []
    if report["goal"] == "ordered":
        order = [("Order", "right" if in_order(report) else "wrong", f"wanted: {listed_labels(report['targets'], 12)}")]
    start = report.get("started_from")
    began = (
        [("Size before", f"{start['l2']:.1f}", f"where {start['attack']} had ended, and this run began")]
        if start
        else []
    )
    again = UNREPEATABLE if report["stopped"] == "time" else ""
    limit = "made beforehand" if catalog.precomputed(report["attack"]) else f"{report['max_steps']} were allowed"
    rows = [
        (
            "Goal",
            reached_words(report),
            reached(report),
        ),
        *order,
        ("Margin of the win", margin_words(report["margin_of_win"]), _asked(report)),
        ("Agrees with the truth", agrees, f"{met}{started} (E = {int(report['consistent'])}, Eq. 1)"),
        ("Most at one pixel", most_words(report), f"{measures.MOST} (‖z‖∞)"),
        ("Size of the change", f"{report['l2']:.1f}", _rounded(report)),
        *began,
        ("Size per pixel", f"{report['pert'] * 100:.3f} × 10⁻²", f"{measures.PER_PIXEL} (Pert, Eq. 15)"),
        *_measures(report),
        ("Faintness", psnr, f"{measures.FAINTNESS} (PSNR)"),
        ("Likeness", f"{report['ssim']:.4f}", f"{measures.LIKENESS} (SSIM)"),
        (catalog.choice_of(report["attack"]).counted, f"{report['steps']}", limit),
        (
            "Passes",
            f"{report['forwards']} + {report['backwards']}",
            _passes(report),
        ),
        (
            "Time",
            took or time_words(report),
            "; ".join(part for part in (f"computed on {report['device']}", why_then(report), again) if part),
        ),
    ]
    return fill("render/run_figures.html", width=report["width"], height=report["height"], rows=rows)
