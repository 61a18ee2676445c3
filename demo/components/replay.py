"""The replay of a finished run: a slider over the frames that were kept, and a play button."""

from typing import Any

from demo.engine.replay import Replay
from demo.engine.value_checks import whole

REPLAY = """
<div class="replay" role="group" aria-label="Replay of the run">
<button type="button" class="tool play" aria-label="Play the run again" disabled>
<svg class="go" viewBox="0 0 16 16" aria-hidden="true"><path d="M4 2.5v11l9.5-5.5z"/></svg>
<svg class="wait" viewBox="0 0 16 16" aria-hidden="true"><path d="M3.5 2.5h3.4v11H3.5zM9.1 2.5h3.4v11H9.1z"/></svg></button>
<input type="range" min="0" max="1" value="1" step="1" aria-label="Moment of the run" disabled><output></output></div>
"""


def replay_value(recorded: Replay | None, made: bool = False) -> dict[str, Any]:
    """Contents of the replay's widget, at the end of a run; None, while there is nothing to replay.

    made: by this visitor, who would lose it, and not recorded or made when the page started.
    """
    if recorded is None:
        return {"run": "", "at": 0, "playing": False, "titles": [], "across": [], "made": False}
    return {
        "run": recorded.run,
        "at": recorded.last,
        "playing": False,
        "titles": recorded.titles(),
        "across": recorded.across(),
        "made": made,
    }


def frame_of(value: Any, recorded: Replay | None) -> tuple[Replay, int] | None:
    """The frame that the replay's widget shows; None where there is none. ValueError where it is no longer kept."""
    run = value.get("run") if isinstance(value, dict) else None
    if not run:
        return None
    if recorded is None or recorded.run != run:
        raise ValueError("The frames of this run are no longer kept. Press Attack to run it again.")
    return recorded, whole("The frame", value.get("at"), 0, recorded.last)
