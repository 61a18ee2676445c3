"""How often what a run does is shown."""

# Seconds. Generators have no back-pressure, and a browser on the same cores takes its share of them for each picture.
FIRST, LATER = 1 / 4, 2 / 3


def pause(seconds: float) -> float:
    """Seconds until the next picture of a run that has gone on for `seconds`.

    Most happens in the first ones, which are shown closely; later the cores are left to the attack.
    """
    return min(max(FIRST, seconds / 5), LATER)
