"""How often what a run does is shown."""

PICTURES_EVERY = 1 / 5  # seconds; generators have no back-pressure, and a browser on the same cores takes its share for each
