"""Two small curves under the race: the loss, and the length of the perturbation."""

from collections.abc import Sequence
from html import escape

import numpy as np

from demo.render.plot import line, plot, thinned, y_ticks

HEIGHT = 96  # pixels


def _short(value: float) -> str:
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return text.replace("-", "−")


def curve(title: str, unit: str, values: Sequence[float]) -> str:
    """One curve with its present value in the title and its extremes at the side."""
    data = np.asarray(values, dtype=float)
    if not len(data):
        return _box(title, unit, "", f"{title}: nothing yet", "", "", "")
    keep = thinned(len(data))
    drawn = data[keep]
    low, high = float(drawn.min()), float(drawn.max())
    xs = keep / max(keep[-1], 1) * 1000.0
    ys = 4 + (high - drawn) / ((high - low) or 1.0) * (HEIGHT - 8) if high > low else np.full(len(drawn), HEIGHT - 4.0)
    if len(drawn) == 1:
        xs, ys = np.array([0.0, 1000.0]), np.repeat(ys, 2)
    spoken = f"{title}, from {_short(data[0])} to {_short(data[-1])}, at most {_short(high)}"
    return _box(
        title,
        unit,
        line("line plain", xs, ys),
        spoken,
        _short(data[-1]),
        _short(high) if high > low else "",
        _short(low),
    )


def _box(title: str, unit: str, drawn: str, spoken: str, now: str, high: str, low: str) -> str:
    words = y_ticks([(8, high), (HEIGHT - 8, low)])
    return (
        f'<section class="curve"><h2>{escape(title)} <small>{escape(unit)}</small><b>{now}</b></h2>'
        f"{plot(HEIGHT, spoken, [drawn], words)}</section>"
    )


def curves_html(loss: Sequence[float], norm: Sequence[float], ends_saved: bool = False) -> str:
    """Loss and ‖z‖₂ side by side. ends_saved: whether the last size is no step's, but the saved picture's."""
    title, unit = ("Size of the change", "‖z‖₂, last as saved") if ends_saved else ("Size before rounding", "‖z‖₂")
    size = curve(title, unit, norm)
    return f'<div class="curves">{curve("Loss", "what the attack lowers", loss)}{size}</div>'
