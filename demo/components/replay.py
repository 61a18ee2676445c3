"""The tools under the pictures: replay, amplification, and a closer look. What they draw comes from live.replayed()."""

from typing import Any

from demo.engine.plan import whole
from demo.engine.replay import Reel
from demo.render.pictures import AMPLIFY, MOST_AMPLIFIED

REPLAY = """
<div class="replay" role="group" aria-label="Replay of the run">
<button type="button" class="tool play" aria-label="Play the run again" disabled>
<svg class="go" viewBox="0 0 16 16" aria-hidden="true"><path d="M4 2.5v11l9.5-5.5z"/></svg>
<svg class="wait" viewBox="0 0 16 16" aria-hidden="true"><path d="M3.5 2.5h3.4v11H3.5zM9.1 2.5h3.4v11H9.1z"/></svg></button>
<input type="range" min="0" max="1" value="1" step="1" aria-label="Moment of the run" disabled><output></output></div>
"""

AMPLIFIER = f"""
<label class="amplifier"><span>Amplified</span>
<input type="range" min="1" max="{MOST_AMPLIFIED}" value="{AMPLIFY}" step="1" aria-label="How many times the change is amplified">
<output>× {AMPLIFY}</output></label>
"""

CLOSER = """
<button type="button" class="tool open" disabled><svg viewBox="0 0 16 16" aria-hidden="true">
<path d="M7 1.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zm4 9.5 3.8 3.8M4.5 7h5M7 4.5v5"/></svg><span>Look closer</span></button>
<dialog class="closer" aria-label="Look closer at both pictures">
<header><h2>Look closer</h2><button type="button" class="tool close" aria-label="Close">
<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 3l10 10M13 3L3 13"/></svg></button></header>
<div class="pane" tabindex="0" role="group" aria-roledescription="zoomed pictures" aria-label="Left of the line the original,
right of it the attacked photo. The arrow keys move both when they are zoomed."><img class="attacked" alt="The attacked photo">
<div class="above"><img class="original" alt="The original photo"></div><i class="line" aria-hidden="true"></i>
<b class="of original" aria-hidden="true">Original</b><b class="of attacked" aria-hidden="true">Attacked</b></div>
<label><span>Wipe</span><input class="wipe" type="range" min="0" max="100" value="50" step="1"
aria-label="Wipe: how much of the width shows the original"><output class="wiped"></output></label>
<label><span>Zoom</span><input class="zoom" type="range" min="1" max="8" value="1" step="1" aria-label="Zoom"><output
class="zoomed"></output></label>
<p class="hint">Drag the line across the pictures. Zoomed in, drag beside the line to move them; one square is one pixel.</p>
</dialog>
"""


def replay_value(reel: Reel | None) -> dict[str, Any]:
    """Contents of the replay's widget, at the end of a run; None, while there is nothing to replay."""
    if reel is None:
        return {"run": "", "at": 0, "playing": False, "titles": [], "across": []}
    return {"run": reel.run, "at": reel.last, "playing": False, "titles": reel.titles(), "across": reel.across()}


def frame_of(replay: Any, reel: Reel | None) -> tuple[Reel, int] | None:
    """The frame that the replay's widget shows; None where there is none. ValueError where it is no longer kept."""
    run = replay.get("run") if isinstance(replay, dict) else None
    if not run:
        return None
    if reel is None or reel.run != run:
        raise ValueError("The frames of this run are no longer kept. Press Attack to run it again.")
    return reel, whole("The frame", replay.get("at"), 0, reel.last)


def factor_of(value: Any) -> int:
    """The amplification that the browser says is set, checked."""
    return whole("The amplification", value, 1, MOST_AMPLIFIED)
