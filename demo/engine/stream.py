"""How often what a run does is shown."""

# Seconds. Generators have no back-pressure, and a browser on the same cores takes its share of them for each picture.
PICTURES_EVERY = 1 / 5
