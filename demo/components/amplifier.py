"""The slider below the change: how many times as strong as it is the change is drawn."""

from typing import Any

from markupsafe import Markup

from demo.engine.value_checks import whole
from demo.render.pictures import AMPLIFY, MOST_AMPLIFIED

AMPLIFIER = Markup("""
<label class="amplifier"><span>Amplified</span>
<input type="range" min="1" max="{most}" value="{now}" step="1" aria-label="How many times the change is amplified">
<output>× {now}</output></label>
""").format(most=MOST_AMPLIFIED, now=AMPLIFY)


def factor_of(value: Any) -> int:
    """The amplification that the browser says is set, checked."""
    return whole("The amplification", value, 1, MOST_AMPLIFIED)
