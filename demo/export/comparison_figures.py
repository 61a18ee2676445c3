"""The figures of a comparison on several photos: a page each in one PDF, and a picture each in one ZIP."""

import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.backends.backend_pdf import PdfPages

from demo.export import figure
from demo.export.npz import SavedRun

MOST_SECONDS, MOST_BYTES = 60.0, 40_000_000  # no figure is begun after them: others' files wait for these


class Figures(NamedTuple):
    """The two files, and how many photos' figures are in them, of the first ones."""

    zipped: Path
    pdf: Path
    drawn: int


def save_all(
    photos: Sequence[tuple[str, Callable[[], Sequence[SavedRun]]]],
    stem: Path,
    now: Callable[[], float] = time.monotonic,
) -> Figures:
    """Write `stem`.zip and `stem`.pdf. photos: what a photo's picture is called, without ending, and what reads its runs.

    The same runs give the same bytes. Where it takes long or much, the last photos are left out.
    """
    zipped, pdf = stem.with_name(f"{stem.name}.zip"), stem.with_name(f"{stem.name}.pdf")
    png = stem.with_name(f"{stem.name}.png")
    end, drawn, size = now() + MOST_SECONDS, 0, 0
    pages = PdfPages(pdf, metadata={"CreationDate": None, "ModDate": None})
    with zipfile.ZipFile(zipped, "w") as pictures:
        for name, runs in photos:
            if drawn and (now() >= end or size >= MOST_BYTES):
                break
            with figure.drawing():  # for one photo at a time, so that others' figures come in between
                page = figure.draw_comparison(runs())
                page.savefig(png, dpi=figure.DPI, metadata={"Software": None})
                pages.savefig(page)
            size += png.stat().st_size
            pictures.writestr(zipfile.ZipInfo(f"{name}.png"), png.read_bytes())  # with no date of its own
            drawn += 1
    with figure.drawing():  # fonts are written at the end
        pages.close()
    png.unlink(missing_ok=True)
    return Figures(zipped, pdf, drawn)
