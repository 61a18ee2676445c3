"""What a run has changed of what its goal is about: what is in, what is gone, what is missing, in one short sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from demo.catalog.english import are, in_top, top_words
from demo.catalog.labels import listed_labels
from demo.render.goal_words import reached
from demo.render.labels import SURE, percent

MOST = 3  # labels that are named in a row; all of them stand below the photos


@dataclass(frozen=True)
class News:
    """What a run has changed of what it was after, and what is left to do; labels by name, best first."""

    gone: tuple[str, ...]  # labels that were to leave, and have left
    present: tuple[str, ...]  # targets that are in the top-k
    missing: tuple[str, ...]  # targets that are not
    still: tuple[str, ...]  # labels that were to leave, and are there
    fallen: tuple[str, ...]  # labels that were to stay, and are not there
    moved: bool  # whether anything that was asked for has happened


def names(report: dict[str, Any], key: str) -> list[str]:
    """The top-k `before` or `after`."""
    return [name for name, _ in report[key]]


def news_of(report: dict[str, Any]) -> News:
    """What the saved picture's top-k shows of the goal, compared with the top-k before."""
    was, now, goal = names(report, "before"), names(report, "after"), report["goal"]
    leaving = report["hidden"] if goal == "hide" else report["true_labels"]
    # A true label that has left is a part of that goal only where a wrong one has come for it, and then it is reached.
    any_counts = goal != "inconsistent" or report.get("achieved")
    leaving = [name for name in leaving if name not in report["targets"]] if any_counts else []
    staying = [name for name in report["true_labels"] if name not in report["hidden"]]
    gone = tuple(name for name in was if name in leaving and name not in now)
    present = tuple(name for name in now if name in report["targets"])
    return News(
        gone,
        present,
        missing=tuple(name for name in report["targets"] if name not in now),
        still=tuple(name for name in now if name in leaving),
        fallen=tuple(name for name in staying if name not in now) if goal == "hide" else (),
        moved=bool(gone) or any(name not in was for name in present),
    )


def is_partly(report: dict[str, Any]) -> bool:
    """Whether a run that missed its goal reached a part of it."""
    return not report["achieved"] and news_of(report).moved


def few(labels: Sequence[str]) -> str:
    """Labels in a sentence: no more of them than are read at once."""
    return listed_labels(labels, MOST)


def won_words(report: dict[str, Any]) -> str:
    """What holds now, and what has come and gone for it: "no true label is left in the top 2: dog is in, cat is gone"."""
    holds, was, news = reached(report, MOST), names(report, "before"), news_of(report)
    if report["goal"] == "hide":  # which says itself what is out and what stays
        true = report["true_labels"]
        new = [name for name in names(report, "after") if name not in was and name not in true]
        stay = len(true) > len(report["hidden"])
        if not new:
            return holds + _though(report, report["hidden"], last=not stay)
        if report["k"] == 1:
            return f"{holds}: {few(new)} is there now{_though(report, report['hidden'])}"
        return f"{holds}{'; ' if stay else ', and '}{few(new)} came in{_though(report, report['hidden'])}"
    came = news.present or [name for name in names(report, "after") if name not in was]
    said = _said(report, news.gone, came)
    return f"{holds}: {said}" if said else holds


def _though(report: dict[str, Any], gone: Sequence[str], last: bool = False) -> str:
    """Of labels that have left the top-k, those that the annotator is still sure of: ", though cat still has 79%".

    last: whether they are what the sentence has spoken of last, so that they need no names.
    """
    still = {name: chance for name, chance in report.get("true_after", ()) if name in gone and chance >= SURE}
    if not still:
        return ""
    it = ("it" if len(gone) == 1 else "they") if last and len(still) == len(gone) else few(list(still))
    least = "" if len({percent(chance) for chance in still.values()}) == 1 else " or more"
    return f", though {it} still {'has' if len(still) == 1 else 'have'} {percent(min(still.values()))}{least}"


def so_far(report: dict[str, Any]) -> str:
    """What has been reached of a goal that is missed, and what it lacks: "boat is in, cat is gone; sofa is missing"."""
    news = news_of(report)
    said = _said(report, news.gone, news.present) if news.moved else ""
    missed = _missed(report, news)
    return (", " if missed.startswith("but ") else "; ").join(part for part in (said, missed) if part)


def _said(report: dict[str, Any], gone: Sequence[str], came: Sequence[str]) -> str:
    """What is in and what is gone; of many targets only how many, and nothing where all are."""
    k, wanted, parts = report["k"], len(report["targets"]), []
    if k == 1 and gone:
        return f"{few(names(report, 'after'))} is {in_top(k)} instead of {few(gone)}{_though(report, gone)}"
    if came and wanted <= MOST:
        parts.append(f"{few(came)} {are(came)} {in_top(k) if k == 1 else 'in'}")
    elif 0 < len(came) < wanted:
        parts.append(f"{len(came)} of {wanted} targets {are(came)} in")
    parts += [f"{few(gone)} {are(gone)} gone"] if gone else []
    said = ("; " if any("," in part for part in parts) else ", ").join(parts)
    return said + _though(report, gone, last=True)


def _missed(report: dict[str, Any], news: News) -> str:
    """What the goal still lacks."""
    k = report["k"]
    place = in_top(k)
    if news.missing and len(news.missing) == len(report["targets"]) > 1:
        return f"none of the {len(news.missing)} targets is {place}"
    if news.missing and news.moved:
        return f"{few(news.missing)} {are(news.missing)} missing"
    if news.missing and k == 1:
        now = names(report, "after")
        return f"{few(now)} is {'still ' if now == names(report, 'before') else ''}{place}, not {few(news.missing)}"
    if news.missing:
        return f"{few(news.missing)} {are(news.missing)} not {place}"
    if report["goal"] == "ordered":
        return "the targets are there, but not in the order asked for"
    if report["goal"] == "inconsistent":
        return f"the {top_words(k)} still agrees with the truth"
    was = names(report, "before")
    if k == 1 and news.gone and news.still:  # what is there instead has been said
        return f"but {few(news.still)} was to leave, too"
    again = "still " if set(news.still) <= set(was) else ""
    parts = [f"{few(news.still)} {are(news.still)} {again}{place}"] if news.still else []
    if news.fallen:
        fell = f"fell out of the {top_words(k)}" if set(news.fallen) <= set(was) else f"{are(news.fallen)} not {place}"
        parts.append(f"{few(news.fallen)} {fell}")
    return " and ".join(parts) or "the ranking did not change far enough"
