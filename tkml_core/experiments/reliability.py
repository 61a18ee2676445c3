"""The reliability diagram (Niculescu-Mizil & Caruana 2005) as SVG: what an annotator says beside what is so."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader

SIDE, GAP, BINS = 200, 46, 10  # pixels of a panel and around it; bins of equal width
TEMPLATE = "reliability.svg.jinja"


def shares(probabilities: np.ndarray, truth: np.ndarray) -> list[tuple[float, float, int]]:
    """Mean probability, share of true ones and count, of every bin that is not empty; both (n,)."""
    place = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    return [
        (float(probabilities[place == b].mean()), float(truth[place == b].mean()), int((place == b).sum()))
        for b in range(BINS)
        if (place == b).any()
    ]


def diagram(annotators: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> str:
    """A panel for each (name, probabilities (n,), truth (n,)); points on the diagonal are honest."""
    panels = [(name, shares(probabilities, truth)) for name, probabilities, truth in annotators]
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return templates.get_template(TEMPLATE).render(panels=panels, side=SIDE, gap=GAP)
