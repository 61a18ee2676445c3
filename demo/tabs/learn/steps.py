"""The six steps: what is said in each, its formula, its picture, where its code is, and what to try."""

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from demo.catalog.attacks import choice_of
from demo.catalog.presets import Preset
from demo.engine.outcome import Outcome
from demo.tabs.learn import figures, formulas
from demo.tabs.learn.growing import growing


@dataclass(frozen=True)
class Code:
    """A function of the core as (file, name), and which equation it is."""

    equation: str
    file: str
    name: str

    @property
    def source(self) -> str:
        """Its text, as it runs on this page."""
        module = importlib.import_module(self.file.removesuffix(".py").replace("/", "."))
        return inspect.getsource(getattr(module, self.name))


@dataclass(frozen=True)
class Lesson:
    """One step. `words` are paragraphs of HTML.

    `attempt` says what to do in the tab Attack; `chosen` is what is chosen there for the reader, if anything; `asks` is what
    stands at the box for photos there, where the way leads to it.
    """

    key: str
    title: str
    words: tuple[str, ...]
    picture: Callable[[Outcome], Markup]
    code: tuple[Code, ...]
    attempt: str
    formula: Markup | None = None
    chosen: Preset | None = None
    asks: str = ""


def _preset(attack: str, goal: str, case: str = "best") -> Preset:
    return Preset(choice_of(attack).title, attack, goal, case)


LESSONS = (
    Lesson(
        "annotation",
        "A top-k annotation",
        (
            "An annotator gives every label it knows a score: the surer it is, the higher. Put the labels in order, the best one "
            "first, and keep the first k of them, say 3. This list is the <b>top-k annotation</b>. The paper writes "
            "Ŷ<sub>k</sub> for it, and Y for the labels that are true.",
            "Say a photo shows a cat on a sofa. The top 3 “cat, sofa, chair” names both, and one label more. The top 1, “cat”, "
            "is right, but has no room for the sofa. Neither need be wrong, so the paper only asks whether one contains the "
            "other: a short list must hold nothing but true labels, a long one must hold them all. For “all of A is in B” "
            "one writes A ⊆ B.",
            "If so, the list <b>agrees with the truth</b>. Yes is written as 1 and no as 0, and this number is called E. So "
            "E = 0 means: the list contradicts the truth. An attack may ask for more: that no true label is left in the list.",
        ),
        figures.annotation,
        (Code("Eq. 1", "tkml_core/ranking.py", "consistent"), Code("top-k", "tkml_core/ranking.py", "topk")),
        "mark what is true in the sample photos, and see their lists.",
        formulas.CONSISTENCY,
    ),
    Lesson(
        "crossing",
        "Why place k is hard to push",
        (
            "Number the labels from 1 to m. The score of label number j is written f<sub>j</sub>. Brackets mean a place in the "
            "order instead: the score at place k, whichever label stands there, is f<sub>[k]</sub>. All scores together are F.",
            "Which labels are listed is decided at place k. Its score, f<sub>[k]</sub>, belongs to a single label. Move A: "
            "while A stands elsewhere, f<sub>[k]</sub> does not feel it. While A holds place k, f<sub>[k]</sub> is A's "
            "score. Then the next label takes the place. The slope jumps, and the curve bends both ways (it is not convex): "
            "whoever goes downhill can get stuck.",
            "The <b>average of the top k</b> is kinder. Every listed label has a share in it. Its slope only grows "
            "as A rises: it is convex. And it is never below f<sub>[k]</sub>.",
        ),
        figures.crossing,
        (Code("Eq. 2", "tkml_core/ranking.py", "average_topk"),),
        "move k, and see in the race where the shaded top k ends.",
        formulas.AVERAGE,
    ),
    Lesson(
        "lemma",
        "Lemma 1: a threshold, no sorting",
        (
            "The average still has to know which labels are the k best. Lemma 1 finds out without sorting. Draw a "
            "threshold λ. For every label above λ, measure how far it is above. Add these up and divide by k. Then add λ.",
            "With a high λ too little sticks out, with a low one too much. In between the value is smallest, and there it is "
            "<b>exactly the average of the top k</b>. Any λ between the scores at places k + 1 and k does.",
        ),
        figures.lemma,
        (Code("Eq. 3", "tkml_core/ranking.py", "average_topk_bound"),),
        "“Push the true labels out” is chosen for you. Press Attack, and watch the threshold move with the labels.",
        formulas.LEMMA,
        _preset("TkML-AP-U", "cleared"),
    ),
    Lesson(
        "untargeted",
        "The untargeted loss",
        (
            "Goal: every true label leaves the top k. Then the best true label is no higher than place k + 1, and Eq. 7 is 0.",
            "Eq. 7 looks at one place only. Eq. 8 takes an average instead, with a threshold as in Lemma 1. Its slopes say "
            "where to go: the best true label goes <b>down</b>. Every label that is more than λ below it goes <b>up</b>. This "
            "can be a true label too: Eq. 8 takes in every label, and a true one can be far below the best true one.",
            "Here you move scores. The attack can move pixels only; one backward pass through the network says which.",
        ),
        figures.untargeted,
        (
            Code("Eq. 8 and 9", "tkml_core/losses.py", "untargeted"),
            Code("best λ", "tkml_core/losses.py", "untargeted_lambda"),
            Code("Algorithm 1", "tkml_core/attacks/tkmlap_u.py", "TkMLAPU"),
        ),
        "“Push the true labels out” is chosen for you. Press Attack.",
        formulas.UNTARGETED,
        _preset("TkML-AP-U", "cleared"),
    ),
    Lesson(
        "targeted",
        "The targeted loss",
        (
            "Goal: the top k is exactly a set of k targets. Then the targets have the k best scores, so that both sums of "
            "Eq. 11, or both averages, are equal. While any other label is above a target, the first is larger. Where the two "
            "are level, the sums are equal too, but the goal is not reached.",
            "With Lemma 1 the sorting goes, and Eq. 12 is left: <b>targets belong above λ, all others below</b>. Who is on "
            "the wrong side is pushed across; who is on the right side is left alone.",
        ),
        figures.targeted,
        (
            Code("Eq. 12 and 13", "tkml_core/losses.py", "targeted"),
            Code("best λ", "tkml_core/losses.py", "targeted_lambda"),
            Code("Algorithm 2", "tkml_core/attacks/tkmlap_t.py", "TkMLAPT"),
        ),
        "“Add labels that are not there” is chosen for you. Name the targets, and press Attack.",
        formulas.TARGETED,
        _preset("TkML-AP-T", "targeted", "chosen"),
    ),
    Lesson(
        "growing",
        "The same photo, a growing change",
        (
            "This is a real run. Make the change grow from nothing: the true labels sink, and at some size the list flips. At "
            "size 1 the photo still looks the same.",
            "Then shuffle the change over the picture: <b>as large as before, but no longer aimed</b>. Compare the lists, and "
            "the rows of the table. Fooling the annotator takes the right direction and enough size: at size 1 the aimed change "
            "does it, and the shuffled one, just as large, does not.",
        ),
        growing,
        (Code("norm", "tkml_core/metrics.py", "l2_norm"), Code("Eq. 15", "tkml_core/metrics.py", "pert")),
        "run the attack on a photo of your own.",
        asks="From How it works: put in a photo of your own here, then press Attack.",
    ),
)  # fmt: skip
