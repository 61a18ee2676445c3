"""The paper's equations as MathML, cut into parts that each stand above a few plain words."""

from typing import NamedTuple


class Part(NamedTuple):
    """A piece of a formula, and what it means in plain words."""

    math: str
    means: str


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


def formula(equation: str, parts: tuple[Part, ...]) -> str:
    """A numbered formula as HTML; its parts wrap, so that a phone need not scroll sideways."""
    cells = "".join(
        f'<div class="part"><math xmlns="http://www.w3.org/1998/Math/MathML" displaystyle="true">{part.math}</math>'
        f'<span class="means">{part.means}</span></div>'
        for part in parts
    )
    return (
        f'<div class="formula" role="group" aria-label="{equation}"><span class="eq">{equation}</span>'
        f'<div class="parts">{cells}</div></div>'
    )


_Y = low("<mover><mi>Y</mi><mo>^</mo></mover>", i("k"))
_T = "<mover><mi>Y</mi><mo>~</mo></mover>"
_RIDGE = row(over(i("β"), n("2")), "<msubsup>", row(o("‖"), i("z"), o("‖")), n("2"), n("2"), "</msubsup>")
_J_TO_M = total(row(i("j"), o("="), n("1")), i("m"))
_J_TO_K = total(row(i("j"), o("="), n("1")), i("k"))
_BEST = row(below("<mo>max</mo>", row(i("y"), o("∈"), i("Y"))), low(i("f"), i("y")))
_PHI = row(low(i("φ"), i("k")), o("("), i("F"), o(")"))

CONSISTENCY = formula(
    "Eq. 1",
    (
        Part(row(i("E"), o("("), i("Y"), o(","), _Y, o(")"), o("="), n("1")), "they agree"),
        Part(row("<mtext>if&#160;</mtext>", i("Y"), o("⊆"), _Y), "every true label is listed"),
        Part(row("<mtext>or&#160;</mtext>", _Y, o("⊆"), i("Y"), o(",")), "every listed label is true"),
        Part(row("<mtext>else&#160;</mtext>", n("0")), "fooled"),
    ),
)

AVERAGE = formula(
    "Eq. 2",
    (
        Part(row(_PHI, o("=")), "the average of the top k is"),
        Part(row(over(n("1"), i("k")), _J_TO_K, place(i("j"))), "the k largest scores, added and divided by k"),
        Part(row(o("≥"), place(i("k"))), "never below the score at place k"),
    ),
)

LEMMA = formula(
    "Eq. 3, Lemma 1",
    (
        Part(row(_PHI, o("=")), "the average of the top k is"),
        Part(row(below("<mo>min</mo>", i("λ"))), "the smallest value over λ of"),
        Part(row(i("λ"), o("+")), "a threshold"),
        Part(
            row(over(n("1"), i("k")), _J_TO_M, hinge(low(i("f"), i("j")), o("−"), i("λ"))),
            "and what sticks out above it, divided by k",
        ),
    ),
)

UNTARGETED = formula(
    "Eq. 7", (
        Part(hinge(_BEST, o("−"), place(row(i("k"), o("+"), n("1")))), "how far the best true label is above place k + 1"),
    ),
) + formula(
    "Eq. 8", (
        Part(row(below("<mo>min</mo>", row(i("λ"), o(","), i("z"))), _RIDGE), "keep the change z small"),
        Part(row(o("+"), i("λ")), "a threshold, as in Lemma 1"),
        Part(
            row(
                o("+"), over(n("1"), row(i("m"), o("−"), i("k"))), _J_TO_M,
                hinge(_BEST, o("−"), low(i("f"), i("j")), o("−"), i("λ")),
            ),
            "every label that the best true one leads by more than λ",
        ),
    ),
)  # fmt: skip

TARGETED = formula(
    "Eq. 11", (
        Part(row(_J_TO_K, place(i("j"))), "the k best scores"),
        Part(row(o("−"), below("<mo>∑</mo>", row(i("j"), o("∈"), _T)), low(i("f"), i("j"))), "less the scores of the k targets"),
    ),
) + formula(
    "Eq. 12", (
        Part(row(below("<mo>min</mo>", row(i("λ"), o(","), i("z"))), _RIDGE), "keep the change z small"),
        Part(
            row(o("+"), _J_TO_M, hinge(low(i("s"), i("j")), o("("), i("λ"), o("−"), low(i("f"), i("j")), o(")"))),
            "each label on the wrong side of λ counts by how far",
        ),
        Part(row(low(i("s"), i("j")), o("="), o("±"), n("1")), "+1 for a target, −1 for any other label"),
    ),
)  # fmt: skip
