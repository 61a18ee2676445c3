"""Which labels are easily planted where which are true: a picture for each annotator that it was measured for."""

from pathlib import Path

from markupsafe import Markup

from demo.render import heat_map
from demo.render.csv_file import EMPTY, csv_link
from tkml_core.measured.easy_targets import Pair, read_correlations, read_csv

COMMAND = "python -m tkml_core.experiments.easy_targets --data DATA"
FILE = "easy_targets.csv"
PLACE = "easy-targets-{}-part"


def easy_contents(folder: Path) -> list[tuple[str, str]]:
    """Places on the page, and the titles of what stands there."""
    return [(PLACE.format(name), heat_map.TITLE.format(name)) for name in _by_annotator(folder)]


def easy_html(folder: Path) -> Markup:
    """Which targets are easy, for each annotator that it was measured for."""
    drawn = []
    beside = read_correlations(folder / "easy_targets_correlations.csv")
    for name, ours in _by_annotator(folder).items():
        photos = max(pair.photos for pair in ours)
        own = [one for one in beside if one.annotator == name]
        command = f"{COMMAND} --annotator {name} --photos {photos}"
        drawn.append(heat_map.heat_map_html(ours, command, own, PLACE.format(name)))
    return Markup("").join(
        [*drawn, csv_link("easy-targets", (folder / FILE).read_text(encoding="utf-8"), note=EMPTY)] if drawn else []
    )


def _by_annotator(folder: Path) -> dict[str, list[Pair]]:
    pairs = read_csv(folder / FILE)
    names = dict.fromkeys(pair.annotator for pair in pairs)
    return {name: [pair for pair in pairs if pair.annotator == name] for name in names}
