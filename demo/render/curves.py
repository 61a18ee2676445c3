"""Two small curves under the race: the loss, and the length of the perturbation."""

from collections.abc import Sequence
from html import escape

import numpy as np

from demo.render.race import MOST_POINTS

HEIGHT = 96  # pixels


def _short(value: float) -> str:
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return text.replace("-", "−")


def curve(title: str, unit: str, values: Sequence[float]) -> str:
    """One curve with its present value in the title and its extremes at the side."""
    data = np.asarray(values, dtype=float)
    if not len(data):
        return _box(title, unit, "", f"{title}: nothing yet", "", "", "")
    keep = np.unique(np.linspace(0, len(data) - 1, min(len(data), MOST_POINTS)).round().astype(int))
    points = data[keep]
    low, high = float(points.min()), float(points.max())
    xs = keep / max(keep[-1], 1) * 1000.0
    ys = (
        4 + (high - points) / ((high - low) or 1.0) * (HEIGHT - 8) if high > low else np.full(len(points), HEIGHT - 4.0)
    )
    if len(points) == 1:
        xs, ys = np.array([0.0, 1000.0]), np.repeat(ys, 2)
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    spoken = f"{title}, from {_short(data[0])} to {_short(data[-1])} in {len(data) - 1} steps"
    return _box(title, unit, line, spoken, _short(data[-1]), _short(high) if high > low else "", _short(low))


def _box(title: str, unit: str, points: str, spoken: str, now: str, high: str, low: str) -> str:
    line = f'<polyline class="line plain" points="{points}"/>' if points else ""
    return (
        f'<section class="curve"><h2>{escape(title)} <small>{escape(unit)}</small><b>{now}</b></h2>'
        f'<div class="plot" role="img" aria-label="{escape(spoken, quote=True)}" style="height:{HEIGHT}px">'
        f'<svg class="lines" viewBox="0 0 1000 {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">{line}</svg>'
        f'<span class="ytick" style="top:8px" aria-hidden="true">{high}</span>'
        f'<span class="ytick" style="top:{HEIGHT - 8}px" aria-hidden="true">{low}</span></div></section>'
    )


def curves_html(loss: Sequence[float], norm: Sequence[float]) -> str:
    """Loss and ‖z‖₂ side by side."""
    size = curve("‖z‖₂", "length in 0–255 units, 8-bit at the end", norm)
    return f'<div class="curves">{curve("Loss", "what the optimizer lowers", loss)}{size}</div>'
