"""Notes for teachers, from the lesson's own screens, so that their answers agree: `python -m demo.tabs.lesson.notes`.

It writes Markdown, and the same as a PDF of A4 pages, into assets/lesson/.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from demo.engine.run_queue import AT_ONCE, CROWDED_SECONDS, MOST_WAITING
from demo.tabs.lesson import closing, phones, whole_lesson
from demo.tabs.lesson.screen import FOOLED, Screen
from demo.tabs.lesson.screens import screens
from demo.tabs.lesson.whole_lesson import CLASS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "lesson"
PDF = FOLDER / "notes.pdf"
TITLE = "Can you fool a machine that sees? Notes for teachers"
GOALS = (
    "Pupils can say what an annotator is: a program that gives labels to a photo, with a percentage for each.",
    "They know that a change too small to see can flip its labels, and that random noise of the same size does not.",
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
        "size of a change",
        "the root of the mean square of how far the photo’s numbers were moved. Each number goes from 0 to 255, so a size of 255 "
        "would be all black turned white",
    ),
    ("adversarial example", "the usual name for a photo that was changed so that a network gets it wrong"),
)

# (kind, words): "title", "heading", "text", "item", or "row" of a table, with " | " between minutes and words
Block = tuple[str, str]


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
        "be tested: one’s own things, or with the owner’s consent.",
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


STYLES = {  # font size, weight, indent in centimetres, space above in centimetres
    "title": (17, "bold", 0.0, 0.0),
    "heading": (12, "bold", 0.0, 0.45),
    "text": (10, "normal", 0.0, 0.12),
    "item": (10, "normal", 0.45, 0.1),
    "row": (10, "normal", 1.6, 0.1),
}
FONT = "DejaVu Sans"
A4 = (21.0, 29.7)  # centimetres
MARGIN = 1.6


def write_pdf(all_screens: Sequence[Screen], path: Path) -> None:
    """The notes as a PDF."""
    from matplotlib.backends.backend_pdf import PdfPages  # late: the page only offers the file that is there

    with PdfPages(path, metadata={"Title": TITLE, "Keywords": digest(all_screens), "CreationDate": None}) as pdf:
        page, y = _page(), MARGIN
        for kind, words in blocks(all_screens):
            size, weight, indent, above = STYLES[kind]
            before, _, words = words.partition(" | ") if kind == "row" else ("•" if kind == "item" else "", "", words)
            lines = wrapped(words, size, weight, A4[0] - 2 * MARGIN - indent)
            line = size / 72 * 2.54 * 1.3
            keep = 2.5 if kind == "heading" else 0.0  # a heading does not stand alone at the foot of a page
            if y + above + line * len(lines) + keep > A4[1] - MARGIN:
                pdf.savefig(page)
                page, y = _page(), MARGIN
            y += above
            if before:
                _line(page, MARGIN, y, before, size, weight)
            for words_of_line in lines:
                _line(page, MARGIN + indent, y, words_of_line, size, weight)
                y += line
        pdf.savefig(page)


@cache
def width(words: str, size: float, weight: str) -> float:
    """How wide a line is, in centimetres."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=FONT, weight=weight, size=size)
    return float(text_to_path.get_text_width_height_descent(words, font, ismath=False)[0]) / 72 * 2.54


def wrapped(words: str, size: float, weight: str, most: float) -> list[str]:
    """Lines of at most `most` centimetres, as long as no word is longer."""
    lines: list[str] = []
    used, space = most, width("| |", size, weight) - width("||", size, weight)
    for word in words.split():
        here = width(word, size, weight)
        if used + space + here <= most:
            lines[-1], used = f"{lines[-1]} {word}", used + space + here
        else:
            lines, used = [*lines, word], here
    return lines


def _page() -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(A4[0] / 2.54, A4[1] / 2.54))


def _line(page: "Figure", x: float, y: float, words: str, size: float, weight: str) -> None:
    """One line, `x` and `y` in centimetres from the top left; no mathematics is read into it."""
    page.text(x / A4[0], 1 - y / A4[1], words, size=size, weight=weight, va="top", family=FONT, parse_math=False)


def main() -> None:
    """Write both files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "notes.md").write_text(markdown(screens()), encoding="utf-8")
    write_pdf(screens(), PDF)


if __name__ == "__main__":
    main()
