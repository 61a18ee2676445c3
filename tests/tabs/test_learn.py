"""The tab "How it works": its mathematics against the core, its real run, and a walk through all six steps in a browser."""

import importlib
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import tkml_core as tk
from demo.components.theme import script
from demo.tabs.learn import formulas, growing
from demo.tabs.learn.steps import LESSONS, Code
from tkml_core import losses
from tkml_core.goals import Cleared, Targeted
from tkml_core.ranking import average_topk_bound

CODE = [code for step in LESSONS for code in step.code]
WORDS = ("CONSISTENCY", "AVERAGE", "LEMMA", "UNTARGETED", "TARGETED")


def scores_of(seed: int, m: int = 7) -> Tensor:
    return torch.rand(1, m, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture(scope="module")
def maths(browser: Any) -> Iterator[Callable[..., Any]]:
    """Evaluate an expression after the lesson's mathematics, with the given JSON values as its variables."""
    page = browser.new_page()

    def evaluate(expression: str, **values: Any) -> Any:
        names = "".join(f"const {name} = {json.dumps(value)};" for name, value in values.items())
        return page.evaluate(f"() => {{ {script('tabs/learn/maths.js')}\n{names} return {expression}; }}")

    yield evaluate
    page.close()


@pytest.mark.parametrize("seed", range(5))
def test_the_browsers_mathematics_is_the_cores(maths: Callable[..., Any], seed: int) -> None:
    f = scores_of(seed)
    true = torch.zeros(1, 7, dtype=torch.bool)
    true[0, torch.randperm(7, generator=torch.Generator().manual_seed(seed))[: 1 + seed % 3]] = True
    for k in range(1, 4):
        for lam in (0.0, 0.3, float(f[0, seed])):
            given = {"f": f[0].tolist(), "y": true[0].tolist(), "k": k, "lam": lam}
            at = torch.tensor([lam], dtype=torch.float64)
            targets = tk.choose_targets("random", f, true, k, seed=seed)
            objectives = {
                "untargeted(f, y, k, lam)": losses.untargeted(f, true, k, at),
                "targeted(f, t, lam)": losses.targeted(f, targets, at),
            }
            for call, expected in objectives.items():
                got = maths(call, t=targets[0].tolist(), **given)
                assert got["loss"] == pytest.approx(float(expected.loss))
                assert got["byScores"] == pytest.approx(expected.by_scores[0].tolist())
                assert got["byLambda"] == pytest.approx(float(expected.by_lambda))
            assert maths("averageTopkBound(f, k, lam)", **given) == pytest.approx(float(average_topk_bound(f, k, at)))
        given = {"f": f[0].tolist(), "y": true[0].tolist(), "t": targets[0].tolist(), "k": k}
        ranked = f[0].sort(descending=True).values
        single = {
            "averageTopk(f, k)": tk.average_topk(f, k),
            "untargetedLambda(f, y, k)": losses.untargeted_lambda(f, true, k),
            "targetedLambda(f, k)": losses.targeted_lambda(f, k),
            "clearedMargin(f, y, k)": Cleared(true, k).margin(f),
            "targetedMargin(f, t)": Targeted(targets, true).margin(f),
            "topkLoss(f, y, k)": (f[true].max() - ranked[k]).clamp(min=0),
            "targetedGap(f, t)": ranked[:k].sum() - f[targets].sum(),
        }
        for call, value in single.items():
            assert maths(call, **given) == pytest.approx(float(value)), call
        assert maths("topk(f, k)", **given) == tk.topk(f, k)[0].tolist()
        assert maths("consistent(f, y, k)", **given) is bool(tk.consistent(f, true, k))


def test_ties_go_to_the_lower_label_there_too(maths: Callable[..., Any]) -> None:
    f = torch.tensor([[0.5, 0.9, 0.5, 0.9, 0.5]])
    for k in range(1, 5):
        assert maths("topk(f, k)", f=f[0].tolist(), k=k) == tk.topk(f, k)[0].tolist()


def test_the_bounds_hold_that_the_lesson_tells_of(maths: Callable[..., Any]) -> None:
    """Eq. 8 at its best λ is never below Eq. 7, and Eq. 12 at its best λ is Eq. 11."""
    for seed in range(20):
        given = {"f": scores_of(seed)[0].tolist(), "y": [j < 2 for j in range(7)], "t": [j > 3 for j in range(7)]}
        for k in range(1, 5):
            best = maths("untargeted(f, y, k, untargetedLambda(f, y, k)).loss", k=k, **given)
            assert best >= maths("topkLoss(f, y, k)", k=k, **given) - 1e-12
        assert maths("targeted(f, t, targetedLambda(f, 3)).loss", **given) == pytest.approx(
            maths("targetedGap(f, t)", **given)
        )


@pytest.mark.parametrize("code", CODE, ids=lambda code: code.name)
def test_the_code_is_where_the_lesson_says(code: Code) -> None:
    assert (Path(__file__).parents[2] / code.file).is_file()
    module = importlib.import_module(code.file.removesuffix(".py").replace("/", "."))
    assert getattr(module, code.name).__module__ == module.__name__
    assert code.source.startswith((f"def {code.name}(", f"class {code.name}", "@dataclass"))
    assert code.source in (Path(__file__).parents[2] / code.file).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", WORDS)
def test_formulas_are_well_formed_and_every_piece_has_words(name: str) -> None:
    root = ET.fromstring(f"<div>{getattr(formulas, name).replace('&#160;', ' ')}</div>")
    children = {"munder": 2, "msub": 2, "mfrac": 2, "munderover": 3, "msubsup": 3, "mover": 2}
    for tag, count in children.items():
        found = list(root.iter(f"{{http://www.w3.org/1998/Math/MathML}}{tag}"))
        assert all(len(element) == count for element in found), tag
    pieces = [one for one in root.iter("li") if one.get("class") == "part"]
    assert pieces
    for piece in pieces:
        assert "".join(piece[0].itertext()).strip() and str(piece[1].text).strip()


@pytest.mark.parametrize(
    ("symbol", "words"),
    [
        ("Ŷ<sub>k</sub>", "keep the first k of them"),
        ("⊆", "all of A is in B"),
        (r"\bE\b", "agrees with the truth"),
        ("f<sub>j</sub>", "score of label number j"),
        (r"f<sub>\[k\]</sub>", "score at place k"),
        ("λ", "Draw a threshold"),
    ],
)
def test_a_symbol_is_said_in_words_before_it_stands(symbol: str, words: str) -> None:
    said = " ".join(" ".join([*step.words, str(step.formula or "")]) for step in LESSONS)
    first = re.search(symbol, said)
    assert first and 0 <= said.find(words) < first.start()


def test_shuffled_the_change_is_as_large_in_every_norm() -> None:
    z = torch.randint(-3, 4, (1, 3, 8, 9), generator=torch.Generator().manual_seed(1)) / 255
    other = growing.shuffled(z)
    assert not torch.equal(other, z) and torch.equal(other.flatten().sort().values, z.flatten().sort().values)


def test_every_size_is_annotated_as_it_is() -> None:
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 32 * 32, 4))
    annotator = tk.Annotator(network, ["cat", "dog", "sofa", "bird"])
    x, z = torch.full((1, 3, 32, 32), 0.5), torch.randn(1, 3, 32, 32) / 255
    grown = growing.grow(annotator, x, z)
    for at, size in enumerate(growing.SIZES):
        assert torch.allclose(grown.logits[at], annotator(x + size * z)[0], atol=1e-5)
        assert float(grown.norms[at]) == pytest.approx(size * float(tk.l2_norm(z)[0]), rel=1e-4)
