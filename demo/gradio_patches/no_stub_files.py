"""Behaviour: as it is imported, Gradio (6.31) writes a stub file (.pyi) beside every one of its 81 component classes anew. Each
class is parsed and rendered for it, which takes as long as all the rest of the import: a second and a half.

Here none is written: who writes code against Gradio has the files that came with it.
"""

import inspect
from abc import ABCMeta
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def none_written() -> Iterator[None]:
    """For the components that are defined in the block; the first import of Gradio belongs into it."""
    file_of = inspect.getfile

    def file_of_no_component(thing: object) -> str:
        if type(thing).__name__ == "ComponentMeta":
            raise OSError("no file to write a stub beside")  # Gradio goes on without one then
        return file_of(thing)  # type: ignore[arg-type]

    inspect.getfile = file_of_no_component  # type: ignore[assignment]
    try:
        yield
    finally:
        inspect.getfile = file_of


def component(name: str, base: Any, **own: Any) -> Any:
    """A class of widgets like `base`, but for what is `own`; to the browser it is an ordinary one of those.

    ABCMeta makes it, which is the base of Gradio's metaclass: that would write a stub file beside it, here into the project
    (`create_or_modify_pyi`, gradio-app/gradio#10121).
    """
    return ABCMeta.__new__(type(base), name, (base,), {"is_template": True, "__module__": __name__, **own})
