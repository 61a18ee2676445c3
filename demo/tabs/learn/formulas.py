"""The paper's equations as MathML, cut into parts that each stand above a few plain words."""

from typing import NamedTuple


class Part(NamedTuple):
    """A piece of a formula, and what it means in plain words; `aside`: it explains a sign and is not in the whole."""

    math: str
    means: str
    aside: bool = False


def i(name: str) -> str:
    return f"<mi>{name}</mi>"


def n(number: str) -> str:
    return f"<mn>{number}</mn>"


def o(sign: str) -> str:
    return f'<mo stretchy="false">{sign}</mo>'


def row(*pieces: str) -> str:
    return f"<mrow>{''.join(pieces)}</mrow>"


def low(base: str, index: str) -> str:
    return f"<msub>{base}{index}</msub>"


def over(top: str, bottom: str) -> str:
    return f"<mfrac>{top}{bottom}</mfrac>"


def below(base: str, under: str) -> str:
    return f"<munder>{base}{under}</munder>"


def total(start: str, end: str) -> str:
    """A sum sign with its limits."""
    return f"<munderover><mo>∑</mo>{start}{end}</munderover>"


def place(index: str) -> str:
    """f_[index], the score at that place of the ranking."""
    return low(i("f"), row(o("["), index, o("]")))


def hinge(*inner: str) -> str:
    """[inner]_+, which is inner where that is positive and 0 elsewhere."""
    return row(o("["), *inner, low(o("]"), o("+")))


def flat(*pieces: str) -> str:
    """Pieces that begin with a sign: within a row it would stand as close as the minus of −1."""
    return "".join(pieces)


def formula(equation: str, width: float, *parts: Part) -> str:
    """A numbered formula as HTML: whole on one line, then its pieces in words. width: in em, so that it fits any screen."""
    whole = _math("".join(part.math for part in parts if not part.aside))
    pieces = "".join(
        f'<li class="part"><span aria-hidden="true">{_math(part.math)}</span><span class="means">{part.means}</span></li>'
        for part in parts
    )
    return (
        f'<div class="formula" role="group" aria-label="{equation}"><span class="eq">{equation}</span>'
        f'<div class="whole" style="--ems: {width:g}">{whole}</div>'
        f'<ul class="parts" aria-label="The same, piece by piece">{pieces}</ul></div>'
    )


def _math(inside: str) -> str:
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML" displaystyle="true">{inside}</math>'


_Y = low("<mover><mi>Y</mi><mo>^</mo></mover>", i("k"))
_T = "<mover><mi>Y</mi><mo>~</mo></mover>"
_RIDGE = row(over(i("β"), n("2")), "<msubsup>", row(o("‖"), i("z"), o("‖")), n("2"), n("2"), "</msubsup>")
_J_TO_M = total(row(i("j"), o("="), n("1")), i("m"))
_J_TO_K = total(row(i("j"), o("="), n("1")), i("k"))
_BEST = row(below("<mo>max</mo>", row(i("y"), o("∈"), i("Y"))), low(i("f"), i("y")))
_PHI = row(low(i("φ"), i("k")), o("("), i("F"), o(")"))

CONSISTENCY = formula(
    "Eq. 1", 18.5,
    Part(row(i("E"), o("("), i("Y"), o(","), _Y, o(")"), o("="), n("1")), "they agree"),
    Part(row("<mtext>&#160;if&#160;</mtext>", i("Y"), o("⊆"), _Y), "every true label is listed"),
    Part(row("<mtext>&#160;or&#160;</mtext>", _Y, o("⊆"), i("Y"), o(",")), "every listed label is true"),
    Part(row("<mtext>&#160;else&#160;</mtext>", n("0")), "they contradict"),
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
    Part(below("<mo>min</mo>", i("λ")), "the smallest value over all λ of"),
    Part(flat(i("λ"), o("+")), "a threshold, and"),
    Part(row(over(n("1"), i("k")), _J_TO_M), "added up over all labels, and divided by k,"),
    Part(hinge(low(i("f"), i("j")), o("−"), i("λ")), "how far a score is above the threshold"),
)  # fmt: skip

UNTARGETED = formula(
    "Eq. 7, without its ‖z‖² term", 9,
    Part(hinge(_BEST, o("−"), place(row(i("k"), o("+"), n("1")))), "how far the best true label is above place k + 1"),
) + formula(
    "Eq. 8", 21,
    Part(flat(below("<mo>min</mo>", row(i("λ"), o(","), i("z"))), _RIDGE), "keep the change z small"),
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
    Part(flat(o("−"), below("<mo>∑</mo>", row(i("j"), o("∈"), _T)), low(i("f"), i("j"))), "less the scores of the k targets"),
) + formula(
    "Eq. 12", 14,
    Part(flat(below("<mo>min</mo>", row(i("λ"), o(","), i("z"))), _RIDGE), "keep the change z small"),
    Part(flat(o("+"), _J_TO_M), "added up over all labels,"),
    Part(
        hinge(low(i("s"), i("j")), o("("), i("λ"), o("−"), low(i("f"), i("j")), o(")")),
        "how far the label is on the wrong side of λ",
    ),
    Part(row(low(i("s"), i("j")), o("="), o("±"), n("1")), "+1 for a target, −1 for any other label", aside=True),
)  # fmt: skip
