"""A plan for a whole lesson around the screens, and what to do where the school's network fails."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from demo.catalog.english import listed
from demo.tabs.lesson import closing

if TYPE_CHECKING:  # a screen has words for teachers below it, which name the plan
    from demo.tabs.lesson.screen import Screen

MINUTES = 45
CLASS = 25  # pupils
OPENING, CLOSING = 5, 8  # minutes; groups have what the screens leave


def _paragraph(text: str) -> str:
    """A text of several lines as one."""
    return " ".join(text.split())


OPEN = _paragraph("""
Opening. A phone finds all photos of dogs in an album: how might it know? Collect guesses on the board, and leave them there
unanswered. Then pairs or groups of three are made.
""")
VOTE = "Read the question, vote by hands, show what happened; then one pupil says why in a sentence."
GROUPS = _paragraph("""
Groups try it in the tab Attack, with a sample or a photo of their own. Each has one of four tasks, writes down first what it
expects, and then the number.
A: “Fool it gently”: what is the most at one pixel?
B: “Add the impossible” asks for as many labels as are shown (k, the same in every group): does it work, and in how many steps?
C: “Test it”, at “Is it real?” after an attack: what undoes it?
D: the same photo on the annotators “20 labels” and “20 labels, harder to fool”: how many times as large is
the “most at one pixel”?
Runs of many groups wait in line, so there is time to guess.
""")
END = _paragraph(f"""
Closing. Each group says in a sentence what it found, and whether it had expected that. Look at the guesses of the opening again.
Then the last screen, with what to take home, and its question: {closing.ASKED}
""")
LEFT_OUT = ("universal", "hardened")  # screens that the goals do not need
READ_ALOUD = ("noise", "plant", "jpeg")  # screens whose questions need no picture


def with_hands_counted(screens: "Sequence[Screen]") -> str:
    """What to leave out where every hand is counted; "" where none of it is there."""
    number = {screen.key: str(number) for number, screen in enumerate(screens, start=1)}
    without = [number[key] for key in LEFT_OUT if key in number]
    kept = [screen for screen in screens[1:] if screen.key not in LEFT_OUT]
    if not without or not kept:
        return ""
    minutes = sum(screen.minutes for screen in screens[1:]) / len(kept)
    return _paragraph(f"""
        {kept[0].minutes} minutes a screen are enough where you estimate the hands. Whoever counts {CLASS} hands one by one, or
        lets the class talk, leaves out screens {listed(without)} in either plan: then each of screens
        {listed([number[screen.key] for screen in kept])} has {minutes:g} minutes.
    """)


def offline(screens: "Sequence[Screen]") -> Iterator[str]:
    """What to do where the school's network fails."""
    number = {screen.key: str(number) for number, screen in enumerate(screens, start=1)}
    yield _paragraph("""
        Open the tab Lesson before the class comes, on every device that is to show it, and do not reload it: from then on it
        needs no network.
    """)
    yield _paragraph("""
        Have the page on your own computer as well (README, “python app.py”): at 127.0.0.1 it runs without any network. On the
        projector it takes the place of the groups’ devices: each group says what it expects, one pupil comes to the front and
        presses Attack, and the class compares.
    """)
    aloud = [number[key] for key in READ_ALOUD if key in number]
    car = (
        f"The car that is pushed (screen {number['noise']}) needs only a blanket, as said there."
        if "noise" in number
        else ""
    )
    if aloud:
        yield _paragraph(f"""
            With no page at all: read out the questions of screens {listed(aloud)}, let groups agree on an answer and a reason,
            and read out what happened from these notes. {car}
        """)


def rows(screens: "Sequence[Screen]") -> Iterator[tuple[str, str]]:
    """(minutes, what happens) from the first minute to the last."""
    given = sum(screen.minutes for screen in screens)
    parts = [(OPENING, OPEN)]
    parts += [(screen.minutes, f"Screen {number}: {screen.title}") for number, screen in enumerate(screens, start=1)]
    parts += [(MINUTES - OPENING - given - CLOSING, GROUPS), (CLOSING, END)]
    if screens:
        parts[1] = (parts[1][0], f"{parts[1][1]} {VOTE} So with every screen.")
    begins = 0
    for minutes, words in parts:
        yield f"{begins}–{begins + minutes}", words
        begins += minutes
