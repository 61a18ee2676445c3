"""Small plots of shares between 0 and 100%, many of them under one legend: curves and dots, a style for each method."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from demo.render.templates import fill

WIDTH, HEIGHT = 340, 206  # of a panel, in its own units
LEFT, RIGHT, TOP, BOTTOM = 48, 22, 12, 22
STYLES = 9  # line styles in panel.css; more methods than that share them
DECADE = (1, 2, 5)


@dataclass(frozen=True)
class Scale:
    """The x axis from `low` to `high`: of ratios, or of the whole numbers `ticks` where they are given."""

    low: float
    high: float
    whole: tuple[int, ...] = ()

    def at(self, value: float) -> float:
        """Where a value is drawn."""
        value = min(max(value, self.low), self.high)
        if self.whole:
            share = (value - self.low) / (self.high - self.low)
        else:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    @property
    def ticks(self) -> Sequence[float]:
        """The whole numbers; else 1, 2, 5, 10 …, of a long range the powers of ten."""
        if self.whole:
            return self.whole
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        ticks = [step * 10.0**n for n in decades for step in DECADE if self.low <= step * 10.0**n <= self.high]
        return ticks if len(ticks) <= 6 else [tick for tick in ticks if math.log10(tick) % 1 < 1e-9] or ticks[::2]


def height_of(share: float) -> float:
    """Where a share is drawn."""
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)


@dataclass(frozen=True)
class Mark:
    """A ring with its interval; `word`, a short one, stands beside it, with its lower left corner at `at`."""

    style: int
    x: float
    y: float
    low: float
    high: float
    radius: float
    word: str = ""
    at: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Drawing:
    """One panel, in its own units. spoken: all of it in words; bounds: vertical lines by the words that name them.

    names: the methods drawn. Curves and marks come lowest first; those below are the wider ones, so that none is hidden.
    """

    title: str
    spoken: str
    axis: str
    scale: Scale
    names: Collection[str]
    curves: Sequence[tuple[int, str]] = ()  # style, and the path as SVG writes it
    marks: Sequence[Mark] = ()
    bounds: Mapping[str, float] = field(default_factory=dict)


def panels_html(drawings: Sequence[Drawing], styles: Mapping[str, int]) -> Markup:
    """The panels under one legend. styles: for each method the number of its line style."""
    keys = [(name, style % STYLES) for name, style in styles.items()]
    bounds = dict.fromkeys(words for one in drawings for words in one.bounds)
    absent = [[name for name in styles if name not in one.names] for one in drawings]
    return fill(
        "render/panel.html", keys=keys, bounds=bounds, drawings=list(zip(drawings, absent, strict=True)), width=WIDTH,
        height=HEIGHT, left=LEFT, right=WIDTH - RIGHT, top=TOP, bottom=HEIGHT - BOTTOM,
        shares=[(f"{share:.0%}", height_of(share)) for share in (0, 0.5, 1)],
    )  # fmt: skip
