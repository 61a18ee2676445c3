"""How to cite: the paper's BibTeX entry, and one for this project that names the settings of a run."""

import os
from typing import Any

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


def project(note: str = "") -> str:
    """The project's own entry, with the address of the Space where it runs on one."""
    space = os.environ.get("SPACE_ID")
    more = [("url", f"https://huggingface.co/spaces/{space}")] if space else []
    more += [("note", note)] if note else []
    fields = [
        ("title", "Fool the top-k: a live demonstration of TkML-AP"),
        ("author", r"{The T\_kML-AP demonstration's authors}"),
        ("version", version()),
        ("year", YEAR),
        ("license", "MIT"),
        *more,
    ]
    return "@software{foolthetopk,\n" + ",\n".join(f"  {name:9} = {{{value}}}" for name, value in fields) + "\n}"


def bibtex(report: dict[str, Any] | None) -> str:
    """Both entries; the project's has a note on the run that `report` is about, if there is one."""
    return f"{PAPER}\n\n{project(f'Settings: {_settings(report)}' if report else '')}"
