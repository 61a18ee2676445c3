"""The drawn icons: one for every label, safe to show, on one grid, from one palette that stands out in both themes."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from demo.components.theme import style
from demo.render.icons import FALLBACK, FOLDER, icon, slug, stylesheet
from tkml_core.labels import COCO80, VOC20

FILES = sorted(FOLDER.glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {
    "path": {"d"},
    "circle": {"cx", "cy", "r"},
    "ellipse": {"cx", "cy", "rx", "ry"},
    "rect": {"x", "y", "width", "height", "rx"},
}
PAINT = {"fill", "fill-rule", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "transform"}
COLOUR = re.compile(r"#[0-9a-f]{6}")
GROUNDS = ("card", "soft", "true-soft", "target-soft", "thr-soft")  # what an icon can lie on


@pytest.mark.parametrize("labels", [VOC20, COCO80])
def test_every_label_has_an_icon_of_its_own(labels: tuple[str, ...]) -> None:
    slugs = [slug(label) for label in labels]
    assert FALLBACK not in slugs
    assert len(set(slugs)) == len(labels)
    assert len({(FOLDER / f"{name}.svg").read_bytes() for name in slugs}) == len(labels)


def test_no_icon_is_without_a_label() -> None:
    assert {path.stem for path in FILES} == {slug(label) for label in COCO80} | {FALLBACK}


def test_unknown_labels_get_the_fallback_and_put_no_markup_into_the_page() -> None:
    assert icon('"><script>alert(1)</script>') == icon("no such label") == icon(FALLBACK)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_icon_is_plain_shapes_on_the_common_grid(path: Path) -> None:
    root = ET.fromstring(path.read_text(encoding="utf-8"))
    assert path.stat().st_size < 2048
    assert root.tag == SVG + "svg"
    assert root.attrib == {"width": "24", "height": "24", "viewBox": "0 0 24 24", "fill": "none"}
    assert len(root) > 0
    for shape in root:  # a list of what may be there keeps out scripts, styles, text and references alike
        assert not len(shape) and not (shape.text or "").strip()
        assert set(shape.attrib) <= ALLOWED[shape.tag.removeprefix(SVG)] | PAINT
        assert re.fullmatch(r"rotate\([-\d. ]+\)", shape.get("transform", "rotate(0)"))
        paints = [shape.attrib[key] for key in ("fill", "stroke") if key in shape.attrib]
        assert len(paints) == 1 and COLOUR.fullmatch(paints[0])


def test_the_style_sheet_shows_every_icon_from_inside_itself() -> None:
    rules = stylesheet().splitlines()
    assert len(rules) == len(FILES)
    assert all('background-image:url("data:image/svg+xml;base64,' in rule for rule in rules)


def _luminance(channels: list[float]) -> float:
    """Relative luminance of an sRGB colour with channels in [0, 1], as WCAG 2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one: list[float], other: list[float]) -> float:
    dim, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


def _channels(colour: str, brightness: float = 1.0) -> list[float]:
    """Channels in [0, 1] after CSS's brightness()."""
    return [min(1.0, brightness * int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5)]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_colour_stands_out_on_every_ground(theme: int) -> None:
    css = style()
    values = {name: re.findall(rf"--{name}: ([^;]+);", css)[theme] for name in ("icon", *GROUNDS)}
    palette = sorted({colour for path in FILES for colour in COLOUR.findall(path.read_text(encoding="utf-8"))})
    assert len(palette) == 9
    assert "filter: brightness(var(--icon))" in css
    weak = [
        (colour, name, round(ratio, 2))
        for colour in palette
        for name in GROUNDS
        if (ratio := _contrast(_channels(colour, float(values["icon"])), _channels(values[name]))) < 3
    ]
    assert not weak
