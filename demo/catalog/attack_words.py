"""The attacks in a visitor's words: for a menu, and below it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AttackChoice:
    """One attack in the visitor's words: `whose` it is, and what it does. `steps`: how many the page grants it at first."""

    title: str
    whose: str
    sentence: str
    steps: int = 200
    counted: str = "Steps"  # what `steps` are
    reference: str = ""  # where it was published
    threshold: str = "by λ"  # at what score it thinks that the list ends, where it has a λ

    @property
    def credit(self) -> str:
        """Whose it is, and where that was published."""
        return f"{self.whose.rstrip('.')}: {self.reference}." if self.reference else self.whose


_PAPERS, _PAPER = "The paper's own.", "Hu et al., ICCV 2021"
_OLDER = "An older method that the paper compares with."

CHOICES = {
    "TkML-AP-U": AttackChoice(
        "Push the true labels out", _PAPERS, "Untargeted: any other labels may take their place.", reference=_PAPER,
        threshold="best true − λ",
    ),
    "TkML-AP-T": AttackChoice(
        "Add labels that are not there", _PAPERS, "Targeted: the top-k becomes the labels you name.", reference=_PAPER,
        threshold="λ",
    ),
    "TkML-AP-Uv": AttackChoice(
        "One change for every photo",
        _PAPERS,
        "Universal: made beforehand{ready}. Your photo is cut to its centre square.",
        reference=_PAPER,
    ),
    "kFool": AttackChoice(
        "Push out, one label at a time",
        _OLDER,
        "Any other labels may take their place.",
        steps=50,
        reference="Tursynbek et al., 2020, arXiv 2006.15669",
    ),
    "kUAPs": AttackChoice(
        "One for every photo, older way",
        _OLDER,
        "Universal: made beforehand{ready}. Your photo is cut to its centre square.",
        reference="Tursynbek et al., 2020, arXiv 2006.15669",
    ),
    "ML-AP": AttackChoice(
        "Add labels, one pair at a time",
        _OLDER,
        "The top-k becomes the labels you name. Each step moves one label up and one down.",
        reference="Song et al., ICDM 2018",
    ),
    "CW^k": AttackChoice(
        "Add labels in order",
        "An older method that the paper names.",
        "The top-k becomes the labels you name, the first one on top. Many careful steps, so it is slow.",
        steps=300,
        reference="Zhang & Wu, CVPR Workshops 2020, after Carlini & Wagner, IEEE S&P 2017",
    ),
    "QuadAttacK": AttackChoice(
        "Add in order, a newer way",
        "A method from after the paper.",
        "The top-k becomes the labels you name, the first one on top. Each step aims at the nearest inner numbers of the "
        "annotator (features) that rank so.",
        steps=300,
        reference="Paniagua, Grainger & Wu, NeurIPS 2023",
    ),
    "MinNorm": AttackChoice(
        "Find the smallest change",
        "This project's own.",
        "It reaches whichever goal you pick with as little change as it can find.",
        steps=290,  # it ends after 120 where those do
    ),
    "TKMIA": AttackChoice(
        "Hide labels, hold the others",
        "A method from after the paper.",
        "The labels you name leave the top-k; the other true ones are held in it, so that usual measures of quality notice "
        "nothing.",
        reference="Sun et al., ACM MM 2023",
    ),
    "BlackBox": AttackChoice(
        "Only ask for scores",
        "This project's version of an older method, Square Attack.",
        "It never looks inside the annotator: it tries thousands of changes and keeps what helps.",
        steps=2000,
        counted="Queries",
        reference="Andriushchenko et al., ECCV 2020; its finish after SurFree, Maho et al., CVPR 2021",
    ),
}  # fmt: skip

# What makes one change for a set of photos, by the names in the core's `UNIVERSAL`
UNIVERSAL_TITLES = {
    "TkML-AP-Uv": "the paper's way",
    "TkML-AP-Uv, margin": "the paper's way, aimed straight at fooling",
    "kUAPs": "an older way",
}
