"""HTML from templates, which stand beside the code that fills them. Every value is escaped, unless it is Markup: HTML already."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_DEMO = Path(__file__).parents[1]
_templates = Environment(
    loader=FileSystemLoader(_DEMO), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def fill(template: str, **values: Any) -> Markup:
    """The template at a path below `demo/`, filled with `values`."""
    return Markup(_templates.get_template(template).render(values))


def piece(template: str, macro: str, **values: Any) -> Markup:
    """What one macro of a template makes of `values`: small pieces stand together in a file, and templates use them too."""
    return Markup(getattr(_templates.get_template(template).module, macro)(**values))
