"""A k that the visitor moves by hand wins over the one that the server answers with, however late that answer comes."""

from typing import Any

import gradio as gr
from gradio.events import Dependency

from demo.components.events import QUIET, Update
from demo.components.theme import Html
from demo.tabs.attack.page_scripts import field_changed
from demo.tabs.attack.widgets import Widgets

# From here on it stays, whatever is ticked; label_toggles.js tells by the marks which answers are older than that.
_STAYS = "(chips) => chips.follows ? {...chips, follows: false, marks: (chips.marks ?? 0) + 1} : chips"

# The browser counts how often it was moved, and to what.
K_MOVED = f"""(chips, moved, k) =>
  ({field_changed('#k input[type="number"]')})() ? [({_STAYS})(chips), {{times: moved.times + 1, k}}] : [chips, moved]
"""

# After an answer that brought a k: where another was set meanwhile that one is back, and the server is asked for what it changes.
_TYPED = f"""(chips, moved) => {{
  const same = {{__type__: "update"}};
  const {{ times, most }} = chips.asked ?? {{ times: moved.times }};
  if (times === moved.times) return [same, same, same];
  return [Math.min(moved.k, most), ({_STAYS})(chips), {{__type__: "update", props: {{again: Date.now()}}}}];
}}"""


def counter() -> gr.HTML:
    """How often k was moved by hand, and to what; `submit` asks for what the last one changes."""
    return Html(
        {"times": 0, "k": None}, html_template="", js_on_load='watch("again", () => setTimeout(() => trigger("submit")));',
        elem_id="k-moved", visible="hidden", again=0,
    )  # fmt: skip


def asked_with(moved: Any, w: Widgets, update: Update) -> Update:
    """`update`, which brings toggles and k, with word of how often k had been moved when it was asked for."""
    times = moved.get("times") if isinstance(moved, dict) else None
    update[w.toggles]["value"]["asked"] = {
        "times": times if isinstance(times, int) else 0,
        "most": update[w.k]["maximum"],
    }
    return update


def keep_typed(w: Widgets, answered: Dependency) -> None:
    """Have the k that was typed while `answered` was under way stay."""
    answered.success(None, [w.toggles, w.moved], [w.k, w.toggles, w.moved], js=_TYPED, **QUIET)
