"""The paper's Tables 2 to 5, by one command: `python -m tkml_core.experiments.tables --help`.

    python -m tkml_core.experiments.tables --voc VOCdevkit --coco coco --annotator voc20 coco80 --images 100 --out runs/tables

Attacks photos that no bundled annotator was trained on (or a whole official set, `--set`), cut square so that they form
batches, and writes into --out a line of JSON for each photo and method as it is made. Kill it when you like: the same command
goes on, and larger --images add to it. Beside the lines it writes run.json (versions, weights, command) and, whenever every cell
has had some more photos, at the end, and with --table at any time, tables.md, tables.tex (the paper's layout), security
curves (SVG), figures.csv, larger.csv and pairs.csv. On several cores or machines (with one folder for all):
`torchrun --nproc-per-node 2 -m tkml_core.experiments.tables …` (OMP_NUM_THREADS=1 for a core each) shares the photos out.
"""

import argparse
import sys
from itertools import product
from pathlib import Path

import tkml_core as tk
from tkml_core.experiments import datasets, methods, provenance, results, tables_latex
from tkml_core.experiments.command import add_block_options, add_shared_options, naming_folders
from tkml_core.experiments.measured_photos import SELECTIONS, Photos, shuffled
from tkml_core.measured import curves, lines, summary, tables_report
from tkml_core.measured.cells import CASES, KS, UNIVERSAL_KS, Cell
from tkml_core.measured.pairs import pairs
from tkml_core.measured.tables_csv import to_csv
from tkml_core.zoo.universal_perturbations import FOLDER, XI, budgets


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m tkml_core.experiments.tables",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    made.add_argument("--data", type=Path, help="a folder with VOCdevkit and coco in it, in place of the next two")
    add_shared_options(made)
    add_block_options(made)
    made.add_argument("--set", choices=datasets.SETS, help="a whole set in place of each annotator's measuring photos")
    made.add_argument("--annotator", nargs="+", default=list(tk.available()), choices=tk.available())
    made.add_argument("--tables", default="2,3,4,5", help="which of the paper's, such as 2,5")
    made.add_argument("--methods", nargs="+", default=list(methods.DEFAULT), type=_method, metavar="METHOD",
                      help='attacks by their printed names, also with settings: "TkML-AP-T(step=0.1)"; or '
                      + ", ".join(f'"{name}"' for name in methods.NAMED))  # fmt: skip
    made.add_argument("--cases", nargs="+", default=CASES, choices=CASES)
    made.add_argument("--k", type=int, nargs="+", help="only these of the tables' own")
    made.add_argument("--budget", default="none", type=_budget,
                      help="‖z‖₂ that no perturbation exceeds: a number, or authors (1275, with targets 382.5)")  # fmt: skip
    made.add_argument("--select", default="consistent", choices=SELECTIONS,
                      help="consistent at k, or perfectly ranked (average precision 1, as the authors choose)")  # fmt: skip
    made.add_argument("--images", type=int, default=100, help="photos at most for each cell")
    made.add_argument("--universal", type=Path, default=FOLDER,
                      help="the folder of universal perturbations (Table 4); each norm budget in it has its rows")  # fmt: skip
    made.add_argument("--out", type=Path, default=Path("runs/tables"))
    made.add_argument("--table", action="store_true", help="only write the tables of the lines that are there")
    return made


def _method(text: str) -> str:
    try:
        methods.attack_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _budget(text: str) -> str:
    try:
        if text in ("none", "authors") or 0 < float(text) < float("inf"):
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r}: none, authors, or a norm above 0 in 0–255 units is expected.")


def _wanted(args: argparse.Namespace) -> list[Cell]:
    try:
        numbers = [int(number) for number in args.tables.split(",")]
        assert set(numbers) <= set(methods.TABLES)
    except (ValueError, AssertionError) as error:
        raise SystemExit(
            f"--tables {args.tables}: some of {', '.join(map(str, methods.TABLES))} are expected."
        ) from error
    ks = args.k or [*KS, *UNIVERSAL_KS]
    cells = methods.cells(numbers, args.annotator, args.cases, ks, budgets(args.universal) or [XI])
    if not cells:
        raise SystemExit("No cell of these tables has such a case and k.")
    return cells


def work_of(args: argparse.Namespace, skipped: list[str]) -> results.Work:
    """Annotators, photos and methods that the command line asks for. skipped: gets what could not be read."""

    def report(message: str) -> None:
        skipped.append(message)
        print(f"  left out: {message}", file=sys.stderr, flush=True)

    voc, coco = (args.voc, args.coco) if args.data is None else datasets.roots(args.data)
    annotators = {name: tk.load(name, args.device) for name in args.annotator}
    photos = {}
    for name, annotator in annotators.items():
        with naming_folders("--data, or --voc and --coco"):
            listed = (
                datasets.by_name(args.set, voc, coco, report)
                if args.set
                else datasets.measuring(name, voc, coco, report)
            )
        known = datasets.known(listed, name)
        photos[name] = Photos(annotator, name, shuffled(known, name, args.seed), report)
        if not photos[name].waiting:
            raise SystemExit(f"The set has no photo whose labels are those of {name}; choose another --set.")
    chosen = {}
    for cell in _wanted(args):
        chosen[cell] = methods.methods(cell, args.methods, args.budget, args.universal)
        if not chosen[cell]:
            why = "no perturbation was made for it (experiments.universal)" if cell.case == "universal" else "no method"
            print(f"{cell}: {why}.")
    chosen = {cell: found for cell, found in chosen.items() if found}
    return results.Work(annotators, photos, chosen, args.images, args.batch, args.seed, args.select)


def conclude(folder: Path) -> str:
    """Write the tables of a folder's lines beside them; returns them as Markdown."""
    while True:
        before = _sizes(folder)
        page = _conclude(folder)
        if (
            _sizes(folder) == before
        ):  # another process's lines that came meanwhile are in its tables, which may be gone now
            return page


def _sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in sorted(folder.glob(lines.PATTERN))]


def _conclude(folder: Path) -> str:
    rows = list(lines.read(folder))
    cells = summary.by_cell(rows)
    more = tables_report.EQUAL if (folder / "peers.md").exists() else ""
    page = tables_report.page(cells, provenance.about(folder), summary.by_cell(rows, variants=True), more)
    written = {
        "tables.md": page, "tables.tex": tables_latex.latex(cells),
        "figures.csv": to_csv(summary.figures(cells)), "larger.csv": to_csv(summary.larger(cells)),
        "pairs.csv": to_csv(pairs(cells)),
    }  # fmt: skip
    for table, need in product((2, 5), curves.NEEDS):
        ours = {cell: methods for cell, methods in cells.items() if tables_report.of_table(table, cell)}
        if drawing := curves.svg(ours, need):
            written[tables_report.curves_file(table, need)] = drawing
    for name, text in written.items():
        results.replace_text(folder / name, text)
    return page


def main(argv: list[str] | None = None) -> None:
    made = parser()
    args = made.parse_args(argv)
    if not args.table:
        skipped: list[str] = []
        work = work_of(args, skipped)
        notes = provenance.notes(args, made, work)
        provenance.check(args.out, notes)
        provenance.save(args.out, notes, skipped)  # now, as a run may be killed
        try:
            results.run(work, args.out, args.minutes, after_round=lambda: conclude(args.out))
        finally:
            provenance.save(args.out, notes, skipped)
    print(conclude(args.out))


if __name__ == "__main__":
    main()
