"""Measuring photos of their own sides, or scaled for a quick look."""

import argparse
from collections.abc import Iterator

import torch
from torch.nn.functional import interpolate

import tkml_core as tk
from tkml_core.experiments.datasets import measuring
from tkml_core.experiments.measured_photos import Row, photo_row
from tkml_core.images import quantize


def consistent_photos(annotator: tk.Annotator, name: str, k: int, args: argparse.Namespace) -> Iterator[Row]:
    """Measuring photos, in the order that args.seed gives, that are consistent at k at args.side, which may be None."""
    found = measuring(name, args.voc, args.coco)
    order = torch.randperm(len(found), generator=torch.Generator().manual_seed(args.seed)).tolist()
    for place in order:
        row = photo_row(annotator, name, found[place])
        x, logits, true = row.x, row.logits, row.true.to(row.logits.device)
        if args.side:
            x = quantize(interpolate(x, (args.side, args.side), mode="area"))
            with torch.no_grad():
                logits = annotator(x)[0]
        enough = int((~(row.true | row.difficult)).sum()) >= k
        if bool(true.any()) and enough and bool(tk.consistent(logits[None], true[None], k)[0]):
            yield row._replace(read=lambda x=x: x, logits=logits)  # type: ignore[misc]
