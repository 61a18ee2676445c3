"""What the pictures of several steps are made of: sliders, choices, buttons, and the sentence that says what is seen."""

from collections.abc import Sequence
from html import escape

SAYS = '<p class="says" role="status" aria-live="polite"></p>'


def slider(name: str, label: str, low: float, high: float, step: float, value: float) -> str:
    """A labelled slider that shows its value; scripts find it as input[name]."""
    return (
        f'<label class="dial"><span class="what">{label}</span><input type="range" name="{name}" min="{low:g}" '
        f'max="{high:g}" step="{step:g}" value="{value:g}"><span class="shown" aria-hidden="true">{value:g}</span></label>'
    )


def choice(name: str, title: str, options: Sequence[tuple[str, str]], first: str) -> str:
    """One of several, as (value, words)."""
    rows = "".join(
        f'<label><input type="radio" name="{name}" value="{value}"{" checked" if value == first else ""}>{words}</label>'
        for value, words in options
    )
    return f'<fieldset class="choice"><legend>{escape(title)}</legend>{rows}</fieldset>'


def button(name: str, words: str) -> str:
    return f'<button type="button" class="press" name="{name}">{words}</button>'


def drawing(name: str) -> str:
    """Where a script draws; the sentence beside it says the same in words."""
    return f'<svg class="drawing" data-drawing="{name}" aria-hidden="true"></svg>'
