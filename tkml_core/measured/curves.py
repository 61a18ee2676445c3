"""Security curves as a drawing of its own (SVG) for a folder of results: a panel for each cell, a line for each method."""

import math
from collections.abc import Callable, Sequence
from xml.etree import ElementTree

from tkml_core.measured.cells import Cell
from tkml_core.measured.lines import Outcome
from tkml_core.measured.summary import Rows, norm_needed, place_of, steps_needed
from tkml_core.statistics import success_curve

WIDTH, HEIGHT, COLUMNS = 300, 200, 3  # of a panel; panels in a row
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 26, 40  # within a panel
LEGEND = 24
# Okabe and Ito's colours, which can be told apart without red or green; methods beyond them are dashed
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
# What a photo needs, by the name of the file, with the words of its axis
NEEDS: dict[str, tuple[str, Callable[[Sequence[Outcome]], list[float]]]] = {
    "norms": ("‖z‖₂ of the 8-bit image", norm_needed),
    "steps": ("steps until the goal was first met, before rounding", steps_needed),
}


def svg(cells: dict[Cell, dict[str, Rows]], need: str) -> str:
    """The share of photos on which each method met its goal within so much; "" where nothing was noted."""
    axis, needed = NEEDS[need]
    found = {cell: {name: needed(rows) for name, rows in methods.items()} for cell, methods in cells.items()}
    panels = [(cell, methods, span) for cell, methods in found.items() if (span := _span(methods))]
    if not panels:
        return ""
    names = sorted({name for _, methods, _ in panels for name in methods}, key=place_of)
    rows = math.ceil(len(panels) / COLUMNS)
    width, height = COLUMNS * WIDTH, rows * HEIGHT + LEGEND
    drawing = ElementTree.Element(
        "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}", width=str(width), height=str(height),
        style="background: white; font: 11px sans-serif",
    )  # fmt: skip
    for number, name in enumerate(names):
        at = LEFT + number * (width - LEFT) / len(names)
        _add(drawing, "line", x1=at, x2=at + 22, y1=14, y2=14, **_look(number))
        _write(drawing, name, at + 27, 18)
    for number, (cell, methods, span) in enumerate(panels):
        left, top = number % COLUMNS * WIDTH, LEGEND + number // COLUMNS * HEIGHT
        panel = _add(drawing, "g", transform=f"translate({left} {top})")
        photos = len(next(iter(methods.values())))
        _write(panel, f"{cell} ({photos} photo{'s' * (photos != 1)})", LEFT, 16)
        _axes(panel, axis, span)
        for name, values in methods.items():
            _add(panel, "path", d=_stairs(values, span), fill="none", **_look(names.index(name)))
    return ElementTree.tostring(drawing, encoding="unicode") + "\n"


def _span(methods: dict[str, list[float]]) -> tuple[float, float] | None:
    """From where to where something happens."""
    finite = [value for values in methods.values() for value in values if 0 < value < math.inf]
    return (min(finite) / 1.1, max(finite) * 1.1) if finite else None


def _x(value: float, span: tuple[float, float]) -> float:
    low, high = span
    return LEFT + (WIDTH - LEFT - RIGHT) * math.log(min(max(value, low), high) / low) / math.log(high / low)


def _y(share: float) -> float:
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)


def _stairs(values: list[float], span: tuple[float, float]) -> str:
    curve = success_curve(values)
    parts = [f"M{LEFT} {_y(curve[0][1]):.1f}", *(f"H{_x(at, span):.1f}V{_y(share):.1f}" for at, share in curve[1:])]
    return "".join([*parts, f"H{WIDTH - RIGHT}"])


def _axes(panel: ElementTree.Element, axis: str, span: tuple[float, float]) -> None:
    for share in (0.0, 0.5, 1.0):
        _add(panel, "line", x1=LEFT, x2=WIDTH - RIGHT, y1=_y(share), y2=_y(share), stroke="#ccc")
        _write(panel, f"{share:.0%}", LEFT - 4, _y(share) + 4, "end")
    decades = range(math.floor(math.log10(span[0])), math.ceil(math.log10(span[1])) + 1)
    for tick in (step * 10.0**n for n in decades for step in (1, 2, 5)):
        if span[0] <= tick <= span[1]:
            _write(panel, f"{tick:g}", _x(tick, span), HEIGHT - BOTTOM + 14, "middle")
    _write(panel, axis, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 29, "middle")


def _look(number: int) -> dict[str, str]:
    return {
        "stroke": COLOURS[number % len(COLOURS)], "stroke-width": "2",
        "stroke-dasharray": "5 3" if number >= len(COLOURS) else "none",
    }  # fmt: skip


def _add(parent: ElementTree.Element, tag: str, **values: float | str) -> ElementTree.Element:
    told = {name: value if isinstance(value, str) else f"{value:.1f}" for name, value in values.items()}
    return ElementTree.SubElement(parent, tag, told)


def _write(parent: ElementTree.Element, words: str, x: float, y: float, anchor: str = "start") -> None:
    _add(parent, "text", x=x, y=y, **{"text-anchor": anchor}).text = words
