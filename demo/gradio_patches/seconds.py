"""Puts `seconds.js` at the beginning of the page: what `head=` brings, Gradio (6.31) runs when its own scripts have begun."""

from collections.abc import Callable
from pathlib import Path

import jinja2
from gradio import routes

SCRIPT = Path(__file__).with_name("seconds.js")
BEGINNING = "<head><script>{% raw %}SCRIPT{% endraw %}</script>"
PAGES = ("frontend/index.html", "frontend/share.html")


class _Loader(jinja2.BaseLoader):
    """Gradio's templates, its pages with the script at their beginning."""

    def __init__(self, gradios: jinja2.BaseLoader) -> None:
        self.gradios = gradios

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, path, is_current = self.gradios.get_source(environment, template)
        if template in PAGES:
            source = source.replace("<head>", BEGINNING.replace("SCRIPT", SCRIPT.read_text(encoding="utf-8")), 1)
        return source, path, is_current


def install() -> None:
    """For all pages that are served from now on."""
    templates = routes.templates.env
    if not isinstance(templates.loader, _Loader):
        assert templates.loader is not None
        templates.loader = _Loader(templates.loader)
