"""Two small curves under the race: the loss, and the length of the perturbation."""

from collections.abc import Sequence
from html import escape

import numpy as np

from demo.race import MOST_POINTS

HEIGHT = 96  # pixels


def _short(value: float) -> str:
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return text.replace("-", "−")


def curve(title: str, unit: str, values: Sequence[float]) -> str:
    """One curve with its present value in the title and its extremes at the side."""
    data = np.asarray(values, dtype=float)
    keep = np.unique(np.linspace(0, len(data) - 1, min(len(data), MOST_POINTS)).round().astype(int))
    points = data[keep]
    low, high = float(points.min()), float(points.max())
    span = high - low or 1.0
    xs = keep / max(keep[-1], 1) * 1000.0
    ys = 4 + (high - points) / span * (HEIGHT - 8)
    if len(points) == 1:
        xs, ys = np.array([0.0, 1000.0]), np.repeat(ys, 2)
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    name = f"{title}, from {_short(data[0])} to {_short(data[-1])} in {len(data) - 1} steps"
    return (
        f'<section class="curve"><h3>{escape(title)} <small>{escape(unit)}</small><b>{_short(data[-1])}</b></h3>'
        f'<div class="plot" role="img" aria-label="{escape(name, quote=True)}" style="height:{HEIGHT}px">'
        f'<svg class="lines" viewBox="0 0 1000 {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        f'<polyline class="line plain" points="{line}"/></svg>'
        f'<span class="ytick" style="top:8px" aria-hidden="true">{_short(high)}</span>'
        f'<span class="ytick" style="top:{HEIGHT - 8}px" aria-hidden="true">{_short(low) if high > low else ""}</span></div></section>'
    )


def curves_html(loss: Sequence[float], norm: Sequence[float]) -> str:
    """Loss and ‖z‖₂ side by side."""
    return f'<div class="curves">{curve("Loss", "what the optimizer lowers", loss)}{curve("‖z‖₂", "length of the change, 0–255 units", norm)}</div>'
