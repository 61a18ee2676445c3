"""How often what a run does is shown."""

PICTURES_EVERY = 1 / 8  # seconds; generators have no back-pressure, a browser would be flooded
