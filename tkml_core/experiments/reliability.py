"""The reliability diagram (Niculescu-Mizil & Caruana 2005) as SVG: what an annotator says beside what is so."""

from collections.abc import Sequence

import numpy as np

SIDE, GAP, BINS = 200, 46, 10  # pixels of a panel and around it; bins of equal width


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
    panels = []
    for i, (name, probabilities, truth) in enumerate(annotators):
        left = GAP + i * (SIDE + GAP)
        points = shares(probabilities, truth)
        at = [(left + SIDE * p, GAP + SIDE * (1 - t), count) for p, t, count in points]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in at)
        dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{n} answers</title></circle>' for x, y, n in at)
        ticks = "".join(
            f'<text x="{left + SIDE * v}" y="{GAP + SIDE + 16}" text-anchor="middle">{v:g}</text>'
            + (f'<text x="{left - 6}" y="{GAP + SIDE * (1 - v) + 4}" text-anchor="end">{v:g}</text>' if i == 0 else "")
            for v in (0, 0.5, 1)
        )
        panels.append(
            f'<rect x="{left}" y="{GAP}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#888"/>'
            f'<line x1="{left}" y1="{GAP + SIDE}" x2="{left + SIDE}" y2="{GAP}" stroke="#888" stroke-dasharray="4"/>'
            f'<polyline points="{line}" fill="none" stroke="#1f6feb" stroke-width="2"/><g fill="#1f6feb">{dots}</g>{ticks}'
            f'<text x="{left + SIDE / 2}" y="{GAP - 10}" text-anchor="middle" font-weight="bold">{name}</text>'
            f'<text x="{left + SIDE / 2}" y="{GAP + SIDE + 34}" text-anchor="middle">probability said</text>'
        )
    width, height = GAP + len(annotators) * (SIDE + GAP), SIDE + 2 * GAP
    side = f'<text transform="translate(12 {GAP + SIDE / 2}) rotate(-90)" text-anchor="middle">share that is so</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="sans-serif" font-size="12" fill="#444"><rect width="100%" height="100%" fill="#fff"/>'
        f"{side}{''.join(panels)}</svg>\n"
    )
