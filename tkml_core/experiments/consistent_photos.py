"""Measuring photos on which annotators agree with the truth before they are attacked."""

import argparse
import warnings
from collections.abc import Iterable, Iterator, Mapping

import torch
from torch.nn.functional import interpolate

import tkml_core as tk
from tkml_core.experiments.command import naming_folders
from tkml_core.experiments.datasets import Photo, Report, leaving_out, measuring
from tkml_core.experiments.measured_photos import Row, photo_row
from tkml_core.images import quantize


def consistent_photos(annotator: tk.Annotator, name: str, k: int, args: argparse.Namespace) -> Iterator[Row]:
    """An annotator's measuring photos, in the order that args.seed gives, that are consistent at k at args.side."""
    with naming_folders():
        found = measuring(name, args.voc, args.coco)
    order = torch.randperm(len(found), generator=torch.Generator().manual_seed(args.seed)).tolist()
    for rows in consistent_for_all({name: annotator}, (found[place] for place in order), k, args.side):
        yield rows[name]


def consistent_for_all(
    annotators: Mapping[str, tk.Annotator], photos: Iterable[Photo], k: int, side: int | None = None,
    report: Report = warnings.warn,
) -> Iterator[dict[str, Row]]:  # fmt: skip
    """The rows of each photo that has a true label and is consistent at k for every annotator.

    side: pixels a side that photos are scaled to, for a quick look; without it each annotator has its own. A file that
    cannot be read is reported, and left out.
    """
    for photo in photos:
        rows: dict[str, Row] = {}
        with leaving_out(photo, report):
            for name, annotator in annotators.items():
                row = photo_row(annotator, name, photo)
                if side:
                    row = _scaled(annotator, row, side)
                if not bool(row.true.any()) or not row.fits(k):
                    break
                rows[name] = row
        if len(rows) == len(annotators):
            yield rows


def _scaled(annotator: tk.Annotator, row: Row, side: int) -> Row:
    x = quantize(interpolate(row.x, (side, side), mode="area"))
    with torch.no_grad():
        return row._replace(read=lambda: x, logits=annotator(x)[0])
