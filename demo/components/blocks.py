"""`gr.Blocks` whose every refusal is a sentence, also of what Gradio (6.31) checks before a handler is called.

What was chosen among choices that have changed since is no mistake of the visitor's, and not refused: see `_still_offered`.
"""

import inspect
import re
import time
from copy import copy
from typing import Any

import gradio as gr

from demo.components.events import plain_error, told
from demo.server import environment
from demo.server.event_queue import was_forgotten

# In the page's head: the link in the sentence reloads.
RELOAD = """addEventListener("click", (event) => {
  if (!event.target.closest?.('a[href$="#reload"]')) return;
  event.preventDefault();
  location.reload();
}, true);"""
FORGOTTEN = (
    "The server has forgotten this page, as it does after a restart or when many visitors came since. "
    '<a href="#reload">Reload the page</a>: photo, marks and settings come back, as your browser has them.'
)

_QUOTED = re.compile(
    r"(Value: .{200}).*(?= is not in the list of choices)", re.DOTALL
)  # as Gradio refuses what was chosen


class Page(gr.Blocks):
    """The page. Nothing that an event raises reaches a caller as `{"error": null}` or as Python's words."""

    def block_thread(self) -> None:
        """Until Ctrl-C or SIGTERM. Gradio's own would then wait for streams that do not end, and Python for runs."""
        try:
            while self.is_running:
                time.sleep(0.1)
        except (KeyboardInterrupt, OSError):
            environment.end()

    async def process_api(  # type: ignore[override]  # Gradio passes all but these two by name
        self, block_fn: Any, inputs: list[Any], state: Any = None, **rest: Any
    ) -> Any:
        fn = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        if was_forgotten(fn, state):
            raise gr.Error(FORGOTTEN, title="Please reload", print_exception=False, duration=None)
        if fn.fn is None:
            raise plain_error("This happens in the browser alone; the server has no part in it.")
        try:
            return await super().process_api(block_fn, _completed(fn, inputs), state, **rest)
        except Exception as error:
            raise told(error) from None

    def validate_inputs(self, block_fn: Any, inputs: Any) -> None:
        if not isinstance(inputs, (list, tuple)) or len(inputs) < len(block_fn.inputs):
            came = len(inputs) if isinstance(inputs, (list, tuple)) else "no list"
            names = ", ".join(_name(block) for block in block_fn.inputs if block.visible is not False)
            least, most = len(block_fn.inputs) - len(_optional(block_fn)), len(block_fn.inputs)
            needed = (
                f"{most} values are needed" if least == most else f"At least {least} values are needed, {most} at most"
            )
            raise plain_error(f"{needed}, and {came} came. In this order: {names}.")

    async def preprocess_data(self, block_fn: Any, inputs: Any, state: Any, explicit_call: bool = False) -> list[Any]:
        if state is not None and isinstance(inputs, (list, tuple)):
            own = len(block_fn.inputs)  # where fewer or more came, `validate_inputs` decides
            inputs = [
                *(_still_offered(block, value, state) for block, value in zip(block_fn.inputs, inputs, strict=False)),
                *inputs[own:],
            ]
        try:
            values: list[Any] = await super().preprocess_data(block_fn, inputs, state, explicit_call)
            return values
        except gr.Error as error:  # of a widget; it quotes what came, however long
            raise plain_error(_QUOTED.sub(r"\1…", str(error.message))[:600]) from None
        except Exception:
            await self._name_culprit(block_fn, inputs, state, explicit_call)
            raise plain_error("What was sent does not fit.") from None

    async def _name_culprit(self, block_fn: Any, inputs: Any, state: Any, explicit_call: bool) -> None:
        """Raise a sentence about the first value that its widget cannot take."""
        for i, (block, value) in enumerate(zip(block_fn.inputs, inputs, strict=False)):
            alone = copy(block_fn)
            alone.inputs = [block]
            alone.component_prop_inputs = [0] if i in block_fn.component_prop_inputs else []
            try:
                await super().preprocess_data(alone, [value], state, explicit_call)
            except Exception:
                takes = (
                    "a file that was uploaded to this page, or a public address of one (20 MB at most)"
                    if isinstance(block, (gr.Image, gr.File))
                    else "a value of another type"
                )
                raise plain_error(f"{_name(block)} must be {takes}; got {_shown(value)}.") from None


def _completed(fn: Any, inputs: Any) -> Any:
    """What came for an endpoint, with the defaults of its last arguments that were left out, which clients put in themselves."""
    left_out = len(fn.inputs) - len(inputs) if isinstance(inputs, list) else 0
    optional = _optional(fn)
    return [*inputs, *optional[-left_out:]] if 0 < left_out <= len(optional) else inputs


def _optional(fn: Any) -> list[Any]:
    """The defaults of an endpoint's last arguments, which may be left out; an event of the page sends all it has."""
    if fn.api_visibility != "public":
        return []
    arguments = list(inspect.signature(fn.fn).parameters.values())[: len(fn.inputs)]
    return [one.default for one in arguments if one.default is not one.empty]


def _still_offered(block: Any, value: Any, state: Any) -> Any:
    """`value`, but of a widget that was changed in this visit only what its choices have now; None where that is nothing.

    A click that overtakes an update brings what was offered before it. So does a menu that was hidden as its choices
    changed: the browser does not set the value of one that it does not show.
    """
    if type(block) not in (gr.Dropdown, gr.Radio, gr.CheckboxGroup):  # each of these refuses what it does not offer
        return value
    now = state.get(block._id, block)
    if now is block or getattr(now, "allow_custom_value", False):
        return value
    offered = [choice for _, choice in now.choices]
    if isinstance(value, list):
        return [choice for choice in value if choice in offered]
    return value if value in offered else None


def _name(block: Any) -> str:
    return str(getattr(block, "label", None) or getattr(block, "elem_id", None) or block.get_block_name())


def _shown(value: Any) -> str:
    if isinstance(value, dict):  # the repr of a deep one could fail
        return "an object"
    return f"a list of {len(value)}" if isinstance(value, list) else f"{value!r:.200}"
