"""The buttons that set a goal that is worth a first look."""

from dataclasses import dataclass

from demo.catalog.attacks import FIRM


@dataclass(frozen=True)
class Preset:
    """A goal worth a first look, and who reaches it. `case`: how targets are found.

    confidence: κ; max_steps: where the run ends; None: the page's.
    """

    title: str
    attack: str
    goal: str
    case: str = "best"
    confidence: float | None = None
    max_steps: int | None = None


# MinNorm meets a goal within ten steps and goes on to make the change smaller. Whoever has a minute sees the end of it sooner:
# "Make the change smaller" goes on from there.
SHORT = 60

PRESETS = {
    "gentle": Preset("Fool it gently", "MinNorm", "cleared", confidence=FIRM, max_steps=SHORT),
    "hide": Preset("Hide one object", "MinNorm", "hide", confidence=FIRM, max_steps=SHORT),
    "impossible": Preset("Add the impossible", "TkML-AP-T", "targeted", "worst"),
}
