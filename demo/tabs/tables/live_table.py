"""The rows that a visitor has measured, as a table and as its CSV file."""

from collections.abc import Sequence
from typing import Any

from demo.catalog import attacks as catalog
from demo.catalog.english import listed
from demo.engine.guessed_truth import RULE, left_out_words
from demo.render.csv_file import PERT, csv_link, csv_text
from demo.render.measured_table import Table, table_html
from demo.tabs.tables.live_row import CASES, Row
from demo.tabs.tables.numbers import EQ_14, GOAL, PERT_WON, number
from demo.tabs.tables.numbers import PERT as PERT_HEAD
from tkml_core.statistics import share

JUST_MET = (
    f"As in the tables above and at /attack, the attacks run at κ = 0 (the goal just met); Attack and Compare start with "
    f"κ = {catalog.FIRM:g}."
)


def rows_html(rows: Sequence[Row]) -> str:
    """All rows that were measured in this visit, the newest first."""
    cells = [
        [
            row.annotator, CASES[row.case], str(row.k), row.attack, f"{row.done} of {_attackable(row)}",
            share(row.fooled, row.done), share(row.won, row.done), *(number(mean) for mean in _means(row)),
            f"{row.steps / row.done:.0f} of {row.max_steps}" if row.done else f"– of {row.max_steps}", f"{row.seconds:.0f}",
            row.state,
        ]
        for row in rows
    ]  # fmt: skip
    sentence = (
        "Goal: what the paper’s tables print as ASR (attack success rate). E = 0: the top-k contradicts the truth afterwards, a "
        "wrong label in it and a true one out; ASR by its Eq. 14. "
        "[95%]: the range that chance leaves, wide with so few photos. Size per pixel (Pert) is the mean over the photos "
        f"with E = 0, as saved, whether or not they met the goal; beside it over those that met it. {JUST_MET} "
        f"What is true on an uploaded photo is what you marked, else the annotator’s guess: {RULE}."
    )
    if rows and (out := rows[0].left_out):
        names = listed(out, len(out))
        sentence += f" Left out of the newest row, as the top-k contradicts the truth before any attack: {names}."
    if rows and rows[0].nothing_found:
        words = left_out_words(rows[0].nothing_found, rows[0].photos, rows[0].annotator)
        sentence += f" In the newest row {words}"
    columns = (
        "annotator", "goal", "k", "attack", "photos", EQ_14, GOAL,
        PERT_HEAD, PERT_WON,
        "steps a photo (mean)", "seconds in all",
        "state",
    )  # fmt: skip
    nothing = "Nothing measured yet. Choose photos and an attack, then press Measure."
    table = table_html(Table("Your rows", sentence, columns, cells, heads=4, nothing=nothing))
    return table + csv_link("your-rows", csv_text(FIELDS, map(_fields, rows))) if rows else table


def _attackable(row: Row) -> int:
    """On how many of the photos something was to be won."""
    return row.photos - len(row.left_out) - len(row.nothing_found)


def _means(row: Row) -> tuple[float | None, float | None]:
    """Sizes per pixel ×10² over the photos with E = 0 and over those that met the goal, as `summary.Figures` has them."""
    return (
        100 * row.pert / row.fooled if row.fooled else None,
        100 * row.pert_won / row.won if row.won else None,
    )


_SIZES = {"pert": PERT, "pert_won": "pert_won_x100"}
FIELDS = tuple(_SIZES.get(name, name) for name in Row.__dataclass_fields__)


def _fields(row: Row) -> list[Any]:
    """A row of the file; sizes as the table has them, means."""
    means = dict(zip(_SIZES, _means(row), strict=True))
    return [means.get(name, getattr(row, name)) for name in Row.__dataclass_fields__]
