"""What every tab with a run of its own shares: the button that starts it, Stop, and the line that says how far it is."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from demo.components.stops import Stops
from demo.engine import loop
from demo.render.photo_card import line_html
from demo.tabs.attack.choice_events import QUIET
from demo.tabs.attack.label_picker import Update
from demo.tabs.attack.updates import plainly

# In the browser alone, so that the click answers at once even while others' runs keep the server busy.
_STARTING = """
  const set = (interactive) => ({__type__: "update", interactive});
  return [set(false), set(true), '<p class="status"><span>waiting for a free place</span></p>'];
"""


def into_sight(elem_id: str) -> str:
    """JS statements that scroll to a box unless it begins high on the screen; once more when what is below it has come."""
    return f"""
  const show = () => {{
    const box = document.getElementById("{elem_id}");
    const top = box.getBoundingClientRect().top;
    if (top < 0 || top > 0.4 * innerHeight) box.scrollIntoView();
  }};
  show();
  setTimeout(show, 1200);
"""


def _hand_on(of: gr.Button, to: gr.Button) -> str:
    """JS statements that give the focus of one button, about to be disabled, to the other as soon as it can have it."""
    return f"""
  const [of, to] = ["{of.elem_id}", "{to.elem_id}"].map((id) => document.getElementById(id));
  const give = () => (to.disabled ? setTimeout(give, 50) : to.focus({{ preventScroll: true }}));
  if (document.activeElement === of) give();
"""


def wire(
    run: gr.Button, stop: gr.Button, status: gr.HTML, handler: Callable[..., Iterator[Update]],
    inputs: Sequence[Any], outputs: Sequence[Any], first: str = "",
) -> None:  # fmt: skip
    """Have `run` start `handler(stop_asked, *inputs)`, a generator of updates, and `stop` end it early.

    ValueErrors of the handler become sentences for the visitor.
    """
    stops = Stops()

    def of_session(session: str, *wish: Any) -> Iterator[Update]:
        return handler(lambda: stops.stopped(session), *wish)

    wire_by_session(run, stop, status, stops, of_session, inputs, outputs, first)


def wire_by_session(
    run: gr.Button, stop: gr.Button, status: gr.HTML, stops: Stops, handler: Callable[..., Iterator[Update]],
    inputs: Sequence[Any], outputs: Sequence[Any], first: str = "", refused: str | None = None,
) -> None:  # fmt: skip
    """As `wire`, for a `handler(session, *inputs)` that looks at `stops` itself.

    In the browser `first`, statements, runs on the click, and `refused`, a function, where the handler raised.
    """

    @plainly
    def on_run(request: gr.Request, *wish: Any) -> Iterator[Update]:
        session = request.session_hash or ""
        try:
            yield from handler(session, *wish)
        finally:
            stops.forget(session)  # also where the page was closed, and nothing follows

    def on_stop(request: gr.Request) -> None:
        stops.stop(request.session_hash or "")

    def on_end(request: gr.Request) -> Update:
        stops.forget(request.session_hash or "")  # pressed as the run ended
        return {run: gr.update(interactive=True), stop: gr.update(interactive=False)}

    def on_error(request: gr.Request) -> Update:
        return {**on_end(request), status: line_html("ready")}

    run.click(None, None, [run, stop, status], js=f"() => {{{first}{_hand_on(run, stop)}{_STARTING}}}", **QUIET)
    ran = run.click(on_run, list(inputs), [*outputs, status], **loop.AT_ONCE, **QUIET)
    # .then() does not follow an error and .failure() nothing else, so both bring the buttons back.
    ran.then(on_end, None, [run, stop], queue=False, js=f"() => {{{_hand_on(stop, run)}}}", **QUIET)
    ran.failure(on_error, None, [run, stop, status], queue=False, js=refused, **QUIET)
    stop.click(on_stop, None, None, queue=False, **QUIET)
