"""One vocabulary on all tabs: words that the page does without, and symbols that stand only where they are explained.

All that a visitor can read is gathered: labels, infos, choices and HTML of the page as it is built, what the server draws after a
run, and, for the words alone, every sentence in the sources of `demo/`, refusals and scripts included.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from demo.catalog.attack_words import CHOICES
from demo.components.presenter import PRESENTER
from demo.engine.outcome import Outcome
from demo.engine.recordings import recording
from demo.render.run_figures import run_figures_html
from demo.render.status import done_html, progress_words
from demo.render.verdict import verdict_html
from demo.tabs.attack.robustness.examine import Examined, Finished, Row, Seen
from demo.tabs.attack.robustness.render import examined_html
from demo.tabs.compare import summary, totals
from demo.tabs.compare.limits import Limit
from demo.tabs.compare.methods import Entry
from demo.tabs.compare.rounds import Round
from demo.tabs.learn import tab as learn_tab
from demo.tabs.lesson import notes, pictures
from demo.tabs.lesson.screen import lesson_html
from demo.tabs.lesson.screens import screens
from demo.tabs.tables import live_row, live_table
from demo.tabs.tables import tab as tables_tab
from demo.tabs.universal import changes, craft, render
from tkml_core.attacks.registry import UNIVERSAL
from tkml_core.zoo.universal_perturbations import bundled

Props = dict[str, Any]  # of a widget
DEMO = Path(__file__).parents[2] / "demo"
OF_FILES = {DEMO / "figures.py", *(DEMO / "export").glob("*.py")}  # in the words of papers, as they are for papers

# (what is not said, what is said instead)
RULED_OUT = (
    (r"(?<!potted )\b[Pp]lant(s|ed|ing)?\b", "add"),
    (r"\b(clear|remove)s? (the|all) true labels?\b", "push out"),
    (r"(?<!calls it a )\b[Pp]erturbations?\b", "change"),
    (r"\b(one|[Tt]he|[Aa]|[Ww]hich|[Cc]hange|[Ww]ith|[Ww]hether|as) z\b(?! in the paper)", "change"),
    (r"\bby a hair\b|\bfirm(ly|ness)?\b", "margin"),
    (r"\b[Ee]pochs?\b(?!\)| One pass)", "rounds (epochs)"),
    (r"\d logits?\b", "in raw scores"),
    (r"\bwall clock\b", "time"),
    (r"\b[Uu]ntargeted\. ", "what it does, in words"),
    (r"\bE = [01] (%|before|after)|those with E = [01]", "contradicts the truth (E = 0)"),
    (r"\bless than κ|κ is\b|firmly, κ", "margin (κ)"),
)
# (a symbol or a term of the field, what must stand on the same tab)
EXPLAINED = (
    (r"κ", r"in the annotator.s raw scores"),
    (r"[Ll]ogits?\b", r"raw scores? \(?logits?\)?|raw scores, logits|network's raw score"),
    (r"\bE = [01]\b|\(E = 0\)", r"a wrong label (is )?in( it)?(,| and) a true one out|agrees? with the truth"),
    (r"k′", r"(list|shown) \(k′\)"),
    (r"‖z‖₂", r"[Ss]ize of the change|([Ss]ize|[Ll]ength) \(‖z‖₂\)"),
    (
        r"\bPert\b",
        r"[Ss]ize (per pixel|divided by the number of pixels) \(Pert|mean size per pixel|Eq\. 15: ‖z‖₂ divided",
    ),
    (
        r"\bASR\b",
        r"(fooled|attack success rate|Attack success rate).{0,12}ASR|ASR \(attack success rate\)|Attack success rate",
    ),
    (r"\bPSNR\b", r"[Hh]ow strong the photo is beside the change"),
    (r"\bSSIM\b", r"[Hh]ow alike (the )?two p"),
    (r"\bNDCG", r"how high true labels stand"),
    (r"\bPasses\b", r"[Hh]ow often a picture went through the network"),
    (r"\b[Ee]pochs?\b", r"[Rr]ounds (over the photos )?\(epochs\)|One pass over all photos"),
    (r"\b[Gg]radients?\b", r"which way helps|For every pixel, how fast a number rises"),
    (r"McNemar|Wilcoxon|Holm", r"chance alone gives so clear a lead"),
    (r"Mantel|Spearman", r"goes with"),
    (r"Wilson|\[95%\]", r"the range that chance leaves"),
    (r"hardened-\w", r"harder to fool|hardened annotator"),
    (r"mobilenet-\w", r"another network"),
    (r"β", r"Weight of size \(β\)|keep the change \(z\) small"),
    (r"(?<!Lemma 1's )λ", r"(threshold|First threshold|cross) \(?λ"),
    (r"ε", r"\(ε\)"),
    *(
        (rf"\b{re.escape(name)}(?![\w-])", rf"{re.escape(choice.title)}|\w \({re.escape(name)}\)")
        for name, choice in CHOICES.items()
    ),
)


class Words(HTMLParser):
    """What can be read of HTML: text and what is said of pictures and buttons; code is not for reading along."""

    SAID = ("title", "aria-label", "alt", "data-says", "data-title", "placeholder")
    CODE = ("style", "script", "pre", "code")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside += tag in self.CODE
        self.found += [value for name, value in attrs if name in self.SAID and value]

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag in self.CODE

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.found.append(data)


def words(html: object) -> str:
    return " ".join(" ".join(Words(str(html)).found).split())


def shown(props: Props) -> Iterator[str]:
    """What a widget shows of itself."""
    for key in ("label", "info", "placeholder"):
        if isinstance(props.get(key), str):
            yield words(props[key])
    value = props.get("value")
    if isinstance(value, str) and not value.startswith("@"):  # of a BibTeX entry
        yield words(value)
    elif isinstance(value, dict) and isinstance(value.get("html"), str):
        yield words(value["html"])
    yield from (words(choice[0]) for choice in props.get("choices") or ())
    yield words(re.sub(r"\$\{.*?\}", "", props.get("html_template") or ""))


@pytest.fixture(scope="module")
def widgets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Props]]:
    """What is on each tab, by its id; widgets for programs alone are outside the tabs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        patch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
        from demo.page import build

        config = build().get_config_file()
    props = {item["id"]: item["props"] for item in config["components"]}
    kinds = {item["id"]: item["type"] for item in config["components"]}

    def below(node: Any) -> Iterator[int]:
        yield node["id"]
        for child in node.get("children", ()):
            yield from below(child)

    nodes = [config["layout"]]
    found: dict[str, list[Props]] = {}
    while nodes:
        node = nodes.pop()
        if kinds.get(node["id"]) == "tabitem":
            found[props[node["id"]]["id"]] = [props[one] for one in below(node)]
        else:
            nodes += node.get("children", ())
    return found


@pytest.fixture(scope="module")
def tabs(widgets: dict[str, list[Props]]) -> dict[str, str]:
    """All words of each tab."""
    drawn = {
        "attack": attacked(),
        "compare": compared(),
        "universal": crafted(),
        "tables": measured(),
        "learn": explained(),
        "lesson-tab": lesson(),
    }
    return {
        name: "\n".join([*(text for props in there for text in shown(props)), *map(words, drawn.get(name, ()))])
        for name, there in widgets.items()
    }


def made(name: str) -> Outcome:
    found = recording(name)
    assert found is not None
    return found.outcome


def variants(outcome: Outcome) -> Iterator[dict[str, Any]]:
    """The report of a run, and of runs that ended otherwise."""
    report = {**outcome.report, "settings": {**outcome.report["settings"], "confidence": 1.0}}
    yield outcome.report
    yield {**report, "margin_of_win": 0.2, "margin_before": 0.5}
    yield {**report, "margin_of_win": 1.2, "margin_before": -0.5}
    yield {**report, "achieved": False, "consistent": True, "margin_of_win": -0.3, "true_labels_guessed": True}
    yield {**report, "achieved": False, "stopped": "time", "time_limit": 60.0}
    yield {**report, "started_from": {"attack": "kFool", "l2": 2 * report["l2"], "linf": 3.0, "steps": 9}}


def attacked() -> Iterable[object]:
    for name in ("push-out", "plant", "hide-one", "ordered"):
        outcome = made(name)
        for report in variants(outcome):
            yield verdict_html(report)
            yield run_figures_html(report)
        yield done_html(outcome)
    frame: Any = SimpleNamespace(met=True, history=SimpleNamespace(least=None), index=3)
    plan: Any = SimpleNamespace(settings={"confidence": 1.0})
    yield progress_words(plan, frame)
    run = Finished.of(made("push-out"))
    seen = Seen(run.roles.true[:1], True, False), Seen(run.roles.true[:1], False, True, True)
    rows = [
        Row(kind, "Noise", "", seen[1], seen[0], annotator="voc20")
        for kind in ("none", "noise", "change", "other", "twin")
    ]
    yield examined_html(Examined(run, tuple(rows), seen * 3, seen * 3))


def compared() -> Iterable[object]:
    first, other = made("push-out"), made("plant")
    plans = [first.plan, other.plan]
    for reports in zip(variants(first), variants(other), strict=True):
        for limit in (Limit("steps", 200), Limit("gradients", 20)):
            yield summary.sentence(plans, reports, done=True)
            yield summary.table_html(plans, reports, True, summary.given_words(limit, reports))
        rounds = [Round(Entry("", "voc20", 3, ("cat",)), plans) for _ in range(2)]
        for one in rounds:
            one.reports = list(reports)
        yield totals.sentence(rounds, "cleared", done=True)
        yield totals.table_html(rounds, limit, True, "x")


def crafted() -> Iterable[object]:
    points = [craft.Point(0.0, 0.1, 0.0), craft.Point(2.0, 0.75, 0.25)]
    yield render.rates_html(points, 4, 8)
    request = craft.CraftRequest("voc20", 3, next(iter(UNIVERSAL)), 4000.0, 4, 0)
    kept = craft.Made(request, torch.zeros(1, 3, 8, 8), 2, 8, 8, 7, 1, 9, None, 1, ("Cat",), 0, 1, frozenset(), points)
    for stopped in (None, "user", "time"):
        ended = replace(kept, stopped=stopped)
        yield render.made_html(ended, 60.0)
        yield render.facts_html(ended)
        yield changes.of_made(ended).origin + changes.of_made(ended).on_none
    yield " ".join(render.progress(craft.CraftProgress(3, 1, kept.z, points), request))
    for method, annotator, k in bundled()[:6]:
        yield changes.of_ready(method, annotator, k).origin


def measured() -> Iterable[object]:
    yield tables_tab.contents()
    row = live_row.Row(
        "voc20", "TkML-AP-U", "cleared", 3, 200, 4, ("Cat",), 3, 2, 2, 0.01, 0.01, 90, 12.0, state="done"
    )
    yield live_table.rows_html([row, replace(row, case="worst", attack="TkML-AP-T")])


def explained() -> Iterable[object]:
    shown = recording("push-out")
    assert shown is not None
    yield learn_tab.lesson_html(shown.outcome)


def lesson() -> Iterable[object]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "uri", lambda *picture: "")  # most of the work, and without words
        yield lesson_html(screens())


def sentences() -> Iterator[tuple[str, str]]:
    """(place, words) of all that is said in the sources: strings of more than one word, templates, and strings of scripts."""
    for path in sorted(set(DEMO.rglob("*.py")) - OF_FILES):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and " " in node.value.strip()
                and id(node) not in docs
            ):
                yield f"{path.relative_to(DEMO)}:{node.lineno}", words(node.value)
    for path in sorted(DEMO.rglob("*.html")):
        yield (
            str(path.relative_to(DEMO)),
            words(re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", path.read_text(), flags=re.DOTALL)),
        )
    for path in sorted(DEMO.rglob("*.js")):
        for string in re.findall(
            r'"([^"\n]* [^"\n]*)"|`([^`]* [^`]*)`', re.sub(r"(?m)//.*$", "", path.read_text(encoding="utf-8"))
        ):
            yield str(path.relative_to(DEMO)), " ".join(string)


def ruled_out(text: str) -> list[str]:
    """Words that the page does without, each with its surroundings and what is said instead."""
    return [
        f"“{text[max(0, found.start() - 40) : found.end() + 20]}”: say {instead}"
        for pattern, instead in RULED_OUT
        for found in re.finditer(pattern, text)
    ]


def unexplained(text: str) -> list[str]:
    """Symbols and terms without their explanation."""
    return [
        f"“{text[max(0, found.start() - 60) : found.end() + 20]}” wants {wanted!r} on the same tab"
        for pattern, wanted in EXPLAINED
        if (found := re.search(pattern, text)) and not re.search(wanted, text)
    ]


TABS = ("attack", "lesson-tab", "compare", "universal", "tables", "learn")
FORMULAS = "learn"  # there z is the subject


def test_every_tab_is_looked_at(tabs: dict[str, str]) -> None:
    assert set(tabs) == set(TABS) and all(len(text.split()) > 300 for text in tabs.values())


@pytest.mark.parametrize("name", TABS)
def test_a_tab_says_only_words_of_the_vocabulary(tabs: dict[str, str], name: str) -> None:
    assert ruled_out(tabs[name]) == []


@pytest.mark.parametrize("name", TABS)
def test_a_symbol_stands_only_where_it_is_explained(tabs: dict[str, str], name: str) -> None:
    assert unexplained(tabs[name]) == []


def test_no_sentence_in_the_sources_says_other_words() -> None:
    assert [f"{place}: {found}" for place, text in sentences() for found in ruled_out(text)] == []


def names(widgets: dict[str, list[Props]]) -> set[str]:
    """What stands by itself on the page, as on a button: labels, choices, and pieces of HTML between two tags."""
    drawn = [PRESENTER, *lesson(), *attacked()]
    for props in (one for there in widgets.values() for one in there):
        drawn += [props[key] for key in ("label", "value", "html_template") if isinstance(props.get(key), str)]
        drawn += [choice[0] for choice in props.get("choices") or ()]
    pieces = {" ".join(unescape(piece).split()) for html in drawn for piece in re.split(r"<[^>]*>", str(html))}
    return pieces | {re.sub(r" \([\w-]+\)$", "", piece) for piece in pieces}  # a choice without the name for programs


def test_the_teachers_notes_call_things_what_the_page_calls_them(widgets: dict[str, list[Props]]) -> None:
    """Buttons, headings, choices, labels and tabs; what is to be typed is in README."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "uri", lambda *picture: "")
        told = notes.markdown(screens())
    there, readme = names(widgets), (DEMO.parent / "README.md").read_text(encoding="utf-8")
    quoted = set(re.findall("“([^”]+)”", told))
    assert {"Present", "Fool it gently", "Test it", "20 labels, harder to fool"} <= quoted
    typed = {name for name in quoted if name.startswith("python ")}
    assert [name for name in quoted - typed if name not in there] == []
    assert [name for name in typed if name.removeprefix("python ") not in readme] == []
    tabs = {props["label"] for there in widgets.values() for props in there[:1]}
    said = re.findall(r"\btabs? ([A-Z]\w+)(?: and ([A-Z]\w+))?", told)
    assert {"Attack", "Lesson", "Universal"} <= {name for pair in said for name in pair if name} <= tabs


def test_each_choice_of_an_attack_says_what_it_does(widgets: dict[str, list[Props]]) -> None:
    for props in (props for there in widgets.values() for props in there):
        for label, value in props.get("choices") or ():
            if value in CHOICES or value in UNIVERSAL:
                assert str(label) != value and str(value) in str(label)


@pytest.mark.parametrize(
    "planted",
    [
        "Plant the impossible", "A perturbation of that size", "random noise as long as z", "Which z", "won by a hair",
        "10 epochs", "met by 0.5 logits", "photos with E = 0 after the attack", "met, but by less than κ",
    ],
)  # fmt: skip
def test_a_word_that_is_ruled_out_is_found(tabs: dict[str, str], planted: str) -> None:
    assert ruled_out(f"{tabs['attack']}\n{planted}") and ruled_out(f"Press Attack. {planted}.")


@pytest.mark.parametrize(
    "planted",
    ["κ = 1", "E = 0", "k′ = 5", "Pert", "ASR", "McNemar’s test", "hardened-voc20", "kUAPs", "‖z‖₂", "PSNR", "Passes"],
)
def test_a_symbol_without_its_explanation_is_found(planted: str) -> None:
    assert unexplained(f"Press Attack. {planted}") != []
