"""One screen of the lesson: something to see, a question, and what is shown after it was answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from demo.components import presenter
from demo.render.templates import fill
from demo.tabs.lesson import closing, phones
from demo.tabs.lesson.exercise import exercise_of, photo_words

# Where an attacked photo of one's own is tested: how to get there, and (id, words) of a link that goes there
TEST_IT = (
    "Then press “Test it” at “Is it real?”, far below the pictures; on a small screen the button “Is it real?” beside “Share” "
    "leads there and does it."
)
IS_IT_REAL = ("real", "Show me the place")
FOOLED = "the label on top is wrong"  # what “fooled” means on every screen, and what all counts count


@dataclass(frozen=True)
class Answer:
    """One answer to choose; `icon` is HTML before its words. honest: neither right nor wrong, such as "I cannot tell"."""

    words: str
    right: bool = False
    icon: Markup | None = None
    honest: bool = False

    def judged(self) -> str:
        """What answers.js makes of it when the answer is shown."""
        return "yes" if self.right else "honest" if self.honest else "no"


@dataclass(frozen=True)
class Screen:
    """see, shown, looks: HTML. All else is plain text; why and told are paragraphs.

    several: whether more than one answer may be chosen. told: what came out, behind the right answers. own: one thing to do
    with a photo of one's own, for which `exercise`, a name that `exercise_of` knows or "", is chosen on the tab Attack.
    place: id and words of a link to where on that tab it is done.
    minutes: for the teacher.
    """

    key: str
    title: str
    minutes: int
    intro: str
    see: Markup
    question: str
    answers: Sequence[Answer]
    told: Sequence[str]
    shown: Markup
    why: Sequence[str]
    looks: Markup
    own: str
    exercise: str = ""
    place: tuple[str, str] | None = None
    several: bool = False
    hint: str = ""  # for the teacher

    def right(self) -> list[str]:
        """The words of the right answers."""
        return [answer.words for answer in self.answers if answer.right]


def lesson_html(screens: Sequence[Screen]) -> Markup:
    """The whole lesson: its way, the screens, and the buttons from one to the next. All but the first screen are hidden."""
    return fill(
        "tabs/lesson/lesson.html",
        screens=screens,
        closing=closing,
        exercise_of=exercise_of,
        photo_words=photo_words,
        phones=phones,
        fooled=FOOLED,
        enter=presenter.enter("lesson-tab"),
    )
