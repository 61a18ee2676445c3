"""Pieces of the page that several tabs use: Python, script and style side by side under one name."""
