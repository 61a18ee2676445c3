"""All figures of a run as a table, each with what it means."""

from typing import Any

from markupsafe import Markup

from demo.catalog import attacks as catalog
from demo.catalog.english import listed
from demo.render.templates import fill
from demo.render.verdict import asked_margin, in_order, reached, reached_words, time_words


def _asked(report: dict[str, Any]) -> str:
    """What the margin is to be."""
    kappa = asked_margin(report)
    return (
        f"below 0 the goal is met; asked for: −{kappa:g} or less (κ = {kappa:g})"
        if kappa
        else "below 0 the goal is met"
    )


def _measures(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What hiding labels did to the measures of a top-k, which TKMIA wants to stay as they are; runs of before have none."""
    if report["goal"] != "hide" or "ndcg_change" not in report:
        return []
    named = (("P@k", "precision"), ("AP@k", "average_precision"), ("NDCG@k", "ndcg"))
    told = ", ".join(f"{short} {report[f'{name}_change']:+.2f}".replace("-", "−") for short, name in named)
    return [("Measures", told, "change of precision, average precision and NDCG; 0: who watches them notices nothing")]


def run_figures_html(report: dict[str, Any], took: str = "") -> Markup:
    """All figures of a run, each with what it means. `took`: what stands for its seconds, where they mean nothing."""
    psnr = "no change" if report["psnr"] is None else f"{report['psnr']:.1f} dB"
    agrees = "yes" if report["consistent"] else "no"
    started = "" if report["consistent_before"] else ", and was 0 before the attack too"
    order = []
    if report["goal"] == "ordered":
        order = [("Order", "right" if in_order(report) else "wrong", f"wanted: {listed(report['targets'], 12)}")]
    start = report.get("started_from")
    began = (
        [("Size before", f"{start['l2']:.1f}", f"where {start['attack']} had ended, and this run began")]
        if start
        else []
    )
    limit = "made beforehand" if catalog.precomputed(report["attack"]) else f"{report['max_steps']} were allowed"
    rows = [
        (
            "Goal",
            reached_words(report),
            reached(report),
        ),
        *order,
        ("Margin", f"{report['margin']:.2f} logits", _asked(report)),
        ("Agrees with the truth", agrees, f"E = {int(report['consistent'])}{started} (Eq. 1)"),
        (
            "Size of the change",
            f"{report['l2']:.1f}",
            f"‖z‖₂, its length; {report['l2_before_rounding']:.1f} before rounding to 8 bit",
        ),
        *began,
        ("Most at one pixel", f"{report['linf']:.0f}", "‖z‖∞, the largest change of one value, of 255"),
        ("Size per pixel", f"{report['pert'] * 100:.3f} × 10⁻²", "Pert: ‖z‖₂ / (height · width) (Eq. 15)"),
        *_measures(report),
        ("PSNR", psnr, "above 40 dB is hard to see"),
        ("SSIM", f"{report['ssim']:.4f}", "1 means the same picture"),
        (catalog.choice_of(report["attack"]).counted, f"{report['steps']}", limit),
        ("Passes", f"{report['forwards']} + {report['backwards']}", "through the annotator, forward + backward"),
        (
            "Time",
            took or time_words(report),
            report["device"],
        ),
    ]
    return fill("render/run_figures.html", width=report["width"], height=report["height"], rows=rows)
