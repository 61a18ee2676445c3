"""The lesson's screens, one a file, in their order."""

from collections.abc import Callable

from demo.tabs.lesson.screen import Screen
from demo.tabs.lesson.screens import flip, guess, hardened, jpeg, noise, plant, universal

# Each gives its screen, or None where the recording that it is made of is not here.
SCREENS: tuple[Callable[[], Screen | None], ...] = (
    guess.screen,
    flip.screen,
    noise.screen,
    plant.screen,
    universal.screen,
    jpeg.screen,
    hardened.screen,
)


def screens() -> list[Screen]:
    """All screens that can be shown."""
    return [screen for make in SCREENS if (screen := make()) is not None]
