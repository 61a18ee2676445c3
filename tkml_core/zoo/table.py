"""README's table of annotators, from the registry and what was measured: `python -m tkml_core.zoo.table [--write]`."""

import argparse
from pathlib import Path

from tkml_core.images import InputSize
from tkml_core.zoo.entry import Entry
from tkml_core.zoo.published import PUBLISHED
from tkml_core.zoo.registry import ENTRIES
from tkml_core.zoo.weights import FOLDER

ROOT = Path(__file__).resolve().parents[2]
README, MEASURED = ROOT / "README.md", FOLDER / "README.md"
BEGIN, END = "<!-- annotators: python -m tkml_core.zoo.table --write -->", "<!-- end of annotators -->"
MEASURES = ("mAP", "calibration error", "step")  # columns of the table that experiments.evaluate writes


def measured(page: str) -> dict[str, dict[str, str]]:
    """Of each annotator, the cells of MEASURES in the first table of `page` that has such columns."""
    found: dict[str, dict[str, str]] = {}
    head: list[str] = []
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            if found:
                break
            head = []
        elif not head:
            head = cells
        elif head[0] == "annotator" and set(MEASURES) <= set(head) and cells[0].startswith("`"):
            row = dict(zip(head, cells, strict=True))
            found[cells[0].strip("`")] = {name: row[name] for name in MEASURES}
    return found


def looks_at(size: InputSize) -> str:
    """How many pixels an annotator sees, in words."""
    if size.fit == "whole":
        return f"whole, {size.short} to {size.long} px"
    return f"{size.short} × {size.short} px, {'cropped' if size.fit == 'crop' else 'squashed'}"


def size_of(entry: Entry) -> str:
    """How large the file of its weights is, where that is known before it is here."""
    published = next((one for one in PUBLISHED if one.name == entry.name), None)
    if published:
        return f"{published.megabytes:.1f} MB"
    return f"{sum(path.stat().st_size for path in entry.files) / 1e6:.1f} MB" if weights_of(entry) == "bundled" else "–"


def weights_of(entry: Entry) -> str:
    """Where its weights come from, in a word."""
    if entry.optional:
        return "fetched"
    return "bundled" if entry.source.endswith("see assets/weights/README.md.") else "yours"


def table() -> str:
    """One line an annotator, in the registry's order."""
    measures = measured(MEASURED.read_text(encoding="utf-8"))
    lines = [
        "| annotator | network | weights | size | labels | looks at | licence | mAP | calibration error | step |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, entry in ENTRIES.items():
        numbers = [measures.get(name, {}).get(column, "–") for column in MEASURES]
        cells = [
            f"`{name}`", entry.source.split(", trained")[0], weights_of(entry), size_of(entry), str(len(entry.labels)),
            looks_at(entry.input_size), entry.licence, *numbers,
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def with_table(readme: str) -> str:
    """The README with the table as it is now between its two marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not after:
        raise ValueError(f"README.md has lost the marks {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tkml_core.zoo.table", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put it into README.md")
    if parser.parse_args(argv).write:
        README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(table())


if __name__ == "__main__":
    main()
