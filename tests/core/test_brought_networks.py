"""Networks that people bring: attacked as the plain network is, whatever their habits, and nothing of the caller changes."""

import warnings
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn
from torchvision.transforms import Normalize

import tkml_core as tk

LABELS = ("cat", "dog", "sofa", "kite", "cup")
MEAN = [0.5, 0.4, 0.3]


def network() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.Tanh(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, len(LABELS))
    )


class Habit(nn.Module):
    """The network above, with a habit: what it does with the images first, and in what it wraps its scores."""

    def __init__(self, first: nn.Module | None = None, wrap: object = None, last: nn.Module | None = None) -> None:
        super().__init__()
        self.first, self.network, self.last, self.wrap = first or nn.Identity(), network(), last or nn.Identity(), wrap

    def forward(self, x: Tensor) -> object:
        scores = self.last(self.network(self.first(x)))
        return self.wrap(scores) if callable(self.wrap) else scores


class SilentEval(Habit):
    def eval(self) -> None:  # type: ignore[override]
        self.train(False)


HABITS = {
    "eval() returns nothing": (SilentEval(), {}),
    "a tuple of one": (Habit(wrap=lambda s: (s,)), {}),
    "a list of one": (Habit(wrap=lambda s: [s]), {}),
    "an output with logits": (Habit(wrap=lambda s: SimpleNamespace(logits=s, loss=None)), {}),
    "a dict with logits": (Habit(wrap=lambda s: {"logits": s, "hidden": 1}), {}),
    "id2label": (Habit(), {"labels": dict(enumerate(LABELS))}),
    "id2label of JSON, in any order": (Habit(), {"labels": {str(i): LABELS[i] for i in (4, 0, 2, 1, 3)}}),
    "TorchScript": (torch.jit.trace(network().eval(), torch.rand(1, 3, 16, 16)), {}),
    "a sigmoid, declared": (Habit(last=nn.Sigmoid()), {"outputs": "probabilities"}),
}


@pytest.fixture
def x() -> Tensor:
    return torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("habit", HABITS)
def test_the_run_is_that_of_the_plain_network(habit: str, x: Tensor) -> None:
    module, more = HABITS[habit]
    plain, brought = tk.Annotator(network(), LABELS), tk.Annotator(module, **{"labels": LABELS, **more})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        torch.testing.assert_close(brought(x), plain(x), atol=1e-5, rtol=1e-4)
    assert brought.labels == LABELS
    goal = tk.Cleared(true=tk.topk_mask(plain(x), 1), k=1)
    for attack in (tk.TkMLAPU(max_steps=30), tk.BlackBox(max_steps=30)):
        one, other = attack(plain, x, goal), attack(brought, x, goal)
        assert torch.equal(one.achieved, other.achieved)
        torch.testing.assert_close(other.norm, one.norm, atol=2.0, rtol=0.02)


@pytest.mark.parametrize("name", [name for name, kind in tk.ATTACKS.items()])
@pytest.mark.parametrize(
    "first", [Normalize(MEAN, MEAN, inplace=True), nn.ReLU(inplace=True), nn.Threshold(0.5, 0.0, inplace=True)],
    ids=["Normalize", "ReLU", "Threshold"],
)  # fmt: skip
def test_a_network_that_writes_into_its_input_changes_nobodys_images(first: nn.Module, name: str, x: Tensor) -> None:
    annotator, before = tk.Annotator(Habit(first=first), LABELS), x.clone()
    logits = annotator(x)
    assert torch.equal(x, before)
    attack = tk.ATTACKS[name](max_steps=6)
    result = attack(annotator, x, tk.own_goal(attack, logits, tk.topk_mask(logits, 1), 1))
    assert torch.equal(x, before)
    assert float(result.x_adv.min()) >= 0 and float(result.x_adv.max()) <= 1
    torch.testing.assert_close(tk.quantize(result.x_adv), result.x_adv)


@pytest.mark.parametrize(
    "last", [nn.Sigmoid(), nn.Softmax(dim=1), nn.Sequential(nn.Sigmoid(), nn.Hardtanh(1e-6, 0.999))]
)
def test_probabilities_are_told_and_turned_back_into_logits(last: nn.Module, x: Tensor) -> None:
    annotator = tk.Annotator(Habit(last=last), LABELS)
    with (
        pytest.warns(UserWarning, match="sigmoid or softmax")
        if not isinstance(last, nn.Sequential)
        else pytest.warns(UserWarning, match="outputs='probabilities'")
    ):
        logits = annotator(x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # told once
        annotator(x)
    plain = network()(x)
    if isinstance(last, nn.Softmax):
        assert torch.equal(logits.argsort(1), plain.argsort(1)) and float(logits.detach().min()) < 0
    elif isinstance(last, nn.Sigmoid):
        torch.testing.assert_close(logits, plain, atol=1e-5, rtol=1e-4)


def test_the_gradient_through_a_sigmoid_is_that_of_the_logits(x: Tensor) -> None:
    """Also where float32's probabilities are tiny: a label at −60 has one of 1e-26."""

    class Far(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.stack([x.sum((1, 2, 3)) * a for a in (0.01, -0.15, 0.001, -0.02, 0.02)], 1).sigmoid()

    annotator = tk.Annotator(Far(), LABELS, outputs="probabilities")
    leaf = x.requires_grad_()
    logits = annotator(leaf)
    assert float(logits.detach().min()) < -40 and bool(torch.isfinite(logits).all())
    for j, slope in enumerate((0.01, -0.15, 0.001, -0.02, 0.02)):
        (gradient,) = torch.autograd.grad(logits[0, j], leaf, retain_graph=True)
        torch.testing.assert_close(gradient[0], torch.full_like(gradient[0], slope), rtol=1e-2, atol=0)


def test_logits_that_happen_to_be_small_stay_as_they_are() -> None:
    class Means(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.mean((2, 3))

    x = torch.rand(1, 3, 4, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.equal(tk.Annotator(Means(), LABELS[:3])(x), x.mean((2, 3)))
    with pytest.warns(UserWarning, match="taken for logits"):
        assert torch.equal(tk.Annotator(Means(), LABELS[:3])(x.expand(4, 3, 4, 4)), x.mean((2, 3)).expand(4, 3))


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (("cat", "crane", "dog", "crane", "x"), "labels 1 and 3 are both called 'crane'"),
        ({0: "cat", 2: "dog"}, "id2label"),
        ({"cat": 0, "dog": 1}, "id2label"),
        ("cats", "one text"),
        ((1, 2, 3), "label 0 is 1"),
        (("cat", " "), "label 1 is ' '"),
    ],
)
def test_labels_that_cannot_be_are_named(labels: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tk.Annotator(network(), labels)  # type: ignore[arg-type]


def test_scores_that_are_no_numbers_are_told(x: Tensor) -> None:
    class Nan(Habit):
        def forward(self, x: Tensor) -> Tensor:
            return self.network(x) * torch.nan

    annotator = tk.Annotator(Nan(), LABELS)
    with pytest.raises(ValueError, match="NaN or infinite scores"):
        tk.TkMLAPU()(annotator, x, tk.Cleared(true=annotator.mask(["cat"]), k=1))
