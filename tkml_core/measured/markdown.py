"""Tables as Markdown."""

from collections.abc import Iterable


def markdown(columns: str, rows: Iterable[str]) -> str:
    """A table; `columns` and each row are cells with " | " between them."""
    rule = " | ".join("---" for _ in columns.split(" | "))
    return "\n".join(f"| {line} |" for line in (columns, rule, *rows))
