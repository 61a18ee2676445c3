"""What tests of the tab Lesson have in common: its screens, and the recorded runs that they are made of."""

from functools import cache

from demo.engine.recordings import Recording, recording
from demo.tabs.lesson.screen import Screen
from demo.tabs.lesson.screens import screens


@cache
def shown() -> dict[str, Screen]:
    """All screens by their keys, made once."""
    return {screen.key: screen for screen in screens()}


def run(name: str) -> Recording:
    """A recorded run, which must be there."""
    found = recording(name)
    assert found is not None
    return found
