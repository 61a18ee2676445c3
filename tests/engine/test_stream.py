"""How often what a run does is shown."""

from demo.engine.stream import FIRST, LATER, pause


def test_pictures_come_closely_at_first_and_seldom_later() -> None:
    assert pause(0) == pause(1) == FIRST and pause(60) == LATER
    at = [pause(tenths / 10) for tenths in range(100)]
    assert at == sorted(at)
    seconds, pictures = 0.0, 0
    while seconds < 60:  # the longest run
        seconds, pictures = seconds + pause(seconds), pictures + 1
    assert pictures < 100
