"""What every tab with a run of its own shares: the button that starts it, Stop, and the line that says how far it is."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from demo.components.events import AT_ONCE, QUIET, Update, plainly
from demo.render.status import line_html

# In the browser alone, so that the click answers at once even while others' runs keep the server busy.
_STARTING = """
  const set = (interactive) => ({__type__: "update", interactive});
  return [set(false), set(true), '<p class="status"><span>waiting for a free place</span></p>'];
"""


class Stops:
    """Sessions that asked one kind of run to stop. Gradio's `cancels=` would drop the generator and its honest end."""

    def __init__(self) -> None:
        self._stopping: set[str] = set()
        self._lock = threading.Lock()

    def stop(self, session: str) -> None:
        with self._lock:
            self._stopping.add(session)

    def stopped(self, session: str) -> bool:
        with self._lock:
            return session in self._stopping

    def forget(self, session: str) -> None:
        with self._lock:
            self._stopping.discard(session)


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

    def of_session(session: str, *form: Any) -> Iterator[Update]:
        return handler(lambda: stops.stopped(session), *form)

    wire_by_session(run, stop, status, stops, of_session, inputs, outputs, first)


def wire_by_session(
    run: gr.Button, stop: gr.Button, status: gr.HTML, stops: Stops, handler: Callable[..., Iterator[Update]],
    inputs: Sequence[Any], outputs: Sequence[Any], first: str = "", refused: str | None = None,
) -> None:  # fmt: skip
    """As `wire`, for a `handler(session, *inputs)` that looks at `stops` itself.

    In the browser `first`, statements, runs on the click, and `refused`, a function, where the handler raised.
    """

    @plainly
    def on_run(request: gr.Request, *form: Any) -> Iterator[Update]:
        session = request.session_hash or ""
        try:
            yield from handler(session, *form)
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
    ran = run.click(on_run, list(inputs), [*outputs, status], **AT_ONCE, **QUIET)
    # .then() does not follow an error and .failure() nothing else, so both bring the buttons back.
    ran.then(on_end, None, [run, stop], queue=False, js=f"() => {{{_hand_on(stop, run)}}}", **QUIET)
    ran.failure(on_error, None, [run, stop, status], queue=False, js=refused, **QUIET)
    stop.click(on_stop, None, None, queue=False, **QUIET)
