"""Between the page and the core: the one generator of frames and the one report, for the page and the endpoint alike."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator
from functools import cache
from pathlib import Path
from typing import Any

import torch

import tkml_core as tk
from demo.catalog import attacks as menu
from demo.engine import threads, zero_gpu
from demo.engine.frames import Frame, History
from demo.engine.outcome import Outcome, conclude
from demo.engine.plan import Ask, Photo, Plan, make_plan, one_of, whole
from demo.photos.uploads import GONE, file_word, open_photo
from tkml_core.generators import WithResult
from tkml_core.step import Steps

# For every event that attacks, page and endpoint alike: Gradio lets the lowest limit of an id hold for all that share it,
# and one that is not given is 1. Two cores: more runs at once would only make all of them slow.
AT_ONCE: dict[str, Any] = {"concurrency_id": "attack", "concurrency_limit": 2}
BUDGET_SECONDS = 60.0  # wall clock of one run, wherever it was asked for
_KEPT_PHOTOS = 32  # about 1.2 MB each at the most


_load_lock = threading.Lock()


@cache
def _load(name: str) -> tk.Annotator:
    return tk.load(name, "cpu" if zero_gpu.LENDS else None)  # a GPU that is lent belongs to another process


def annotator(name: str) -> tk.Annotator:
    """The annotator called `name`, loaded once; ValueError listing `tk.available()` for any other name."""
    one_of("annotator", name, tk.available())
    with _load_lock:
        return _load(name)


_photos: OrderedDict[tuple[str, str, bool, int], Photo] = OrderedDict()
_photos_lock = threading.Lock()


def read_photo(path: str | Path | None, annotator_name: str, square: bool = False) -> Photo:
    """The picture at `path` prepared and annotated, whole or its centre square.

    Kept for the next caller: a page asks again at every click.
    """
    if not path:
        raise ValueError("There is no picture yet. Upload one, or pick a sample.")
    network = annotator(annotator_name)
    try:
        key = (str(path), annotator_name, square, Path(path).stat().st_mtime_ns)
    except OSError as error:
        raise ValueError(GONE) from error
    with _photos_lock:
        if key in _photos:
            _photos.move_to_end(key)
            return _photos[key]
    x = network.prepare(open_photo(path), square).to(network.device)
    with torch.inference_mode():
        logits = network(x)
    # clone() outside inference mode: inference tensors may not take part in an attack's gradients.
    photo = Photo(x.clone(), logits.clone(), file_word(path))
    with _photos_lock:
        _photos[key] = photo
        while len(_photos) > _KEPT_PHOTOS:
            _photos.popitem(last=False)
    return photo


def annotate(path: str | Path | None, annotator_name: str, k: Any) -> list[tuple[str, float]]:
    """The k best labels of a picture with their probabilities, best first."""
    network = annotator(annotator_name)
    k = whole("k", k, 1, len(network.labels))
    photo = read_photo(path, annotator_name)
    probability = photo.logits[0].sigmoid()
    return [(network.labels[j], float(probability[j])) for j in tk.topk(photo.logits, k)[0].tolist()]


def plan(path: str | Path | None, ask: Ask) -> Plan:
    """A checked plan for the picture at `path`; ValueError says what cannot be done and what can."""
    network = annotator(ask.annotator)
    one_of("attack", ask.attack, menu.attacks())
    # What was made for many photos has one size, theirs: the square.
    return make_plan(ask, network, read_photo(path, ask.annotator, square=menu.ready_made(ask.attack)))


def driven(
    steps: Steps, stop_asked: Callable[[], bool], budget: float = BUDGET_SECONDS
) -> Generator[tk.Step, None, tuple[tk.Result, str | None]]:
    """The steps of any attack; returns its result and what cut it short: None, "user" or "time". Closing it stops the work.

    They are taken in a thread of their own, see `compute`. When `stop_asked` turns true or `budget` seconds are over, the core
    concludes with the best it has, so that a run that was cut short has an honest result too.
    """
    began = time.perf_counter()
    stopped: str | None = None
    try:
        with threads.thread() as call:
            step = call(next, steps)
            while True:
                yield step
                if stopped is None:
                    stopped = "user" if stop_asked() else "time" if time.perf_counter() - began > budget else None
                step = call(steps.send, True) if stopped else call(next, steps)
    except StopIteration as end:
        return end.value, stopped
    finally:
        steps.close()


def run(
    plan: Plan, stop_asked: Callable[[], bool] = lambda: False, budget: float = BUDGET_SECONDS
) -> Generator[Frame, None, Outcome]:
    """Frames of the attack, one a step; returns the Outcome, whose report says in "stopped" what cut it short."""
    began = time.perf_counter()
    history = History()
    steps = WithResult(driven(plan.attack.steps(plan.annotator, plan.photo.x, plan.goal), stop_asked, budget))
    for step in steps:
        history.add(step)
        seconds = time.perf_counter() - began
        speed = (len(history.loss) - 1) / max(seconds, 1e-6)
        yield Frame(step.index, step.x_adv, step.logits, history, bool(step.achieved[0]), seconds, speed)
    result, stopped = steps.result
    return conclude(plan, result, history, stopped, time.perf_counter() - began)
