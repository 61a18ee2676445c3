"""The paper's equations as MathML, cut into parts that each stand above a few plain words."""

from typing import NamedTuple

from markupsafe import Markup

from demo.render.templates import fill


class Part(NamedTuple):
    """A piece of a formula, and what it means in plain words; `aside`: it explains a sign and is not in the whole."""

    math: Markup
    means: str
    aside: bool = False


def i(name: str) -> Markup:
    return Markup("<mi>{}</mi>").format(name)


def n(number: str) -> Markup:
    return Markup("<mn>{}</mn>").format(number)


def o(sign: str) -> Markup:
    return Markup('<mo stretchy="false">{}</mo>').format(sign)


def row(*pieces: Markup) -> Markup:
    return Markup("<mrow>{}</mrow>").format(flat(*pieces))


def low(base: Markup, index: Markup) -> Markup:
    return Markup("<msub>{}{}</msub>").format(base, index)


def over(top: Markup, bottom: Markup) -> Markup:
    return Markup("<mfrac>{}{}</mfrac>").format(top, bottom)


def below(base: Markup, under: Markup) -> Markup:
    return Markup("<munder>{}{}</munder>").format(base, under)


def total(start: Markup, end: Markup) -> Markup:
    """A sum sign with its limits."""
    return Markup("<munderover><mo>∑</mo>{}{}</munderover>").format(start, end)


def place(index: Markup) -> Markup:
    """f_[index], the score at that place of the ranking."""
    return low(i("f"), row(o("["), index, o("]")))


def hinge(*inner: Markup) -> Markup:
    """[inner]_+, which is inner where that is positive and 0 elsewhere."""
    return row(o("["), *inner, low(o("]"), o("+")))


def flat(*pieces: Markup) -> Markup:
    """Pieces that begin with a sign: within a row it would stand as close as the minus of −1."""
    return Markup("").join(pieces)


def formula(equation: str, width: float, *parts: Part) -> Markup:
    """A numbered formula: whole on one line, then its pieces in words. width: in em, so that it fits any screen."""
    return fill("tabs/learn/formula.html", equation=equation, width=width, parts=parts)


_MIN, _MAX, _SUM = Markup("<mo>min</mo>"), Markup("<mo>max</mo>"), Markup("<mo>∑</mo>")
_Y = low(Markup("<mover><mi>Y</mi><mo>^</mo></mover>"), i("k"))
_T = Markup("<mover><mi>Y</mi><mo>~</mo></mover>")
_RIDGE = row(
    over(i("β"), n("2")), Markup("<msubsup>"), row(o("‖"), i("z"), o("‖")), n("2"), n("2"), Markup("</msubsup>")
)
_J_TO_M = total(row(i("j"), o("="), n("1")), i("m"))
_J_TO_K = total(row(i("j"), o("="), n("1")), i("k"))
_BEST = row(below(_MAX, row(i("y"), o("∈"), i("Y"))), low(i("f"), i("y")))
_PHI = row(low(i("φ"), i("k")), o("("), i("F"), o(")"))

CONSISTENCY = formula(
    "Eq. 1", 18.5,
    Part(row(i("E"), o("("), i("Y"), o(","), _Y, o(")"), o("="), n("1")), "they agree"),
    Part(row(Markup("<mtext>&#160;if&#160;</mtext>"), i("Y"), o("⊆"), _Y), "every true label is listed"),
    Part(row(Markup("<mtext>&#160;or&#160;</mtext>"), _Y, o("⊆"), i("Y"), o(",")), "every listed label is true"),
    Part(row(Markup("<mtext>&#160;else&#160;</mtext>"), n("0")), "they contradict"),
)  # fmt: skip

AVERAGE = formula(
    "Eq. 2", 10.5,
    Part(flat(_PHI, o("=")), "the average of the top k is"),
    Part(row(over(n("1"), i("k")), _J_TO_K, place(i("j"))), "the k largest scores, added and divided by k"),
    Part(flat(o("≥"), place(i("k"))), "never below the score at place k"),
)  # fmt: skip

LEMMA = formula(
    "Eq. 3, Lemma 1", 14.5,
    Part(flat(_PHI, o("=")), "the average of the top k is"),
    Part(below(_MIN, i("λ")), "the smallest value over all λ of"),
    Part(flat(i("λ"), o("+")), "a threshold, and"),
    Part(row(over(n("1"), i("k")), _J_TO_M), "added up over all labels, and divided by k,"),
    Part(hinge(low(i("f"), i("j")), o("−"), i("λ")), "how far a score is above the threshold"),
)  # fmt: skip

UNTARGETED = formula(
    "Eq. 7, without its ‖z‖² term", 9,
    Part(hinge(_BEST, o("−"), place(row(i("k"), o("+"), n("1")))), "how far the best true label is above place k + 1"),
) + formula(
    "Eq. 8", 21,
    Part(flat(below(_MIN, row(i("λ"), o(","), i("z"))), _RIDGE), "keep the change (z) small"),
    Part(flat(o("+"), i("λ")), "a threshold, as in Lemma 1"),
    Part(flat(o("+"), over(n("1"), row(i("m"), o("−"), i("k"))), _J_TO_M), "added up over all labels, and divided by m − k,"),
    Part(
        hinge(_BEST, o("−"), low(i("f"), i("j")), o("−"), i("λ")),
        "by how much more than λ the best true label is above label j",
    ),
)  # fmt: skip

TARGETED = formula(
    "Eq. 11, without its ‖z‖² term", 8,
    Part(row(_J_TO_K, place(i("j"))), "the k best scores"),
    Part(flat(o("−"), below(_SUM, row(i("j"), o("∈"), _T)), low(i("f"), i("j"))), "minus the scores of the k targets"),
) + formula(
    "Eq. 12", 14,
    Part(flat(below(_MIN, row(i("λ"), o(","), i("z"))), _RIDGE), "keep the change (z) small"),
    Part(flat(o("+"), _J_TO_M), "added up over all labels,"),
    Part(
        hinge(low(i("s"), i("j")), o("("), i("λ"), o("−"), low(i("f"), i("j")), o(")")),
        "how far the label is on the wrong side of λ",
    ),
    Part(row(low(i("s"), i("j")), o("="), o("±"), n("1")), "+1 for a target, −1 for any other label", aside=True),
)  # fmt: skip
