"""What every tab with a run of its own shares: the button that starts it, Stop, and the line that says how far it is."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo.components.events import QUIET, RUN, Update, plainly
from demo.engine.run_queue import PLACES, Turn
from demo.render.status import line_html
from demo.server.callers import EventCaller

# In the browser alone, so that the click answers at once even while others' runs keep the server busy. COUNT: of the buttons
# that start one.
_STARTING = """
  const set = (interactive) => ({__type__: "update", interactive});
  return [...Array(COUNT).fill(set(false)), set(true), '<p class="status"><span>starting</span></p>'];
"""
# The same of Stop, which counts from the step on that is under way. It stays enabled, so that the keyboard keeps its place.
_STOPPING = '() => ({__type__: "update", value: document.getElementById("STOP").disabled ? "Stop" : "Stopping…"})'
MOST_STOPPING = 1000


class Stops:
    """Sessions that asked one kind of run to stop. Gradio's `cancels=` would drop the generator and its honest end."""

    def __init__(self) -> None:
        self._stopping: dict[str, None] = {}  # a set in order of time
        self._lock = threading.Lock()

    def stop(self, session: str) -> None:
        with self._lock:
            self._stopping[session] = None
            while len(self._stopping) > MOST_STOPPING:  # of sessions that have no run, which nobody will forget
                del self._stopping[next(iter(self._stopping))]

    def stopped(self, session: str) -> bool:
        with self._lock:
            return session in self._stopping

    def forget(self, session: str) -> None:
        with self._lock:
            self._stopping.pop(session, None)


# A JS function: where the bar that stays in sight ends; what begins above that is behind it. Those of other tabs are 0 high.
BAR_ENDS = (
    '() => Math.max(...[...document.querySelectorAll(".runbar")].map((bar) => bar.getBoundingClientRect().bottom), 0)'
)


def into_sight(elem_id: str) -> str:
    """JS statements that scroll to a box unless it begins high on the screen; once more when what is below it has come."""
    return f"""
  const show = () => {{
    const box = document.getElementById("{elem_id}");
    const top = box.getBoundingClientRect().top;
    if (top < ({BAR_ENDS})() || top > 0.4 * innerHeight) box.scrollIntoView();
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


@dataclass(frozen=True)
class RunButton:
    """A button that starts `handler(session, turn, *inputs)`, a generator of updates.

    In the browser `first`, statements, runs on the click, and `refused`, a function, where the handler raised.
    """

    button: gr.Button
    handler: Callable[..., Iterator[Update]]
    inputs: Sequence[Any]
    first: str = ""
    refused: str | None = None


def wire(
    run: gr.Button, stop: gr.Button, status: gr.HTML, handler: Callable[..., Iterator[Update]],
    inputs: Sequence[Any], outputs: Sequence[Any], first: str = "",
) -> None:  # fmt: skip
    """Have `run` start `handler(turn, *inputs)`, a generator of updates, and `stop` end it early.

    The handler waits with `turn.next()` for a place before it computes, and again before every further run.
    ValueErrors of the handler become sentences for the visitor.
    """

    def of_session(_: str, turn: Turn, *form: Any) -> Iterator[Update]:
        return handler(turn, *form)

    wire_by_session([RunButton(run, of_session, inputs, first)], stop, status, Stops(), outputs)


def wire_by_session(
    runs: Sequence[RunButton], stop: gr.Button, status: gr.HTML, stops: Stops, outputs: Sequence[Any]
) -> None:
    """As `wire`, for any number of buttons that start runs in the same place: none of them does while one goes on."""
    buttons = [run.button for run in runs]

    def on_stop(request: gr.Request) -> None:
        stops.stop(request.session_hash or "")

    def on_end(request: gr.Request) -> Update:
        stops.forget(request.session_hash or "")  # pressed as the run ended
        return {
            **{button: gr.update(interactive=True) for button in buttons},
            stop: gr.update(value="Stop", interactive=False),
        }

    def on_error(request: gr.Request) -> Update:
        return {**on_end(request), status: line_html("ready")}

    starting = _STARTING.replace("COUNT", str(len(buttons)))
    for run in runs:
        click, hand_on, hand_back = run.button.click, _hand_on(run.button, stop), _hand_on(stop, run.button)
        click(None, None, [*buttons, stop, status], js=f"() => {{{run.first}{hand_on}{starting}}}", **QUIET)
        ran = click(_of_caller(run.handler, stops, status), list(run.inputs), [*outputs, status], **RUN, **QUIET)
        # .then() does not follow an error and .failure() nothing else, so both bring the buttons back.
        ran.then(on_end, None, [*buttons, stop], queue=False, js=f"() => {{{hand_back}}}", **QUIET)
        ran.failure(on_error, None, [*buttons, stop, status], queue=False, js=run.refused, **QUIET)
    stop.click(None, None, stop, js=_STOPPING.replace("STOP", str(stop.elem_id)), **QUIET)
    stop.click(on_stop, None, None, queue=False, **QUIET)


def _of_caller(handler: Callable[..., Iterator[Update]], stops: Stops, status: gr.HTML) -> Callable[..., Any]:
    """The handler as Gradio calls it, with the session and the turn of whoever pressed the button."""

    @plainly
    def on_run(request: gr.Request, *form: Any) -> Iterator[Update]:
        session = request.session_hash or ""
        try:
            with Turn(PLACES, EventCaller.now(request), lambda: stops.stopped(session)) as turn:
                yield from handler(session, turn, *form)
                if not turn.came:
                    yield {status: line_html("ready")}
        finally:
            stops.forget(session)  # also where the page was closed, and nothing follows

    return on_run
