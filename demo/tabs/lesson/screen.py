"""One screen of the lesson as data, and as HTML: something to see, a question, and what is shown after it was answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Answer:
    """One answer to choose; `icon` is HTML before its words."""

    words: str
    right: bool = False
    icon: str = ""


@dataclass(frozen=True)
class Screen:
    """see, shown, looks: HTML. All else is plain text; why and told are paragraphs.

    several: whether more than one answer may be chosen. told: what came out, in words. own: one thing to do with a photo of
    one's own, which `preset`, a name of `catalog.attacks.PRESETS` or "", sets up in the tab Attack. minutes: for the teacher.
    """

    key: str
    title: str
    minutes: int
    intro: str
    see: str
    question: str
    answers: Sequence[Answer]
    told: Sequence[str]
    shown: str
    why: Sequence[str]
    looks: str
    own: str
    preset: str = ""
    several: bool = False
    hint: str = ""  # for the teacher

    def right(self) -> list[str]:
        """The words of the right answers."""
        return [answer.words for answer in self.answers if answer.right]


def _paragraphs(words: Sequence[str]) -> str:
    return "".join(f"<p>{escape(text, quote=False)}</p>" for text in words)


def _answer(answer: Answer, number: int) -> str:
    return (
        f'<button type="button" class="answer" data-answer="{number}" data-right="{"yes" if answer.right else "no"}" '
        f'aria-pressed="false">{answer.icon}<span class="words">{escape(answer.words)}</span>'
        '<output class="hands" aria-label="hands" hidden>0</output><span class="judged" hidden></span></button>'
    )


def screen_html(screen: Screen, number: int, count: int) -> str:
    """The screen. All but the first are hidden until the reader comes to them."""
    answers = "".join(_answer(answer, i) for i, answer in enumerate(screen.answers))
    how = "Choose as many as you like." if screen.several else "Choose one."
    return (
        f'<section class="screen" data-screen="{screen.key}" data-several="{"yes" if screen.several else "no"}" '
        f'aria-labelledby="lesson-{screen.key}"{" hidden" if number > 1 else ""}>'
        f'<header><p class="at">Screen {number} of {count}</p>'
        f'<h2 id="lesson-{screen.key}" tabindex="-1">{escape(screen.title)}</h2><p>{escape(screen.intro)}</p></header>'
        f'<div class="see">{screen.see}</div>'
        f'<div class="asked" role="group" aria-labelledby="ask-{screen.key}">'
        f'<h3 id="ask-{screen.key}">{escape(screen.question)}</h3>'
        f'<p class="how">{how}</p><div class="answers">{answers}</div>'
        '<button type="button" class="press reveal" disabled>Show what happened</button></div>'
        f'<div class="shown" hidden><div class="told" tabindex="-1">{_paragraphs(screen.told)}</div>{screen.shown}'
        f'<div class="why"><div><h3>Why does this happen?</h3>{_paragraphs(screen.why)}</div>{screen.looks}</div>'
        f'<aside class="own"><h3>With a photo of your own</h3><p>{escape(screen.own)}</p>'
        f'<button type="button" class="press go" data-preset="{screen.preset}">Open the tab Attack</button></aside>'
        "</div></section>"
    )


def lesson_html(all_screens: Sequence[Screen]) -> str:
    """The whole lesson: its way, the screens, and the buttons from one to the next."""
    count = len(all_screens)
    if not count:
        return (
            '<p class="none">There is no lesson: the recorded runs it is made of are missing, or belong to other weights. '
            "<code>python -m demo.record</code> makes them.</p>"
        )
    current = ' aria-current="step"'
    way = "".join(
        f'<li><button type="button" data-to="{screen.key}"{current if number == 1 else ""}>'
        f'<span class="number">{number}</span><span class="words">{escape(screen.title)}</span></button></li>'
        for number, screen in enumerate(all_screens, start=1)
    )
    body = "".join(screen_html(screen, number, count) for number, screen in enumerate(all_screens, start=1))
    return (
        '<div class="course"><header class="top"><div><h1>Can you fool a machine that sees?</h1>'
        f"<p>A lesson of about {sum(screen.minutes for screen in all_screens)} minutes, without formulas. Everything on these "
        "screens was measured on real photos.</p></div>"
        '<label class="class"><input type="checkbox" class="counting"><span>Count hands<small>in a class: each press on an '
        "answer adds one</small></span></label></header>"
        f'<nav class="way" aria-label="Screens of the lesson"><ol>{way}</ol></nav>{body}'
        '<div class="turn"><button type="button" class="press back" disabled>Back</button>'
        '<button type="button" class="press next">Next</button></div></div>'
    )
