"""How to cite: the paper's BibTeX entry, and one for this project with all that a run can be made again from."""

import os
from typing import Any
from urllib.parse import urlsplit

from demo.catalog import attacks as catalog
from demo.catalog.english import counted
from demo.engine.win import standing
from demo.render.goal_words import STANDS
from demo.render.run_words import steps_words
from demo.server.addresses import is_loopback
from tkml_core.report import version

YEAR = 2026  # of the version that `pyproject.toml` names
PAPER = """\
@inproceedings{hu2021tkmlap,
  title     = {TkML-AP: Adversarial Attacks to Top-k Multi-Label Learning},
  author    = {Hu, Shu and Ke, Lipeng and Wang, Xin and Lyu, Siwei},
  booktitle = {Proceedings of the IEEE/CVF International Conference on Computer Vision (ICCV)},
  year      = {2021},
  url       = {https://arxiv.org/abs/2108.00146}
}"""
NORMS = {"l2": "L2", "linf": "L-infinity"}
ENDED = {
    "user": ", stopped by hand",
    "time": ", ended by the clock (not exactly repeatable: it depends on how busy the machine is)",
}
# A file's name and labels may have any characters; BibTeX counts braces even behind a backslash.
_TEX = str.maketrans(
    {"\\": "/", "{": "(", "}": ")", "^": r"\^{}", "~": r"\~{}", "β": r"$\beta$", **{c: f"\\{c}" for c in "$&#_%"}}
)


def _tex(words: object) -> str:
    """Any words as LaTeX prints them."""
    return " ".join(str(words).split()).translate(_TEX)


def _settings(report: dict[str, Any]) -> str:
    """What another person has to have and to set to get the same run."""
    named, settings = report["targets"] or report["hidden"], report["settings"]
    size = report.get("photo_size")
    of_file = f"{size[0]} x {size[1]} pixels, " if size else ""
    case = report.get("target_case") or ""
    guess = " (the annotator's own guess)" if report.get("true_labels_guessed") else ""
    pixels = report.get("input_sha256")
    seen = f"attacked at {report['width']} x {report['height']}" + (
        f", SHA-256 of these 8-bit pixels before the attack {pixels}" if pixels else ""
    )
    weights, gradients = report.get("weights_sha256"), report.get("max_gradients")
    limit = report.get("time_limit")
    facts = {
        "photo": f"{report['photo']} ({of_file}{seen})",
        "annotator": report["annotator"] + (f" (weights' SHA-256 {weights})" if weights else ""),
        "attack": report["attack"],
        "goal": report["goal"],
        "k": report["k"],
        "true labels": " + ".join(report["true_labels"]) + guess,
        ("targets" if report["targets"] else "labels to hide"): " + ".join(named) + (f" ({case})" if case else "")
        or None,
        "norm": NORMS[settings.get("norm", "l2")] if settings else None,  # what was made beforehand has none of its own
        "seed": report["seed"],
        **{name.replace("_", " "): value for name, value in settings.items() if name not in ("seed", "norm")},
        "at most": counted(report["max_steps"], *catalog.unit_of(report["attack"]))
        + (f" and {counted(gradients, 'gradient')}" if gradients else ""),
        "time limit": f"{limit:g} s" if limit else None,
    }
    return _tex(", ".join(f"{name} {value}" for name, value in facts.items() if value is not None))


def _result(report: dict[str, Any]) -> str:
    """What came of it: by this a second run is compared with the first."""
    start = report.get("started_from")
    first = f"{start['attack']} ({counted(start['steps'], *catalog.unit_of(start['attack']))})" if start else ""
    begun = f", 'Make the change smaller' after {first}, whose settings a link brings" if start else ""
    done = f"{steps_words(report)} done{ENDED.get(report.get('stopped') or '', '')}{begun}"
    size = rf"$\|z\|_2$ = {report['l2']:.1f}, $\|z\|_\infty$ = {report['linf']:.0f}/255"
    return f"goal {STANDS[standing(report)]}, {size}, {_tex(done)}{_tex(', ' + report['device']) if report.get('device') else ''}"


def project(note: str = "", url: str = "") -> str:
    """The project's own entry. url: of the page; without one, that of the Space where it runs on one."""
    space = os.environ.get("SPACE_ID")
    url = url or (f"https://huggingface.co/spaces/{space}" if space else "")
    more = [("url", url)] if url else []
    more += [("note", note)] if note else []
    fields = [
        ("title", "Fool the top-k: a live demonstration of TkML-AP"),
        ("author", "{The TkML-AP demonstration's authors}"),
        ("version", version()),
        ("year", YEAR),
        ("license", "MIT"),
        *more,
    ]
    return "@software{foolthetopk,\n" + ",\n".join(f"  {name:9} = {{{value}}}" for name, value in fields) + "\n}"


def bibtex(report: dict[str, Any] | None, link: str = "") -> str:
    """Both entries; the project's has a note on the run that `report` is about, if there is one.

    link: an address that brings the run's settings back. One that reaches its own computer alone is not cited, but its
    settings are: they can be put behind the address of the page wherever it runs.
    """
    link = link.replace("{", "%7B").replace("}", "%7D")
    parts = urlsplit(link)
    here = is_loopback(parts.hostname or "")
    note = f"Settings: {_settings(report)}. Result: {_result(report)}" if report else ""
    if note and here and parts.query:
        note += rf". Behind the address of this page, \texttt{{{_tex(f'?{parts.query}')}}} brings the settings back"
    return f"{PAPER}\n\n{project(note, '' if here else link)}"
