"""Notes for teachers, from the lesson's own screens, so that their answers agree: `python -m demo.tabs.lesson.notes`.

It writes Markdown, and the same as a PDF of A4 pages, into assets/lesson/.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from demo.engine.run_queue import AT_ONCE, CROWDED_SECONDS, MOST_WAITING
from demo.tabs.lesson import closing, phones, whole_lesson
from demo.tabs.lesson.notes_pdf import Block, write_pdf
from demo.tabs.lesson.screen import FOOLED, Screen
from demo.tabs.lesson.screens import screens
from demo.tabs.lesson.whole_lesson import CLASS

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "lesson"
PDF = FOLDER / "notes.pdf"
TITLE = "Can you fool a machine that sees? Notes for teachers"
GOALS = (
    "Pupils can say what an annotator is: a program that gives labels to a photo, with a percentage for each.",
    "They know that a change made for one photo can flip its labels though it is too small to see, and that random noise of the "
    "same size does not.",
    "They can explain why, in their own words: many tiny pushes in one direction add up.",
    "They ask of any protection: was it tested by somebody who knows it?",
)
NEEDED = (
    "A projector or a screen for each pair. Nothing has to be prepared: all runs were recorded. Pupils who finish early can use "
    "the tab Attack with their own photo.",
    *phones.SENTENCES,
    f"When {CLASS} pupils press Attack at once, {AT_ONCE} runs go on at a time, and the others wait in line and see their place; "
    f"up to {MOST_WAITING} can wait. While somebody waits a run ends after {CROWDED_SECONDS:.0f} seconds at the latest, with "
    f"what it has, so the last of {CLASS} waits about {(CLASS - 1) // AT_ONCE * CROWDED_SECONDS / 60:.0f} minutes at most. The "
    "Lesson itself does not wait.",
    "With “In a class: count hands”, and in “Present”, every press on an answer adds one hand; “Take one hand back” is for one "
    "too many. “Start over”, pressed twice, clears all for the next class, as after a rehearsal. In “Present” there are keys "
    "for it, see “Keys (?)”: S, pressed twice, starts over, and 0, pressed twice, takes the hands of one question back. "
    "Let the class vote before “Show what happened”: a wrong guess is remembered better than a told answer.",
)
# Words that somebody may ask about, for the teacher.
WORDS = (
    ("label", "a word that the annotator knows, such as “cat”"),
    (
        "top 3",
        "the three labels with the highest percentages; several can be high at once, as a photo shows several things",
    ),
    (
        "gradient",
        "the list that says, for every number of the photo, which way it pushes a score; no pupil needs the word",
    ),
    (
        "fooled",
        f"{FOOLED}, as it names nothing that is in the photo. The tabs Attack and Universal ask for more where they show several "
        "labels: then none of them may be right",
    ),
    (
        "level",
        "one of the 256 values, from 0 (dark) to 255 (bright), that each number of a photo can have; a change by 4 of 255 "
        "moves it by 4 of them",
    ),
    (
        "size of a change",
        "the root of the mean square of how many levels the photo’s numbers were moved. There are 255 from black to white: a "
        "size of 255 of 255 is all black turned white",
    ),
    ("adversarial example", "the usual name for a photo that was changed so that a network gets it wrong"),
)


def blocks(all_screens: Sequence[Screen]) -> Iterator[Block]:
    """The notes in reading order."""
    minutes = sum(screen.minutes for screen in all_screens)
    yield "title", TITLE
    yield (
        "text",
        f"About {minutes} minutes, {len(all_screens)} screens, age 14 and up. No formulas, no programming. A plan for a whole "
        f"lesson of {whole_lesson.MINUTES} minutes is below.",
    )
    yield "heading", "Goals"
    yield from (("item", goal) for goal in GOALS)
    yield "heading", "What you need"
    yield from (("item", need) for need in NEEDED)
    yield "heading", f"A plan for {minutes} minutes, and one for {whole_lesson.MINUTES}"
    yield "text", f"In {minutes} minutes the screens follow each other; when each begins stands beside its title below."
    yield (
        "text",
        f"In {whole_lesson.MINUTES} minutes there is time to begin with the class’s own ideas and to try it in groups:",
    )
    yield from (("row", f"{time} | {words}") for time, words in whole_lesson.rows(all_screens))
    yield "text", whole_lesson.with_hands_counted(all_screens)
    yield "heading", "Where the school’s network fails"
    yield from (("item", words) for words in whole_lesson.offline(all_screens))
    begins = 0
    for number, screen in enumerate(all_screens, start=1):
        yield "heading", f"Screen {number}: {screen.title} (minute {begins} to {begins + screen.minutes})"
        yield "text", screen.intro
        yield "item", f"Question: {screen.question} Answers: {' / '.join(answer.words for answer in screen.answers)}."
        yield "item", f"Answer: {', '.join(screen.right())}. {' '.join(screen.told)}"
        yield "item", f"Why: {' '.join(screen.why)}"
        if screen.hint:
            yield "item", f"For you: {screen.hint}"
        yield "item", f"With a photo of one’s own: {screen.own}"
        begins += screen.minutes
    yield "heading", closing.TITLE
    yield from (("item", words) for words in closing.sentences(screen.key for screen in all_screens))
    yield "item", f"{closing.QUESTION}: {closing.ASKED}"
    yield "heading", "Words"
    yield from (("item", f"{word}: {meaning}.") for word, meaning in WORDS)
    yield "heading", "Please mind"
    yield (
        "text",
        "The changes are made for the annotator on the page and say little about any other system. Talk about what may "
        "be tested: one’s own things, or with the owner’s consent. A live attack can turn a person into an animal, such as "
        "a cat or a dog: choose photos without pupils’ faces, or be ready to talk about it.",
    )


def markdown(all_screens: Sequence[Screen]) -> str:
    """The notes as Markdown."""
    signs = {"title": "# ", "heading": "\n## ", "text": "\n", "item": "- ", "row": "| "}
    begin = {"item": "\n", "row": "\n| minutes | what happens |\n| --- | --- |\n"}  # a list, or a table
    lines, before = [], ""
    for kind, words in blocks(all_screens):
        gap = begin.get(kind, "") if kind != before else ""
        lines.append(f"{gap}{signs[kind]}{words}{' |' if kind == 'row' else ''}")
        before = kind
    return "\n".join(lines) + "\n"


def digest(all_screens: Sequence[Screen]) -> str:
    """Of all words of the notes: by it a PDF says which notes it has."""
    return hashlib.sha256(markdown(all_screens).encode()).hexdigest()


def main() -> None:
    """Write both files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    all_screens = screens()
    (FOLDER / "notes.md").write_text(markdown(all_screens), encoding="utf-8")
    write_pdf(PDF, blocks(all_screens), TITLE, digest(all_screens))


if __name__ == "__main__":
    main()
