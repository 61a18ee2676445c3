"""The pictures of the measured tables: security curves, and shares of photos as dots."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from demo.catalog.english import counted, listed, span
from demo.render.dots import Dot, DotPanel, dots_html
from demo.render.security_curves import Panel, curves_html
from demo.tabs.tables.plain_words import size_words
from tkml_core.attacks.common.budget import AUTHORS
from tkml_core.measured import summary
from tkml_core.measured.cells import CASES
from tkml_core.zoo.universal_perturbations import XI

Cells = Mapping[summary.Cell, dict[str, summary.Rows]]
Pictures = list[tuple[str, str]]  # by their headings
IN_SIGHT = 2  # annotators, those that stand first, whose pictures are not folded
NORM, STEPS, PERT = (
    "size of the change (‖z‖₂)",
    "steps until the goal was first met",
    "mean size per pixel where the goal is met (×10⁻²)",
)
BY_NORM = "How many photos give way to a change of at most this size: the further left a curve rises, the better"
BY_SHOWN = "How many photos show no true label, where more labels are shown than were attacked"
EASIER = "The same for the easier targets"
OTHERS = "The same for {}"
BY_STEPS = (
    "How many photos give way within so many steps, before rounding for saving; a step may take several gradients, as kFool’s "
    "do, so fewer steps need not cost less"
)
BY_K = "How many photos have no true label left in their top k"
BY_PERT = (
    "How often the goal is met, and how large the change is on the photos that met it: further up and left is better; the "
    "number beside a dot is k"
)


def of_table(cells: Cells, figures: Sequence[summary.Figures], styles: dict[str, int]) -> tuple[Pictures, Pictures]:
    """Pictures of Table 2 or 5: of the hardest targets and the first annotators, and those that are folded below them."""
    names = list(dict.fromkeys(cell.annotator for cell in cells))
    others = names[IN_SIGHT:]
    hardest = max((cell.case for cell in cells), key=CASES.index, default="")

    def drawn(of: Sequence[summary.Cell]) -> Pictures:
        norms = curves_html(_curves({cell: cells[cell] for cell in of})[0], NORM, styles)
        return [(BY_NORM, norms), (BY_PERT, _by_pert([f for f in figures if f.cell in of], styles))]

    own = [cell for cell in cells if cell.annotator not in others]
    folded = [
        (EASIER, _together(drawn([cell for cell in own if cell.case != hardest]))),
        (OTHERS.format(listed(others, len(others))), _together(drawn([cell for cell in cells if cell not in own]))),
        (BY_STEPS, curves_html(_curves(cells)[1], STEPS, styles)),
    ]
    return drawn([cell for cell in own if cell.case == hardest]), folded


def _together(pictures: Pictures) -> str:
    """Several of them under their headings."""
    return Markup("").join(Markup("<h3>{}</h3>{}").format(heading, Markup(html)) for heading, html in pictures if html)


def styles_of(cells: Cells) -> dict[str, int]:
    """A line style for each method, the same in every panel; the paper's own first."""
    names = sorted({name for methods in cells.values() for name in methods}, key=summary.place_of)
    return {name: place for place, name in enumerate(names)}


def _curves(cells: Cells) -> tuple[list[Panel], list[Panel]]:
    """Against the norm, and against steps."""
    norms, steps = [], []
    for cell, methods in cells.items():
        title = (
            f"{_asked(cell.annotator, cell.case)}, k = {cell.k} ({_photos([len(rows) for rows in methods.values()])})"
        )
        kind = "untargeted" if cell.case == "untargeted" else "targeted"
        budget = {"the authors’ limit of the size (‖z‖₂)": AUTHORS[kind]}
        norms.append(Panel(title, {name: summary.norm_needed(rows) for name, rows in methods.items()}, budget))
        steps.append(Panel(title, {name: summary.steps_needed(rows) for name, rows in methods.items()}, {}))
    return norms, steps


def _asked(annotator: str, case: str) -> str:
    return annotator if case in ("untargeted", "universal") else f"{annotator}, {case} targets"


def _photos(counts: Sequence[int]) -> str:
    return counted(span(counts), "photo")


def _panels(dots: Sequence[tuple[str, str, Dot]], whole: tuple[int, ...] = ()) -> list[DotPanel]:
    """Dots, each with its panel's title and its method, as panels, whose titles say of how many photos a dot is."""
    found: dict[str, dict[str, list[Dot]]] = defaultdict(lambda: defaultdict(list))
    for title, method, dot in dots:
        found[title][method].append(dot)
    return [
        DotPanel(f"{title} ({_photos([dot.photos for own in methods.values() for dot in own])})", methods, whole)
        for title, methods in found.items()
    ]


def _by_pert(made: Sequence[summary.Figures], styles: dict[str, int]) -> str:
    dots = [
        (_asked(f.cell.annotator, f.cell.case), f.method, Dot(f.pert_won, f.won, f.photos, str(f.cell.k))) for f in made
    ]
    return dots_html(_panels(dots), PERT, styles)


def by_k(made: Sequence[summary.Figures], styles: dict[str, int]) -> str:
    dots = [
        (f"{f.cell.annotator}, {size_words(f.cell.xi or XI)}", f.method, Dot(f.cell.k, f.won, f.photos)) for f in made
    ]
    return dots_html(_panels(dots, tuple(sorted({f.cell.k for f in made}))), "labels shown (k)", styles)


def by_shown(made: Sequence[summary.Larger], styles: dict[str, int]) -> str:
    dots = [(f"{f.cell.annotator}, made for k = {f.cell.k}", f.method, Dot(f.shown, f.won, f.photos)) for f in made]
    return dots_html(_panels(dots, tuple(sorted({f.shown for f in made}))), "labels that are shown (k′)", styles)
