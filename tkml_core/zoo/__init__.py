"""The annotators that come with this project: `registry.py` says which there are."""

from tkml_core.zoo.registry import DEFAULT, available, load

__all__ = ["DEFAULT", "available", "load"]
