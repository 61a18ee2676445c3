"""The result in one plain sentence. What counts is the saved 8-bit picture, and failures say so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from demo.catalog import attacks as catalog
from demo.catalog.english import are, listed, top_words
from demo.catalog.goals import GOALS, NOTHING_TO_KEEP
from demo.catalog.labels import listed_labels
from demo.engine.label_roles import Roles
from demo.engine.run_queue import ALONE_SECONDS
from demo.engine.smaller import NO_SMALLER, no_smaller
from demo.engine.win import asked_margin, is_narrow, less_words, margin_words, standing, was_met, won
from demo.render.labels import SURE, percent
from demo.render.templates import fill

KEPT_BACK = "the last seconds are for rounding the picture, so that it can be saved"  # so runs end before their clock
MUCH_SMALLER = 0.95  # of a change: one that was less on the way is told of
FAINT = 0.1  # probability of a true label below which the annotator is said not to have recognised the photo


def reached(report: dict[str, Any]) -> str:
    """What holds where the goal is reached."""
    named = report["targets"] or report["hidden"]
    others = [name for name in report["true_labels"] if name not in named]
    return GOALS[report["goal"]].reached(report["k"], named, others)


def in_order(report: dict[str, Any]) -> bool:
    """Whether the top-k is the targets in the order asked for."""
    return [name for name, _ in report["after"]] == report["targets"]


@dataclass(frozen=True)
class News:
    """What a run has changed of what it was after, and what is left to do; labels by name, best first."""

    gone: tuple[str, ...]  # labels that were to leave, and have left
    present: tuple[str, ...]  # targets that are in the top-k
    missing: tuple[str, ...]  # targets that are not
    still: tuple[str, ...]  # labels that were to leave, and have not
    fallen: tuple[str, ...]  # labels that were to stay, and have left
    moved: bool  # whether anything that was asked for has happened


def news_of(report: dict[str, Any]) -> News:
    """What the saved picture's top-k shows of the goal, compared with the top-k before."""
    was, now = ([name for name, _ in report[key]] for key in ("before", "after"))
    leaving = report["hidden"] if report["goal"] == "hide" else report["true_labels"]
    leaving = [] if report["goal"] == "inconsistent" else [name for name in leaving if name not in report["targets"]]
    staying = [name for name in report["true_labels"] if name not in report["hidden"]]
    gone = tuple(name for name in was if name in leaving and name not in now)
    present = tuple(name for name in now if name in report["targets"])
    return News(
        gone,
        present,
        missing=tuple(name for name in report["targets"] if name not in now),
        still=tuple(name for name in now if name in leaving),
        fallen=tuple(name for name in staying if name not in now) if report["goal"] == "hide" else (),
        moved=bool(gone) or any(name not in was for name in present),
    )


def is_partly(report: dict[str, Any]) -> bool:
    """Whether a run that missed its goal reached a part of it."""
    return not report["achieved"] and news_of(report).moved


def _listed(labels: Sequence[str], k: int) -> str:
    """Labels in a sentence; of long lists, which stand in full below the photos, as many as leave a phone's box its height."""
    return listed_labels(labels, 5 if k <= 5 else 3)


def _said(news: News, k: int) -> str:
    """What has been reached: "motorbike is gone, boat and aeroplane are in"."""
    parts = [f"{_listed(news.gone, k)} {are(news.gone)} gone"] if news.gone else []
    parts += [f"{_listed(news.present, k)} {are(news.present)} in"] if news.present else []
    return ", ".join(parts)


def _missed(report: dict[str, Any]) -> str:
    """What the goal still lacks."""
    k, news = report["k"], news_of(report)
    if news.missing:
        return f"{_listed(news.missing, k)} {are(news.missing)} missing"
    if report["goal"] == "ordered":
        return "the targets are there, but not in the order asked for"
    if report["goal"] == "inconsistent":
        return f"the {top_words(k)} still agrees with the truth"
    place = "on top" if k == 1 else f"in the top {k}"
    parts = [f"{_listed(news.still, k)} {are(news.still)} still {place}"] if news.still else []
    parts += [f"{_listed(news.fallen, k)} fell out of the {top_words(k)}"] if news.fallen else []
    return " and ".join(parts) or "the ranking did not change far enough"


def so_far(report: dict[str, Any]) -> str:
    """What has been reached of a goal that is missed, and what it lacks."""
    news = news_of(report)
    return f"{_said(news, report['k'])}; {_missed(report)}" if news.moved else _missed(report)


def steps_words(report: dict[str, Any]) -> str:
    """How many there were: "1 step", "12 queries"."""
    one, many = catalog.unit_of(report["attack"])
    return f"{report['steps']} {one if report['steps'] == 1 else many}"


def limit_words(seconds: float) -> str:
    """How long a run may last, such as "60 seconds"."""
    return f"{seconds:.0f} seconds" + (" while others wait" if seconds < ALONE_SECONDS else "")


def clock_words(limits: Iterable[float]) -> str:
    """The clock that ended runs: "the 60-second clock"."""
    seconds = sorted(set(limits))
    shorter = " while others wait" if seconds[0] < ALONE_SECONDS else ""
    return f"the {' or '.join(f'{limit:.0f}' for limit in seconds)}-second clock{shorter}"


def time_words(report: dict[str, Any]) -> str:
    """How long the run took: "2.5 s", and "52.5 s of 60" where the clock ended it."""
    limit = f" of {report['time_limit']:.0f}" if report["stopped"] == "time" else ""
    return f"{report['seconds']:.1f} s{limit}"


def _how_it_ended(report: dict[str, Any]) -> str:
    """Why the run ended early, if it did, as the last sentence. Its seconds are those told beside it."""
    if report["stopped"] == "user":
        return f" Stopped after {steps_words(report)}."
    if report["stopped"] == "time":
        one, _ = catalog.unit_of(report["attack"])
        late = report["seconds"] > report["time_limit"]
        why = "rounding the picture, so that it can be saved, took longer than planned" if late else KEPT_BACK
        clock = clock_words([report["time_limit"]])
        return f" Stopped by {clock} at {one} {report['steps']}, after {report['seconds']:.1f} s ({why})."
    return ""


def _seen(report: dict[str, Any]) -> list[float]:
    """The probabilities of the true labels that were in the top-k before anything was done to the photo."""
    return [probability for name, probability in report["before"] if name in report["true_labels"]]


def _recognised(report: dict[str, Any]) -> bool:
    """Whether the annotator saw something of what is true before the attack."""
    return not report["true_labels"] or max(_seen(report), default=0.0) >= FAINT


def _unrecognised(report: dict[str, Any]) -> str:
    """A sentence where it did not."""
    if _recognised(report):
        return ""
    seen, k = _seen(report), report["k"]
    true = _listed(report["true_labels"], k)
    place = "on top" if k == 1 else f"in its top {k}"
    how = f"gave {true} no more than {percent(max(seen))}" if seen else f"did not have {true} {place}"
    return f"The annotator did not recognise this photo: it {how} before, so there was little to fool. "


def _narrowly(report: dict[str, Any]) -> str:
    """A sentence about that."""
    if not is_narrow(report):
        return ""
    ahead, asked = margin_words(report["margin_of_win"]), asked_margin(report)
    return f" It is a narrow win: ahead by {ahead} in raw scores, where {asked:g} was asked for (margin κ)."


def _size(report: dict[str, Any]) -> str:
    """How the size came about: what rounding did to it, and how much smaller it is than that of the run it went on from."""
    start, now, unrounded = report.get("started_from"), report["l2"], report["l2_before_rounding"]
    larger = unrounded < MUCH_SMALLER * now
    if not start or not start["l2"]:
        if larger:
            return f" Rounding for saving made it larger: {now:.1f} instead of {unrounded:.1f} (‖z‖₂)."
        return _on_the_way(report, now, MUCH_SMALLER)
    before = start["l2"]
    if no_smaller(report):
        if told := _on_the_way(report, before, NO_SMALLER):
            return f"{told} So it is the one from before."
        if report["stopped"]:
            return f" No smaller change was found in {steps_words(report)}, so it is the one from before."
        return f" It is as small as this search finds: {steps_words(report)} more brought no smaller change."
    found = "" if report["stopped"] else ", as small as this search finds it"
    rounded = f", {unrounded:.1f} before rounding for saving" if larger else ""
    return f" The change is now {now / before:.2g} of what it was{found}: {now:.1f} after {before:.1f}{rounded}."


def _on_the_way(report: dict[str, Any], size: float, share: float) -> str:
    """A sentence where the run has told of a change of less than that share of `size` that no saved picture shows."""
    least = report.get("l2_smallest_on_the_way") or size
    if least >= share * size:
        return ""
    return (
        f" On the way a change {least / size:.2g} times as large was enough, but no longer once it was rounded to whole levels, "
        "as a saved photo has them."
    )


def aim(goal: str, k: int, roles: Roles) -> str:
    """What a run is after, in words."""
    named = roles.targets or roles.hidden
    words = GOALS[goal].reached(k, named, [name for name in roles.true if name not in named])
    return f"{words}: {_listed(roles.targets, k)}" if roles.targets else words


def sentence(report: dict[str, Any]) -> str:
    """The verdict in plain words, and what it rests on."""
    guess = _guessed(report)
    if report["achieved"] and was_met(report):  # that comes first, before why it was
        return _met_before(report) + guess
    return _unrecognised(report) + _what_happened(report) + guess


def _met_before(report: dict[str, Any]) -> str:
    """What there is to say where the goal was met before the attack had begun."""
    was, now = (_listed([name for name, _ in report[key]], report["k"]) for key in ("before", "after"))
    met = f"The goal was met before the attack: the {top_words(report['k'])} was {was}."
    if not report["l2"]:
        return f"{met} So the photo was left as it is.{_how_it_ended(report)}"
    now_by, before_by = (margin_words(margin) for margin in (report["margin_of_win"], -report["margin_before"]))
    firm = f"by {now_by} in raw scores instead of {before_by}"
    return (
        f"{met} A change of at most {report['linf']:.0f}/255 at any pixel has it met {firm}, with {now} there."
        f"{_size(report)}{_how_it_ended(report)}"
    )


def _now(report: dict[str, Any]) -> str:
    """The top-k of the saved picture, and what is new to it but unlikely: "dog, with person and car at only 3%"."""
    was, k = [name for name, _ in report["before"]], report["k"]
    unlikely = {name: probability for name, probability in report["after"] if name not in was and probability < SURE}
    others = [name for name, _ in report["after"] if name not in unlikely]
    if not unlikely:
        return _listed(others, k)
    less = " or less" if len({percent(one) for one in unlikely.values()}) > 1 else ""
    words = f"{_listed(list(unlikely), k)} at only {percent(max(unlikely.values()))}{less}"
    return f"{_listed(others, k)}, with {words}" if others else words


def _what_happened(report: dict[str, Any]) -> str:
    top = top_words(report["k"])
    was, now = _listed([name for name, _ in report["before"]], report["k"]), _now(report)
    ended = _how_it_ended(report)
    if report["achieved"]:
        return (
            f"The {top} was {was}. A change of at most {report['linf']:.0f}/255 at any pixel made it {now}: "
            f"{reached(report)}.{_nothing_kept(report)}{_size(report)}{_narrowly(report)}{ended}"
        )
    state = f"still {now}" if was == now else f"{now}, and was {was}"
    lost = " Before rounding for saving the goal was reached." if report.get("l2_smallest_on_the_way") else ""
    saved = f"{lost} On the saved picture the {top} is {state}."
    missed = so_far(report)
    if catalog.precomputed(report["attack"]):
        lead = "" if news_of(report).moved else "It did not work on this photo: "
        return f"{lead}{missed}.{saved} One change for all photos does not fool every one."
    more = "" if report["stopped"] == "time" else "more steps, "
    hint = "" if report["stopped"] == "user" else f" Try {more}a smaller k or another goal."
    if news_of(report).moved:
        return f"{missed}.{saved}{ended or f' It got no further within {steps_words(report)}.'}{hint}"
    tried = "The goal was not reached" if ended else f"It did not work within {steps_words(report)}"
    return f"{tried}: {missed}.{saved}{ended}{hint}"


def _nothing_kept(report: dict[str, Any]) -> str:
    """A sentence about a run that hid all there was."""
    alone = report["goal"] == "hide" and set(report["hidden"]) == set(report["true_labels"])
    return f" {NOTHING_TO_KEEP}" if alone else ""


STANDS = {"missed": "not reached", "before": "met before the attack", "narrow": "barely met", "won": "reached"}


def goal_words(report: dict[str, Any]) -> str:
    """How the goal stands, after "goal"."""
    return STANDS[standing(report)]


def reached_words(report: dict[str, Any]) -> str:
    """The same, with what else there is to say of it."""
    return goal_words(report) + (f" ({less_words(report)})" if is_narrow(report) else "")


def given_words(report: dict[str, Any]) -> str:
    """How firmly the goal was to be met, and what the attack might take for it; empty for what was made beforehand."""
    if "confidence" not in report.get("settings", {}):
        return ""
    one, many = catalog.unit_of(report["attack"])
    limits = [(report.get("max_steps"), one, many), (report.get("max_gradients"), "gradient", "gradients")]
    words = [f"{most} {few if most == 1 else more}" for most, few, more in limits if most]
    words += [f"{report['time_limit']:.0f} s"] if report.get("time_limit") else []
    return f"margin κ = {asked_margin(report):g}{f', at most {listed(words)}' if words else ''}"


def _guessed(report: dict[str, Any]) -> str:
    """A sentence with the true labels, where nobody marked any and the annotator's guess was taken for them."""
    true = report["true_labels"]
    if not report.get("true_labels_guessed"):
        return ""
    answers = "answers before the attack count" if len(true) > 1 else "answer before the attack counts"
    return f" Nobody marked what is true, so the annotator’s own {answers} as true: {listed_labels(true)}."


def caption(report: dict[str, Any]) -> str:
    """What stands below a figure: which attack on what, what it was given, and how large its change is."""
    named = report["targets"] or report["hidden"]
    psnr = "" if report["psnr"] is None else f", PSNR {report['psnr']:.1f} dB"
    given = given_words(report)
    return (
        f"{report['attack']} on {report['annotator']}, k = {report['k']}. Goal: {reached(report)}"
        f"{f' ({listed_labels(named)})' if report['targets'] else ''}; {reached_words(report)}. "
        f"{f'{given[0].upper()}{given[1:]}. ' if given else ''}‖z‖₂ = {report['l2']:.1f}, ‖z‖∞ = {report['linf']:.0f}/255, "
        f"Pert = {report['pert'] * 100:.3f} × 10⁻²{psnr}.{_guessed(report)}"
    )


def comparison_caption(reports: Sequence[dict[str, Any]]) -> str:
    """The same for several methods on one photo."""
    first = reports[0]
    named = first["targets"] or first["hidden"]
    methods = [f"{report['attack']} ‖z‖₂ = {report['l2']:.1f}" for report in reports if won(report)]
    failed = [report["attack"] for report in reports if not report["achieved"]]
    others = [
        f"{report['attack']}: {reached_words(report)}" for report in reports if not won(report) and report["achieved"]
    ]
    met = f" Reached by {listed(methods, len(methods))}." if methods else ""
    missed = f" Not reached by {listed(failed, len(failed))}." if failed else ""
    given = "; ".join(dict.fromkeys(words for report in reports if (words := given_words(report))))
    return (
        f"Methods on {first['annotator']}, k = {first['k']}. Goal: {reached(first)}"
        f"{f' ({listed_labels(named)})' if first['targets'] else ''}.{met}{missed}"
        f"{f' {listed(others, len(others))}.' if others else ''}{f' Each: {given}.' if given else ''}{_guessed(first)}"
    )


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


def verdict_html(report: dict[str, Any]) -> Markup:
    """The sentence with a word and a sign before it, and what the visitor can do about a guess."""
    mend = " To be sure, mark what is in the photo." if report.get("true_labels_guessed") else ""
    return said_html(*headline(report), sentence(report) + mend)


def said_html(kind: str, word: str, text: str) -> Markup:
    """A sentence with a word and a sign before it; kind "won", "partly", "lost", "cut", or "told", which is none of these."""
    return fill("render/verdict.html", kind=kind, word=word, text=text)


def waiting_html(text: str, word: str = "") -> Markup:
    """The verdict's place before there is one; word: what goes on meanwhile."""
    return fill("render/verdict.html", kind="none", word=word, text=text)
