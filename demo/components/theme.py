"""Looks: a theme without web fonts, and the project's own style sheet."""

from pathlib import Path
from typing import Any

import gradio as gr

from demo.gradio_patches.no_stub_files import component
from demo.render import icons
from demo.render.formulas import unbroken_html

DEMO = Path(__file__).parents[1]
_SANS = ("ui-sans-serif", "system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
PATCHES = tuple(f"gradio_patches/{name}.js" for name in ("tabs", "numbers", "fields", "radios", "refused_uploads"))
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def theme() -> gr.themes.Base:
    """Gradio's base theme with fonts that every system has: the page must not ask another server for any."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.indigo,
        secondary_hue=gr.themes.colors.indigo,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_lg,
        text_size=gr.themes.sizes.text_lg,
        font=_SANS,
        font_mono=_MONO,
    ).set(
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_700",
        button_primary_text_color="white",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
    )


def style() -> str:
    """The page's CSS, icons included: style.css for all of it, then what single tabs add."""
    folder = DEMO
    sheets = [folder / "style.css", *sorted(set(folder.rglob("*.css")) - {folder / "style.css"})]
    return "".join(sheet.read_text(encoding="utf-8") for sheet in sheets) + icons.stylesheet()


def head(*scripts: str) -> str:
    """Rules for what is outside the page's own part, which Gradio keeps `css=` from reaching on narrow screens; and scripts."""
    rules = (
        ".gradio-container .main.app { padding: 14px !important; }"
        "#tabs [role=tab] { padding: 0 3px; font-size: 0.75rem; }"  # all in one row
        "#tabs [role=tab] + [role=tab] { border-left: 1px solid var(--line); }"
    )
    run = "".join(f"<script>{one}</script>" for one in (*map(script, PATCHES), *scripts))
    alone = "footer .divider { display: none; }"  # nothing stands behind the one link that is left
    return f"<style>{alone} @media (max-width: 760px) {{ {rules} }}</style>{run}"


def script(name: str) -> str:
    """A script by its path below `demo/`; each belongs to one widget of the page."""
    return (DEMO / name).read_text(encoding="utf-8")


def _postprocess(_: gr.HTML, value: Any) -> Any:
    return unbroken_html(value) if isinstance(value, str) else value


_WholeFormulas: type[gr.HTML] = component("WholeFormulas", gr.HTML, postprocess=_postprocess)


def Html(value: Any = None, **options: Any) -> gr.HTML:
    """gr.HTML without Gradio's prose style, which would dress what style.css dresses; no short formula in it is broken."""
    return _WholeFormulas(value, apply_default_css=False, **options)


def Live(value: str | None, **options: Any) -> gr.HTML:
    """Html whose value changes several times a second while a run goes on."""
    return Html(value, html_template="", js_on_load=script("components/live.js"), **options)
