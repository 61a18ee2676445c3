"""What every tab with a run of its own shares: the button that starts it, Stop, and the line that says how far it is."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from demo.components.callers import EventCaller
from demo.components.events import QUIET, RUN, Update, plainly
from demo.engine.places import PLACES, Turn
from demo.render.status import line_html

# In the browser alone, so that the click answers at once even while others' runs keep the server busy.
_STARTING = """
  const set = (interactive) => ({__type__: "update", interactive});
  return [set(false), set(true), '<p class="status"><span>starting</span></p>'];
"""
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
    """Have `run` start `handler(turn, *inputs)`, a generator of updates, and `stop` end it early.

    The handler waits with `turn.next()` for a place before it computes, and again before every further run.
    ValueErrors of the handler become sentences for the visitor.
    """
    stops = Stops()

    def of_session(_: str, turn: Turn, *form: Any) -> Iterator[Update]:
        return handler(turn, *form)

    wire_by_session(run, stop, status, stops, of_session, inputs, outputs, first)


def wire_by_session(
    run: gr.Button, stop: gr.Button, status: gr.HTML, stops: Stops, handler: Callable[..., Iterator[Update]],
    inputs: Sequence[Any], outputs: Sequence[Any], first: str = "", refused: str | None = None,
) -> None:  # fmt: skip
    """As `wire`, for a `handler(session, turn, *inputs)`.

    In the browser `first`, statements, runs on the click, and `refused`, a function, where the handler raised.
    """

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

    def on_stop(request: gr.Request) -> None:
        stops.stop(request.session_hash or "")

    def on_end(request: gr.Request) -> Update:
        stops.forget(request.session_hash or "")  # pressed as the run ended
        return {run: gr.update(interactive=True), stop: gr.update(interactive=False)}

    def on_error(request: gr.Request) -> Update:
        return {**on_end(request), status: line_html("ready")}

    run.click(None, None, [run, stop, status], js=f"() => {{{first}{_hand_on(run, stop)}{_STARTING}}}", **QUIET)
    ran = run.click(on_run, list(inputs), [*outputs, status], **RUN, **QUIET)
    # .then() does not follow an error and .failure() nothing else, so both bring the buttons back.
    ran.then(on_end, None, [run, stop], queue=False, js=f"() => {{{_hand_on(stop, run)}}}", **QUIET)
    ran.failure(on_error, None, [run, stop, status], queue=False, js=refused, **QUIET)
    stop.click(on_stop, None, None, queue=False, **QUIET)
