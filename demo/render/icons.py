"""The drawn icons, handed to the browser once as CSS classes, so that no frame of a run has to carry them."""

import base64
from functools import cache
from pathlib import Path

from markupsafe import Markup

from tkml_core.labels import coco_name

FOLDER = Path(__file__).parents[2] / "assets" / "icons"
FALLBACK = "label"


@cache
def _drawn() -> frozenset[str]:
    return frozenset(path.stem for path in FOLDER.glob("*.svg"))


def slug(label: str) -> str:
    """File name of a label's icon without ending; the fallback's for a label that nobody drew."""
    name = coco_name(label).replace(" ", "-")
    return name if name in _drawn() else FALLBACK


def icon(label: str) -> Markup:
    """An icon as HTML. Hidden from screen readers: the label's name always stands beside it."""
    return Markup(f'<i class="icon icon-{slug(label)}" aria-hidden="true"></i>')


def stylesheet() -> str:
    """CSS that shows every drawn icon through its class."""
    rules = []
    for path in sorted(FOLDER.glob("*.svg")):
        data = base64.b64encode(path.read_bytes()).decode()
        rules.append(f'.icon-{path.stem}{{background-image:url("data:image/svg+xml;base64,{data}")}}')
    return "\n".join(rules)
