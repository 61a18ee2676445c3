"""The result in at most three short sentences: the news, then what else counts most. The figures below have the rest.

What counts is the saved 8-bit picture, and failures say so.
"""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from demo.catalog import attacks as catalog
from demo.catalog.english import in_top, top_words
from demo.catalog.goals import NOTHING_TO_KEEP
from demo.engine.win import asked_margin, is_narrow, margin_words, was_met
from demo.render.labels import SURE, percent
from demo.render.news import few, is_partly, names, news_of, so_far, won_words
from demo.render.run_words import how_it_ended, steps_words, too_slow
from demo.render.size_words import lost_by_rounding, made_smaller, most_words, try_again
from demo.render.templates import fill

SENTENCES = 3
FAINT = 0.1  # probability of a true label below which the annotator is said not to have recognised the photo


def sentences(report: dict[str, Any], mend: str = "", advice: bool = True) -> tuple[str, ...]:
    """The news first, in the order of what counts; `mend`: what the reader can do about a guess; advice: about a failure too."""
    guess = f"The true labels are the annotator’s own guess{mend}." if report.get("true_labels_guessed") else ""
    if report["achieved"] and was_met(report):
        said = _met_before(report)
    else:
        said = _won(report) if report["achieved"] else _missed(report, advice)
    told = [f"{words[0].upper()}{words[1:]}." for words in said if words]
    return (*told[: SENTENCES - bool(guess)], *([guess] if guess else []))


def sentence(report: dict[str, Any]) -> str:
    """The verdict in plain words, all in one line."""
    return " ".join(sentences(report))


def sentence_for_others(report: dict[str, Any]) -> str:
    """The same for who was not there: of a win what was fooled, not how the run went on or ended; of a failure no advice."""
    if report["achieved"]:
        report = {**report, "started_from": None, "stopped": None, "l2_smallest_on_the_way": None}
    return " ".join(sentences(report, advice=False))


def _met_before(report: dict[str, Any]) -> list[str]:
    """Where the goal was met before the attack had begun."""
    met = f"the goal was met before the attack: the {top_words(report['k'])} was {few(names(report, 'before'))}"
    if not report["l2"]:
        return [met, "the photo was left as it is", how_it_ended(report)]
    now_by, before_by = (margin_words(margin) for margin in (report["margin_of_win"], -report["margin_before"]))
    firm = f"by {now_by} in raw scores instead of {before_by}"
    change = f"a change of at most {most_words(report)} at any pixel has it met {firm}"
    smaller = made_smaller(report)
    if smaller:
        return [met, smaller, try_again(report) or change]
    return [met, change, how_it_ended(report), lost_by_rounding(report)]


def _won(report: dict[str, Any]) -> list[str]:
    """Where the attack has reached its goal."""
    alone = report["goal"] == "hide" and set(report["hidden"]) == set(report["true_labels"])
    smaller = made_smaller(report)
    return [
        _unrecognised(report),
        smaller,
        won_words(report),
        _narrowly(report),
        try_again(report) if smaller else how_it_ended(report),  # what ended a search for a smaller one has been said
        NOTHING_TO_KEEP.removesuffix(".") if alone else "",
        _unlikely(report),
        lost_by_rounding(report),
        f"no pixel changed by more than {most_words(report)}",
    ]


def _missed(report: dict[str, Any], advice: bool) -> list[str]:
    """Where it has not: what came of it, what ended it, and what can be done."""
    news = so_far(report)
    if catalog.precomputed(report["attack"]):
        return [news, "one change for all photos does not fool every one"]
    lost = "before rounding for saving the goal was reached" if report.get("l2_smallest_on_the_way") else ""
    tried = "it got no further" if news_of(report).moved else "it did not work"
    ended = how_it_ended(report) or f"{tried} within {steps_words(report)}"
    ended += "" if report["l2"] else "; the photo is unchanged"
    more = "" if report["stopped"] == "time" else "more steps, "
    hint = "" if report["stopped"] == "user" else too_slow(report) or f"try {more}a smaller k or another goal"
    return [news, lost, ended, hint if advice else ""]


def _unlikely(report: dict[str, Any]) -> str:
    """What is new to the top-k without the annotator being sure of it: "person and car get only 3%"."""
    was = names(report, "before")
    new = {name: probability for name, probability in report["after"] if name not in was}
    unlikely = {name: probability for name, probability in new.items() if probability < SURE}
    if not unlikely:
        return ""
    which = "the new labels" if len(unlikely) == len(new) > 1 else few(list(unlikely))
    gets = "gets" if len(unlikely) == 1 else "get"
    return f"{which} {gets} {_at_most(list(unlikely.values()))}"


def _at_most(probabilities: Sequence[float]) -> str:
    """Small probabilities of several labels in one: "only 3%", "3% at most"."""
    most = percent(max(probabilities))
    if most.startswith("<"):
        return f"less than {most[1:]}"
    return f"only {most}" if len({percent(one) for one in probabilities}) == 1 else f"{most} at most"


def _seen(report: dict[str, Any]) -> list[float]:
    """The probabilities of the true labels that were in the top-k before anything was done to the photo."""
    return [probability for name, probability in report["before"] if name in report["true_labels"]]


def _recognised(report: dict[str, Any]) -> bool:
    """Whether the annotator saw something of what is true before the attack."""
    return not report["true_labels"] or max(_seen(report), default=0.0) >= FAINT


def _unrecognised(report: dict[str, Any]) -> str:
    """Where it did not, that comes before the win."""
    if _recognised(report):
        return ""
    seen, true = _seen(report), report["true_labels"]
    given = _at_most([*seen, 0.0] if len(seen) < len(true) else seen)
    how = f"gave {few(true)} {given}" if seen else f"did not have {few(true)} {in_top(report['k'])}"
    return f"there was little to fool: the annotator {how} before"


def _narrowly(report: dict[str, Any]) -> str:
    if not is_narrow(report):
        return ""
    ahead, asked = margin_words(report["margin_of_win"]), asked_margin(report)
    return f"it is a narrow win: ahead by {ahead} in raw scores, where {asked:g} was asked for (margin κ)"


def headline(report: dict[str, Any]) -> tuple[str, str]:
    """The verdict's kind, "won", "partly", "cut" or "lost", and its word."""
    if report["achieved"] and was_met(report):
        return "won", "Already so"
    if report["achieved"] and not _recognised(report):
        return "won", "Goal met"
    if report["achieved"]:
        return "won", "Hidden" if report["goal"] == "hide" else "Fooled"
    if is_partly(report):
        return "partly", "Partly"
    if report["stopped"]:  # no failure of the attack
        return "cut", "Stopped" if report["stopped"] == "user" else "Cut short"
    return "lost", "Not fooled"


def verdict_html(report: dict[str, Any], more: str = "") -> Markup:
    """The news with a word and a sign before it, and the rest below; `more`: what is to be said in place of its end."""
    news, *rest = sentences(report, ": to be sure, mark what is in the photo")
    text = " ".join([rest[0], more] if more else rest)
    return said_html(*headline(report), text, news, unchanged=not report["l2"])


def said_html(kind: str, word: str, text: str, news: str = "", unchanged: bool = False) -> Markup:
    """Sentences with a word and a sign before them; kind "won", "partly", "lost", "cut", or "told", which is none of these.

    unchanged: whether they are about a photo as it was, so that there is nothing to share.
    """
    return fill("render/verdict.html", kind=kind, word=word, text=text, news=news, unchanged=unchanged)


def waiting_html(text: str, word: str = "") -> Markup:
    """The verdict's place before there is one; word: what goes on meanwhile."""
    return fill("render/verdict.html", kind="none", word=word, text=text, news="", unchanged=False)
