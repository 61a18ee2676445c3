"""What methods are called, whose they are and what they do, and what a table's columns say, to be opened by who wants to know."""

from collections.abc import Callable, Collection

from markupsafe import Markup

from demo.catalog import attacks as catalog
from demo.catalog.measures import COLUMNS
from demo.render.templates import fill


def methods_html(names: Collection[str], more: Callable[[str], str] = lambda name: "") -> Markup:
    """Those called so, in the menu's order. more: what else there is to say of one, with a space before it."""
    methods = [
        (name, choice.credit, choice.title, choice.sentence.replace("{ready}", "") + more(name))
        for name, choice in catalog.attacks().items()
        if name in names
    ]
    return fill("render/methods.html", title="What are these methods?", terms=methods)


def columns_html() -> Markup:
    """What the columns of a table say, to be opened by whoever wants to know."""
    columns = [(name, "", "", f"{means[0].upper()}{means[1:]}.") for name, means in COLUMNS.items()]
    return fill("render/methods.html", title="What do the columns say?", terms=columns)
