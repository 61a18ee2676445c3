"""The page and the endpoints; everything here may use `tkml_core`, never the other way round."""

from demo.engine import zero_gpu  # noqa: F401  # first of all: its package has to be imported before torch
