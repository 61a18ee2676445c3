"""The tab's pictures, its chart and its sentences as HTML."""

from collections.abc import Sequence

import torch
from markupsafe import Markup
from PIL import Image
from torch import Tensor

from demo.catalog.english import counted, in_percent, in_top, listed, top_words
from demo.engine.guessed_truth import guessed_words, left_out_words
from demo.render import plot
from demo.render.csv_file import csv_link, csv_text
from demo.render.photo_card import size_html
from demo.render.pictures import amplified, figure
from demo.render.run_words import ended_words
from demo.render.templates import fill
from demo.render.verdict import said_html
from demo.tabs.universal.craft import CraftProgress, CraftRequest, Made, Point

FACTORS = (2, 5, 10, 20, 50)
# Of full range: how large the amplified change's root mean square may be without the picture being all black and white.
SHOWN_RMS = 0.15
OWN_SIZE = "size of the change itself"  # z's own; added to a photo it loses what goes beyond 0 and 255
HEIGHT = 180  # of the chart, pixels
FIRST_EPOCHS = 10  # that a run takes unless told otherwise


def factor_for(norm: float, values: int) -> int:
    """How many times a change of so many values and length `norm` (0–255 units) is amplified: seen, but not clipped away."""
    rms = norm / 255 / values**0.5
    return max((factor for factor in FACTORS if factor * rms / 2 <= SHOWN_RMS), default=FACTORS[0])


def picture_of(z: Tensor, factor: int) -> Image.Image:
    """z (1,3,H,W) alone, amplified: grey is no change."""
    return amplified(torch.zeros_like(z), z, factor)


def change_html(z: Tensor, factor: int, title: str, lossless: bool) -> str:
    """z with its size in numbers."""
    alt = f"The one change for all photos, amplified {factor} times"
    return figure(title, alt, picture_of(z, factor), size_html(z, factor, 0, OWN_SIZE), lossless, badge=f"× {factor}")


def rates_html(points: Sequence[Point], epochs: int, pictures: int) -> str:
    """The share of the set that is fooled, epoch by epoch, with the noise that is as long as z for a control."""
    lines, dots = [plot.grid((0, HEIGHT / 2, HEIGHT))], ""
    for kind in ("fooled", "noise"):
        at = [(point.epoch / max(epochs, 1), HEIGHT * (1 - getattr(point, kind))) for point in points]
        lines.append(plot.line(f"line {kind}", [plot.WIDTH * x for x, _ in at], [y for _, y in at]))
        dots += "".join(f'<i class="ratedot {kind}" style="left:{100 * x:.2f}%;top:{y:.1f}px"></i>' for x, y in at)
    scale = plot.y_ticks((HEIGHT * (1 - share), in_percent(share)) for share in (0, 0.5, 1)) + plot.x_ticks(epochs)
    now = (in_percent(points[-1].fooled), in_percent(points[-1].noise)) if points else ("–", "–")
    spoken, note = "Nothing measured yet", ""
    if not points:
        words = "It is measured as each round begins." if pictures else "Press Craft, and watch the share rise here."
        note = f'<p class="hint">{words}</p>'
    else:
        spoken = (
            f"After {points[-1].epoch:.1f} of {epochs} rounds (epochs) the change fools {now[0]} of the set, random noise as "
            f"large {now[1]}"
        )
    set_of = f"of {pictures} pictures, " if pictures else ""
    return (
        f'<section class="curve rates"><h2>Share fooled <small>{set_of}over the rounds (epochs)</small></h2>'
        f"{plot.plot(HEIGHT, spoken, lines, scale + dots, after=note)}"
        f'<p class="legend"><span><span class="key fooled"></span>with the change <b>{now[0]}</b></span>'
        f'<span><span class="key noise"></span>random noise as large <b>{now[1]}</b></span></p></section>'
    )


def shares_html(k: int, photos: int, fooled: int, noise: int, looser: tuple[int, int], elsewhere: str = "") -> Markup:
    """How many of so many new photos a change that comes with the page fools, beside random noise as large.

    looser: on how many of them change and noise leave a list that contradicts the truth (E = 0). elsewhere: what one does on
    other annotators, in a sentence.
    """
    counts = (("fooled", "with the change", fooled), ("noise", "random noise as large", noise))
    bars = [(kind, words, count / photos, in_percent(count / photos, 1)) for kind, words, count in counts]
    contradicts = [in_percent(count / photos, 1) for count in looser]
    return fill(
        "tabs/universal/shares.html", k=k, place=in_top(k), photos=photos, bars=bars, contradicts=contradicts,
        elsewhere=elsewhere,
    )  # fmt: skip


def progress(at: CraftProgress, request: CraftRequest) -> tuple[str, ...]:
    """The status line of a run."""
    epoch = min(at.epoch + 1, request.epochs)
    now = f"{in_percent(at.points[-1].fooled)} fooled as the round began" if at.points else ""
    return (f"round {epoch} of {request.epochs}", f"step {at.update}", now)


def made_sentence(made: Made, limit: float) -> str:
    """What came of a run, in plain words."""
    steps = counted(made.updates, "step")
    lead = {
        "user": f"Stopped after {steps}. ",
        "time": f"{ended_words(limit)}, at {steps}; kept is the best so far. For more, press Craft again or take fewer photos. ",
    }.get(made.stopped or "", "")
    n = made.pictures
    return (
        f"{lead}Fooled, with no true label left {in_top(made.request.k)}, are {made.fooled} of the {n} pictures it was made on; "
        f"{_before(made.cleared_before)} so before any change. Random noise as large fools {made.noise}. Made on so few "
        "photos it will hardly work on new ones: those below show it."
    )


def _before(count: int) -> str:
    """How many pictures were to begin with, in words."""
    return f"{count or 'none'} {'was' if count == 1 else 'were'}"


def made_html(made: Made, limit: float) -> str:
    """The sentence with a word and a sign before it."""
    kind = "cut" if made.stopped == "user" else "won" if 2 * made.fooled > made.pictures else "lost"
    return said_html(
        kind, f"{made.fooled} of its {counted(made.pictures, 'own picture')} fooled", made_sentence(made, limit)
    )


def facts_html(made: Made) -> Markup:
    """What else there is to know about a run."""
    request, photos = made.request, counted(made.photos, "photo")
    facts = [
        f"{request.title} for {request.annotator} at k = {request.k}, made on {photos}"
        + (", each also mirrored and cut closer." if made.pictures > made.photos else "."),
    ]
    if request.k > 1:  # at 1 it is the same as fooled
        facts.append(
            f"Less than fooled: the {top_words(request.k)} contradicts the truth, with a wrong label in it and a true one out, "
            f"on {made.inconsistent} of the {made.pictures} pictures, and did before any change on "
            f"{made.inconsistent_before or 'none'}."
        )
    if made.early:
        facts.append(
            f"The run ended after {made.points[-1].epoch:.0f} of {counted(request.epochs, 'round')} (epochs): every picture is "
            "fooled, so there was nothing left to learn."
        )
    if made.guessed:
        facts.append(guessed_words(made.guessed, made.photos))
    if made.left_out:
        facts.append(f"Left out, because no true label is {in_top(request.k)} to begin with: {listed(made.left_out)}.")
    if made.nothing_found:
        chosen = made.photos + len(made.left_out) + len(made.nothing_found)
        facts.append(left_out_words(made.nothing_found, chosen, request.annotator))
    items = Markup("").join(Markup("<li>{}</li>").format(fact) for fact in facts)
    name = f"{request.method}-{request.annotator}-k{request.k}-rates".lower()
    curve = csv_text(("epoch", "fooled", "noise"), ((point.epoch, point.fooled, point.noise) for point in made.points))
    return Markup('<ul class="facts">{}</ul>').format(items) + csv_link(name, curve, "Curve (CSV)", "")
