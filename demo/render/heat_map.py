"""Which labels are easily planted where which others are true, as a table of shades that screen readers can read, too."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log

from markupsafe import Markup

from demo.catalog.labels import written
from demo.render.templates import fill
from tkml_core.measured.easy_targets import ENOUGH, Correlation, Pair, easiest, ordered

RESPECTS = {
    "together": "how often the training photos show both labels",
    "weights": "how far the labels’ weights in the last layer are apart",
}


@dataclass(frozen=True)
class Shade:
    """A cell: its number, how green it is from 0 to 1, and what is told on a closer look."""

    text: str
    heat: float
    told: str
    few: bool = False  # of so few photos that it is a first look


TITLE = "Which targets are easy, on {}?"


def heat_map_html(
    pairs: Sequence[Pair], command: str = "", correlations: Sequence[Correlation] = (), place: str = ""
) -> Markup:
    """One annotator's pairs: a row a true label, a column a target, in their places; the easier, the greener.

    place: the section's id.
    """
    order, by_names = ordered(pairs), {(pair.true, pair.target): pair for pair in pairs}
    norms = [pair.norm for pair in pairs if isfinite(pair.norm) and pair.norm > 0]
    least, most = min(norms, default=1.0), max(norms, default=1.0)
    measured = [name for name in order if any(name == pair.true for pair in pairs)]
    rows = [(true, [_shade(by_names.get((true, target)), least, most) for target in order]) for true in measured]
    photos = [pair.photos for pair in pairs]
    few = sum(pair.photos < ENOUGH for pair in pairs)
    told = [(RESPECTS[one.respect], str(one)) for one in correlations]
    return fill(
        "render/heat_map.html", title=TITLE.format(pairs[0].annotator), place=place, few=few, enough=ENOUGH, pairs=len(pairs),
        targets=order, rows=rows, correlations=told,
        command=command,
        permutations=max((one.permutations for one in correlations), default=0),
        easiest=easiest(pairs),
        photos=(min(photos), max(photos)), written=written,
    )  # fmt: skip


def _shade(pair: Pair | None, least: float, most: float) -> Shade:
    """The cell of a pair; an empty one where nothing was measured, such as a label on photos of itself."""
    if pair is None:
        return Shade("", 0.0, "")
    told = f"{written(pair.target)} added on photos of {written(pair.true)}: {pair.reached} of {pair.photos} gave way"
    if not isfinite(pair.norm):
        return Shade("–", 0.0, told, pair.photos < ENOUGH)
    heat = log(most / max(pair.norm, least)) / log(most / least) if most > least else 1.0
    size = "size" if pair.photos == 1 else "median size"
    return Shade(f"{pair.norm:.0f}", heat, f"{told}, {size} {pair.norm:.1f}", pair.photos < ENOUGH)
