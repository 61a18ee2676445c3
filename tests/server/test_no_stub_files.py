"""Gradio writes a stub file beside a component that is defined, unless it is told not to."""

import importlib.util
import sys
from pathlib import Path

import pytest

from demo.gradio_patches import no_stub_files


def define(file: Path) -> None:
    """A component of its own, in a module of its own."""
    file.write_text("import gradio as gr\n\n\nclass Mine(gr.Textbox):\n    '''Mine.'''\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, file.stem, module)
        spec.loader.exec_module(module)


def test_components_are_defined_without_a_stub_file(tmp_path: Path) -> None:
    define(tmp_path / "with_stub.py")
    assert (tmp_path / "with_stub.pyi").exists()
    with no_stub_files.none_written():
        define(tmp_path / "without_stub.py")
    assert not (tmp_path / "without_stub.pyi").exists()
