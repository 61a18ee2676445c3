"""Annotators in memory: loaded once, bounded, and safe for several runs at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

import tkml_core as tk
from demo.engine.annotator_cache import Loaded
from tkml_core.zoo import registry


def small(name: str) -> tk.Annotator:
    """400 bytes of weights."""
    return tk.Annotator(nn.Sequential(nn.Flatten(), nn.Linear(49, 2)), ["a", "b"])


def test_the_least_recently_used_leaves_and_is_loaded_again() -> None:
    asked: list[str] = []

    def load(name: str) -> tk.Annotator:
        asked.append(name)
        return small(name)

    loaded = Loaded(load, most_bytes=800)
    first = loaded.get("one")
    assert loaded.get("two") is loaded.get("two") and loaded.get("one") is first
    loaded.get("three")
    assert loaded.names() == ("one", "three") and asked == ["one", "two", "three"]
    assert loaded.get("two") is not None and loaded.names() == ("three", "two") and asked[-1] == "two"
    assert Loaded(load, most_bytes=1).get("large") is not None  # one alone stays, however large


def test_one_load_for_all_who_ask_at_once_and_none_waits_for_another() -> None:
    begun, goes_on, count = threading.Event(), threading.Event(), []

    def load(name: str) -> tk.Annotator:
        count.append(name)
        if name == "slow":
            begun.set()
            assert goes_on.wait(30)
        return small(name)

    loaded = Loaded(load)
    with ThreadPoolExecutor(4) as pool:
        slow = [pool.submit(loaded.get, "slow") for _ in range(3)]
        assert begun.wait(30)
        loaded.get("quick")  # while the other one is still on its way
        goes_on.set()
        assert len({id(one.result(30)) for one in slow}) == 1
    assert sorted(count) == ["quick", "slow"]


def test_weights_that_cannot_be_had_are_told_and_asked_for_again(capsys: pytest.CaptureFixture[str]) -> None:
    tries: list[str] = []

    def load(name: str) -> tk.Annotator:
        tries.append(name)
        if len(tries) == 1:
            raise FileNotFoundError("Nothing at /a/path.")
        return small(name)

    loaded = Loaded(load)
    with pytest.raises(ValueError, match="The weights of far cannot be had here") as error:
        loaded.get("far")
    assert "path" not in str(error.value) and "far: Nothing at /a/path." in capsys.readouterr().err
    assert loaded.get("far") is not None and loaded.names() == ("far",)


@pytest.mark.parametrize("name", [registry.DEFAULT, f"{registry.DEFAULT}+random_resize", f"{registry.DEFAULT}+jpeg"])
def test_runs_at_the_same_time_do_not_disturb_each_other(name: str) -> None:
    annotator = tk.load(name, device="cpu")
    images = [torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(i)) for i in range(4)]

    def gradient(x: torch.Tensor) -> torch.Tensor:
        x = x.clone().requires_grad_()
        return torch.autograd.grad(annotator(x).amax(), x)[0]

    alone = [gradient(x) for x in images]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(gradient, images * 3))
    for i, found in enumerate(together):
        torch.testing.assert_close(found, alone[i % 4], rtol=1e-3, atol=1e-5)
