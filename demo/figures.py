"""The paper's Figures 1 to 4 from photos of your own: `python -m demo.figures photos --annotator voc20 --out figures`.

1: one photo, attacked untargeted and targeted. 2: kFool beside TkML-AP-U. 3: one perturbation for all photos, where one is
bundled for the annotator. 4: ML-AP beside TkML-AP-T, with the best, random and worst targets, each on the next photo. Each
comes as PNG and as PDF, in which words and icons are vectors. Which labels are true you say with --true; otherwise the
annotator's guess is taken for true, and a photo in which it finds none of its labels is left out.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

import tkml_core as tk
from demo.catalog.english import listed
from demo.engine import annotators
from demo.engine.guessed_truth import RULE, guessed_truth, left_out_words, nothing_left
from demo.engine.label_roles import Roles
from demo.export.figure import write
from demo.export.paper_figures import Listed, Panel, Strip, draw
from demo.render.pictures import AMPLIFY, amplified
from tkml_core.attacks.common.base import Attack
from tkml_core.attacks.registry import UNIVERSAL
from tkml_core.attacks.universal.precomputed import Precomputed
from tkml_core.photo_files import FORMATS, allowed
from tkml_core.report import levels, top
from tkml_core.step_generators import drain
from tkml_core.zoo import DEFAULT
from tkml_core.zoo.universal_perturbations import bundled

MOST = 6  # photos in a figure
TICK = "say so with --true FILE=LABEL"
UNIVERSAL_AMPLIFY = 5  # one perturbation for all is some ten times as long


@dataclass(frozen=True)
class Photo:
    """A photo as the annotator sees it: pixels (1,3,H,W), logits (1,m), true labels bool (1,m), and whether they are a guess.

    true: nowhere where nobody said and the annotator finds none of its labels.
    """

    name: str
    x: Tensor
    logits: Tensor
    true: Tensor
    guessed: bool


@dataclass(frozen=True)
class Makes:
    """What every figure is made with."""

    annotator: tk.Annotator
    name: str
    k: int
    max_steps: int

    def photo(self, path: Path, true: Sequence[str], square: bool = False) -> Photo:
        x = self.annotator.prepare(tk.open_photo(path), square=square)
        with torch.no_grad():
            logits = self.annotator(x)
        names = true or guessed_truth(annotators.Photo(x, logits), self.annotator)
        return Photo(path.name, x, logits, self.annotator.mask(names), guessed=not true)

    def photos(self, paths: Sequence[Path], true: Mapping[str, Sequence[str]], square: bool) -> tuple[list[Photo], str]:
        """Those on which something is true, and which others are left out, in words. ValueError where that is all of them."""
        found = [self.photo(path, true.get(path.name, ()), square) for path in paths]
        out = [photo.name for photo in found if not bool(photo.true.any())]
        if len(out) == len(found):
            raise ValueError(nothing_left(out, self.name, TICK))
        return [photo for photo in found if photo.name not in out], left_out_words(out, len(found), self.name, TICK)

    def told(self, photos: Sequence[Photo], beforehand: bool) -> str:
        """What stands below a figure: with what it was made, and of which photos the true labels are a guess."""
        given = "made beforehand on other photos" if beforehand else f"κ = 0, at most {self.max_steps} steps"
        guessed = [photo.name for photo in photos if photo.guessed]
        more = f" True labels guessed ({RULE}): {listed(guessed, MOST)}." if guessed else ""
        return f"{self.name}, k = {self.k}; {given}; pictures and labels of the saved 8-bit images.{more}"

    def names(self, true: Tensor) -> tuple[str, ...]:
        return tuple(self.annotator.labels[j] for j in true[0].nonzero()[:, 0].tolist())

    def original(self, photo: Photo, targets: Tensor | None = None) -> Panel:
        lists = [(f"top {self.k}", _pairs(top(self.annotator.labels, photo.logits, self.k)))]
        roles = Roles(self.names(photo.true))
        if targets is not None:
            chances = photo.logits[0].sigmoid()
            named = [(self.annotator.labels[j], float(chances[j])) for j in targets[0].tolist()]
            roles = Roles(roles.true, tuple(name for name, _ in named))
            lists.append(("targets", named))
        return Panel("original", levels(photo.x), lists, roles)

    def attacked(self, attack: Attack | Precomputed, photo: Photo, goal: tk.Goal, roles: Roles) -> tuple[Panel, Panel]:
        """The perturbation and the adversarial photo."""
        result = drain(attack.steps(self.annotator, photo.x, goal))
        with torch.no_grad():
            logits = self.annotator(result.x_adv)
        size = f"‖z‖₂ = {tk.size_of(result.x_adv - photo.x).l2:.0f}"
        words = f"top {self.k}" if result.achieved[0] else f"top {self.k}, goal not met"
        listed = _pairs(top(self.annotator.labels, logits, self.k))
        return (
            Panel(f"perturbation × {AMPLIFY}", amplified(photo.x, result.x_adv), [(size, ())]),
            Panel("adversarial", levels(result.x_adv), [(words, listed)], roles),
        )

    def untargeted(self, attack: str, photo: Photo) -> tuple[Panel, Panel]:
        goal = tk.Cleared(true=photo.true, k=self.k)
        return self.attacked(tk.ATTACKS[attack](max_steps=self.max_steps), photo, goal, Roles(self.names(photo.true)))

    def targeted(self, attack: str, photo: Photo, targets: Tensor) -> tuple[Panel, Panel]:
        roles = self.original(photo, targets).roles
        goal = tk.Targeted.of(photo.true, self.k, targets)
        return self.attacked(tk.ATTACKS[attack](max_steps=self.max_steps), photo, goal, roles)


def _pairs(listed: Sequence[Sequence]) -> Listed:  # type: ignore[type-arg]
    return [(name, probability) for name, probability in listed]


Drawn = tuple[list[Strip], list[tuple[str, int]]]


def figure_1(makes: Makes, photos: Sequence[Photo]) -> Drawn:
    photo = photos[0]
    targets = tk.target_order("random", photo.logits, photo.true, makes.k, seed=0)
    _, pushed = makes.untargeted("TkML-AP-U", photo)
    _, planted = makes.targeted("TkML-AP-T", photo, targets)
    panels = [makes.original(photo, targets), pushed, planted]
    return [Strip(panels)], [("", 1), ("untargeted attack", 1), ("targeted attack", 1)]


def figure_2(makes: Makes, photos: Sequence[Photo]) -> Drawn:
    methods = ("kFool", "TkML-AP-U")
    strips = [
        Strip([makes.original(photo), *(panel for name in methods for panel in makes.untargeted(name, photo))])
        for photo in photos
    ]
    return strips, [("", 1), *((name, 2) for name in methods)]


def figure_3(makes: Makes, photos: Sequence[Photo]) -> Drawn:
    """photos: square. ValueError where no perturbation is bundled."""
    names = [name for name in UNIVERSAL if (name, makes.name, makes.k) in bundled()]
    found = {name: tk.universal(name, makes.name, makes.k) for name in names or ["TkML-AP-Uv"]}
    grey = torch.full_like(next(iter(found.values())), 0.5)
    shown = [
        Panel(
            f"z × {UNIVERSAL_AMPLIFY}",
            amplified(grey, grey + z, UNIVERSAL_AMPLIFY),
            [(f"‖z‖₂ = {tk.size_of(z).l2:.0f}", ())],
        )
        for z in found.values()
    ]
    strips = [Strip([None, *shown])]
    for photo in photos:
        roles, goal = Roles(makes.names(photo.true)), tk.Cleared(true=photo.true, k=makes.k)
        hit = [makes.attacked(Precomputed(z), photo, goal, roles)[1] for z in found.values()]
        strips.append(Strip([makes.original(photo), *hit]))
    return strips, [("", 1), *((name, 1) for name in found)]


def figure_4(makes: Makes, photos: Sequence[Photo]) -> Drawn:
    methods, strips = ("ML-AP", "TkML-AP-T"), []
    for number, case in enumerate(tk.CASES):
        photo = photos[number % len(photos)]
        targets = tk.target_order(case, photo.logits, photo.true, makes.k, seed=0)
        panels = [panel for name in methods for panel in makes.targeted(name, photo, targets)]
        strips.append(Strip([makes.original(photo, targets), *panels], case))
    return strips, [("", 1), *((name, 2) for name in methods)]


FIGURES: dict[int, Callable[[Makes, Sequence[Photo]], Drawn]] = {1: figure_1, 2: figure_2, 3: figure_3, 4: figure_4}
USED = {1: 1, 4: len(tk.CASES)}  # how many of the photos are in it; all of them in the others


def chosen(folder: Path, names: Sequence[str]) -> list[Path]:
    """The photos named, or the first of the folder. ValueError where there are none."""
    if missing := [name for name in names if not (folder / name).is_file()]:
        raise ValueError(f"There is no photo {folder / missing[0]}.")
    if names:
        return [folder / name for name in names]
    readable = {ending for ending, kind in Image.registered_extensions().items() if kind in FORMATS}
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in readable)
    if not found:
        raise ValueError(f"There is no photo in {folder}; give a folder with {allowed()} files.")
    return found[:MOST]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.figures", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the photos are")
    parser.add_argument("--photos", nargs="+", default=(), help=f"files of the folder; default: its first {MOST}")
    parser.add_argument(
        "--true", nargs="+", default=(), metavar="FILE=LABEL,LABEL",
        help=f"the true labels of photos; default: the annotator's guess, {RULE}".replace("%", "%%"),
    )  # fmt: skip
    parser.add_argument("--annotator", default=DEFAULT)
    parser.add_argument("--k", type=int, default=3)
    parser.add_argument("--figures", type=int, nargs="+", choices=FIGURES, default=list(FIGURES))
    parser.add_argument("--max-steps", type=int, default=300)
    parser.add_argument("--out", type=Path, default=Path("figures"))
    args = parser.parse_args(argv)
    true = {name: labels.split(",") for name, _, labels in (entry.partition("=") for entry in args.true)}
    status = 0
    try:
        makes = Makes(tk.load(args.annotator), args.annotator, args.k, args.max_steps)
        paths = chosen(args.folder, args.photos)
        if args.out.exists() and not args.out.is_dir():
            raise ValueError(f"--out {args.out}: this is a file; name a folder for the figures.")
        args.out.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    for number in args.figures:
        try:
            photos, left_out = makes.photos(paths, true, square=number == 3)
            if left_out:
                print(f"Figure {number}: {left_out}", file=sys.stderr)
            strips, heads = FIGURES[number](makes, photos)
            title = f"Figure {number} of the paper, on {args.annotator} at k = {args.k}"
            told = makes.told(photos[: USED.get(number)], beforehand=number == 3)
            for path in write(partial(draw, strips, heads, told), args.out / f"figure{number}", title):
                print(path)
        except (OSError, ValueError) as error:  # the others can be drawn all the same
            print(f"Figure {number}: {error}", file=sys.stderr)
            status = 2
    return status


if __name__ == "__main__":
    sys.exit(main())
