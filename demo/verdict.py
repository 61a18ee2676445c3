"""The result in one plain sentence and one table. What counts is the saved 8-bit picture, and failures say so."""

from collections.abc import Sequence
from html import escape
from typing import Any

from demo import menu


def listed(names: Sequence[str], most: int = 5) -> str:
    """Names as people write them: "cat, sofa and person"; a long list is cut and says by how much."""
    names = list(names)
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "none"


def _top(k: int) -> str:
    return "top label" if k == 1 else f"top {k}"


def _missed(report: dict[str, Any]) -> str:
    """What the goal still lacks."""
    after = [name for name, _ in report["after"]]
    if report["goal"] == "targeted":
        missing = [name for name in report["targets"] if name not in after]
        if missing:
            return f"{listed(missing)} did not make it into the top {report['k']}"
    still = [name for name in report["true_labels"] if name in after]
    if report["goal"] == "cleared" and still:
        return f"{listed(still)} {'is' if len(still) == 1 else 'are'} still in the top {report['k']}"
    return "the ranking did not change enough"


def _cut_short(report: dict[str, Any], budget: float) -> str:
    """Why the run ended early, if it did, as the start of the sentence."""
    steps = f"{report['steps']} step{'' if report['steps'] == 1 else 's'}"
    if report["stopped"] == "user":
        return f"Stopped after {steps}. "
    if report["stopped"] == "time":
        return f"The limit of {budget:.0f} seconds ended the run after {steps}. "
    return ""


def aim(goal: str, k: int, targets: Sequence[str]) -> str:
    """What a run is after, in words."""
    words = menu.GOALS[goal].reached.format(k=k)
    return f"{words}: {listed(targets)}" if targets else words


def sentence(report: dict[str, Any], budget: float) -> str:
    """The verdict in plain words."""
    k, top = report["k"], _top(report["k"])
    was, now = (listed([name for name, _ in report[key]]) for key in ("before", "after"))
    lead = _cut_short(report, budget)
    if report["achieved"]:
        lead = lead and lead + "The goal was reached. "
        if not report["l2"]:
            return f"{lead}The {top} was {was}. The goal already held, so the photo was left as it is."
        reached = menu.GOALS[report["goal"]].reached.format(k=k)
        return f"{lead}The {top} was {was}. A change of at most {report['linf']:.0f}/255 at any pixel made it {now}: {reached}."
    tried = lead + "The goal was not reached" if lead else f"It did not work within {report['steps']} steps"
    hint = "" if report["stopped"] == "user" else " Try more steps, a smaller k or another goal."
    state = f"still {now}" if was == now else f"{now}, and was {was}"
    return f"{tried}: {_missed(report)}. On the saved picture the {top} is {state}.{hint}"


def verdict_html(report: dict[str, Any], budget: float) -> str:
    """The sentence with a word and a sign before it."""
    if report["achieved"]:
        kind, word = "won", "Fooled" if report["l2"] else "Already so"
    elif report["stopped"] == "user":
        kind, word = "cut", "Stopped"
    else:
        kind, word = "lost", "Not fooled"
    return (
        f'<div class="verdict {kind}" role="status"><strong><span class="sign" aria-hidden="true"></span>{word}</strong>'
        f"<p>{escape(sentence(report, budget))}</p></div>"
    )


def waiting_html(text: str) -> str:
    """The verdict's place before there is one."""
    return f'<div class="verdict none"><p>{escape(text)}</p></div>'


def table_html(report: dict[str, Any]) -> str:
    """All figures of a run, each with what it means."""
    psnr = "no change" if report["psnr"] is None else f"{report['psnr']:.1f} dB"
    contradicts = "the top-k contradicts the truth" if not report["consistent"] else "the top-k agrees with the truth"
    started = "" if report["consistent_before"] else " (it was 0 before the attack too)"
    rows = [
        (
            "Goal",
            "reached" if report["achieved"] else "not reached",
            menu.GOALS[report["goal"]].reached.format(k=report["k"]),
        ),
        ("E", "1" if report["consistent"] else "0", f"{contradicts}{started} (Eq. 1)"),
        ("Pert", f"{report['pert'] * 100:.3f} × 10⁻²", "‖z‖₂ / (height · width) (Eq. 15)"),
        (
            "‖z‖₂",
            f"{report['l2']:.1f}",
            f"length of the change; {report['l2_before_rounding']:.1f} before rounding to 8 bit",
        ),
        ("‖z‖∞", f"{report['linf']:.0f}", "largest change of one value, of 255"),
        ("PSNR", psnr, "above 40 dB is hard to see"),
        ("SSIM", f"{report['ssim']:.4f}", "1 means the same picture"),
        ("Steps", f"{report['steps']}", f"of at most {report['max_steps']}"),
        ("Passes", f"{report['forwards']} + {report['backwards']}", "through the annotator, forward + backward"),
        ("Time", f"{report['seconds']:.1f} s", f"{report['device']}, picture {report['width']} × {report['height']}"),
    ]
    body = "".join(
        f'<tr><th scope="row">{escape(a)}</th><td>{escape(b)}</td><td>{escape(c)}</td></tr>' for a, b, c in rows
    )
    caption = "Measured on the saved 8-bit picture"
    return f'<div class="figures"><table><caption>{caption}</caption><tbody>{body}</tbody></table></div>'
