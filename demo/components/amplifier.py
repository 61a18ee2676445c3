"""The slider below the change: how many times as strong as it is the change is drawn."""

from typing import Any

from demo.engine.value_checks import whole
from demo.render.pictures import AMPLIFY, MOST_AMPLIFIED

AMPLIFIER = f"""
<label class="amplifier"><span>Amplified</span>
<input type="range" min="1" max="{MOST_AMPLIFIED}" value="{AMPLIFY}" step="1" aria-label="How many times the change is amplified">
<output>× {AMPLIFY}</output></label>
"""


def factor_of(value: Any) -> int:
    """The amplification that the browser says is set, checked."""
    return whole("The amplification", value, 1, MOST_AMPLIFIED)
