"""The icons as Matplotlib shapes, so that exported figures carry the very drawings of the page, as vectors in a PDF."""

import re
from functools import cache
from typing import Any
from xml.etree import ElementTree

import numpy as np
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Shape
from matplotlib.transforms import Affine2D

from demo.render.icons import FOLDER, slug

GRID = 24  # units of an icon's side
FINE = 20  # outlines are flattened at this many points a unit; nobody sees a corner
CODES = {
    "moveTo": [Shape.MOVETO],
    "lineTo": [Shape.LINETO],
    "curveTo": [Shape.CURVE4] * 3,
    "qCurveTo": [Shape.CURVE3] * 2,
}


def outline(path: str) -> Shape:
    """The `d` of an SVG path as a Matplotlib path."""
    pen = RecordingPen()
    parse_path(path, pen)
    points: list[tuple[float, float]] = []
    codes: list[Any] = []
    for command, places in pen.value:
        if command == "closePath":
            points.append(points[-1])
            codes.append(Shape.CLOSEPOLY)
        elif command != "endPath":
            points.extend(places)
            codes.extend(CODES[command])
    return Shape(np.array(points, dtype=float), codes)


def _shape(element: ElementTree.Element) -> Shape:
    """One of the four elements that icons are drawn with (assets/icons/README.md) as a path."""
    kind = element.tag.rsplit("}", 1)[-1]
    if kind == "path":
        shape = outline(element.attrib["d"])
    else:
        at = {name: float(value) for name, value in element.attrib.items() if re.fullmatch(r"[-\d.]+", value)}
        if kind == "rect":
            x, y, width, height = at.get("x", 0.0), at.get("y", 0.0), at["width"], at["height"]
            r = at.get("rx", 0.0)
            shape = outline(
                f"M{x + r},{y} H{x + width - r} a{r},{r} 0 0 1 {r},{r} V{y + height - r} a{r},{r} 0 0 1 {-r},{r} "
                f"H{x + r} a{r},{r} 0 0 1 {-r},{-r} V{y + r} a{r},{r} 0 0 1 {r},{-r} Z"
                if r
                else f"M{x},{y} h{width} v{height} h{-width} Z"
            )
        else:
            rx, ry = at.get("rx", at.get("r", 0.0)), at.get("ry", at.get("r", 0.0))
            shape = Shape.unit_circle().transformed(Affine2D().scale(rx, ry).translate(at["cx"], at["cy"]))
    if turn := element.attrib.get("transform"):
        angle, x, y = (float(number) for number in re.findall(r"[-\d.]+", turn))
        shape = shape.transformed(Affine2D().rotate_deg_around(x, y, angle))
    return shape


def with_holes(shape: Shape) -> Shape:
    """`shape` flattened, its holes turned the other way round: SVG's even-odd rule for who knows the non-zero rule only."""
    rings = [
        np.asarray(ring, dtype=float) / FINE
        for ring in shape.transformed(Affine2D().scale(FINE)).to_polygons(closed_only=True)
    ]
    parts = []
    for ring in rings:
        depth = sum(Shape(other).contains_point(ring[0]) for other in rings if other is not ring)
        x, y = ring[:, 0], ring[:, 1]
        clockwise = float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) > 0
        parts.append(Shape(ring if clockwise == (depth % 2 == 0) else ring[::-1], closed=True))
    return Shape.make_compound_path(*parts)


@cache
def parts(name: str) -> tuple[tuple[Shape, str, str, float, Any, Any], ...]:
    found: list[tuple[Shape, str, str, float, Any, Any]] = []
    for element in ElementTree.parse(FOLDER / f"{name}.svg").getroot():
        shape = _shape(element)
        fill, stroke = element.attrib.get("fill", "none"), element.attrib.get("stroke", "none")
        if element.attrib.get("fill-rule") == "evenodd":
            shape = with_holes(shape)
        width = float(element.attrib.get("stroke-width", 1))
        ends = element.attrib.get("stroke-linecap", "butt"), element.attrib.get("stroke-linejoin", "miter")
        found.append((shape, fill, stroke, width, *ends))
    return tuple(found)


def draw(axes: Axes, label: str, x: float, y: float, size: float) -> None:
    """Draw the icon of `label` with its upper left corner at (x, y). The axes' unit is one inch, and y points down."""
    scale = size / GRID
    place = Affine2D().scale(scale).translate(x, y) + axes.transData
    for shape, fill, stroke, width, cap, join in parts(slug(label)):
        patch = PathPatch(
            shape, facecolor=fill, edgecolor=stroke, linewidth=width * scale * 72 if stroke != "none" else 0,
            capstyle=cap, joinstyle=join, transform=place,
        )  # fmt: skip
        axes.add_patch(patch)
