"""How to cite: the paper's BibTeX entry, and one for this project that names the settings of a run."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

YEAR = 2026  # of the version that `pyproject.toml` names
PAPER = """\
@inproceedings{hu2021tkmlap,
  title     = {TkML-AP: Adversarial Attacks to Top-k Multi-Label Learning},
  author    = {Hu, Shu and Ke, Lipeng and Wang, Xin and Lyu, Siwei},
  booktitle = {Proceedings of the IEEE/CVF International Conference on Computer Vision (ICCV)},
  year      = {2021}
}"""


@cache
def _version() -> str:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def _settings(report: dict[str, Any]) -> str:
    """What another person has to set to get the same run."""
    named = report["targets"] or report["hidden"]
    facts = {
        "attack": report["attack"],
        "annotator": report["annotator"],
        "goal": report["goal"],
        "k": report["k"],
        "true labels": " + ".join(report["true_labels"]),
        ("targets" if report["targets"] else "labels to hide"): " + ".join(named) or None,
        "at most": f"{report['max_steps']} steps",
        "seed": report["seed"],
        **{name.replace("_", " "): value for name, value in report["settings"].items() if name != "seed"},
    }
    listed = ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
    return listed.replace("^", r"\^{}").replace("β", r"$\beta$")


def bibtex(report: dict[str, Any] | None) -> str:
    """Both entries; the project's has a note on the run that `report` is about, if there is one."""
    note = f",\n  note      = {{Settings: {_settings(report)}}}" if report else ""
    return (
        f"{PAPER}\n\n@software{{foolthetopk,\n  title     = {{Fool the top-k: a live demonstration of TkML-AP}},\n"
        f"  author    = {{{{The T\\_kML-AP demonstration's authors}}}},\n  version   = {{{_version()}}},\n"
        f"  year      = {{{YEAR}}},\n  license   = {{MIT}}{note}\n}}"
    )
