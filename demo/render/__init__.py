"""HTML, SVG and pictures made of plain values; no Gradio.

What is drawn anew in every frame of a run is put together by f-strings, with `escape`: a list of five labels takes an eighth to a
tenth of the time that a template takes (0.15 and 1.3 ms on a busy core). All else is templates, or `Markup.format`, which escape
by themselves; `tests/render/test_escaping.py` names the few files that may do otherwise.
"""
