"""What several test files share: sample photos, and the page served on a free port with a browser to look at it."""

import asyncio
import copy
import hashlib
import http.server
import os
import shutil
import threading
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 0)):
    # Each worker its share of the cores. With all of them for each, OpenMP's teams of threads wait for each other actively,
    # in processes that know nothing of one another, and an attack takes ten times as long. PyTorch reads it on import.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))

from tkml_core.images import InputSize
from tkml_core.step_generators import WithResult

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SMALL = InputSize(128, 256)  # a fifth of the pixels of a photo as it is annotated, where a test is not about pixels
CALM, MOVING = {"reduced_motion": "reduce"}, {"reduced_motion": "no-preference"}
PATIENCE, RUN = 30_000, 90_000  # milliseconds, for a busy machine; a free one needs a tenth of it
# The parts of the page's first tab come one by one, in no order that holds on a busy machine.
WHOLE = """["#verdict p", "#next", "#samples .sample", "#presets button", "#chips .chip", "#change img", "#photo",
  "#attack input", "#race svg", "#table table", "#download-png"].every((part) => document.querySelector(part))"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever opens a browser has the marker `browser`: `-m "not browser"` leaves it out."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


Seen = TypeVar("Seen")
Made = TypeVar("Made")


def to_the_end(run: Generator[Seen, Any, Made]) -> tuple[list[Seen], Made]:
    """All that a generator yields, and what it returns."""
    with_result = WithResult(run)
    return list(with_result), with_result.result


def concluded(run: Generator[Any, bool, Made]) -> Made:
    """What a run returns that is sent True: it ends with what it has."""
    with pytest.raises(StopIteration) as end:
        run.send(True)
    made: Made = end.value.value
    return made


def awaited(coroutine: Coroutine[Any, Any, Made]) -> Made:
    """What it returns. In a thread of its own: a browser test before this one may have left its event loop running here."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def with_universal(attack: str = "kUAPs", k: int = 3) -> str:
    """The first annotator for which there is a bundled universal perturbation: not every one has any."""
    import tkml_core as tk
    from tkml_core.zoo.universal_perturbations import bundled

    return next(name for name in tk.available() if (attack, name, k) in bundled())


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page's sample photos as files, by name."""
    from demo.photos.samples import write_samples

    return write_samples(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the page, served as `app.py` serves it but on any free port and with its own cache folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        patch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
        patch.delenv("GRADIO_SERVER_PORT", raising=False)
        from demo.page import build, launch_options

        page = build()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _, address, _ = page.launch(
                prevent_thread_lock=True,
                quiet=True,
                server_name="127.0.0.1",
                server_port=_free_port(),
                **launch_options(),
            )
        yield address
        page.close()


def make_photos_small(patch: pytest.MonkeyPatch) -> None:
    """Have the demo annotate photos small from now on, so that runs on them are short. What was annotated before stays large."""
    from demo.engine import annotators, recordings

    recordings.recordings()  # read now, as they belong to photos of the usual size
    patch.setattr(annotators, "_photos", OrderedDict())
    for name in ("voc20", "coco80", "mobilenet-voc20"):
        smaller = copy.copy(annotators.load_annotator(name))  # recorded runs keep the one that they were made with
        smaller.input_size = SMALL
        patch.setitem(annotators._loaded._here, name, smaller)


@pytest.fixture
def small_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make_photos_small`, for one test."""
    make_photos_small(monkeypatch)


@pytest.fixture
def small_annotators(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have `tk.load` give annotators that look at photos small, so that runs from Python and the shell are short."""
    import tkml_core as tk

    load = tk.load

    def loaded(name: str, **options: Any) -> tk.Annotator:
        annotator = load(name, **options)
        annotator.input_size = SMALL
        return annotator

    monkeypatch.setattr(tk, "load", loaded)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def holds(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it comes true soon; far less than a run's clock, far more than a busy machine needs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def taken(server: str) -> Iterator[list[Any]]:
    """All places for runs, held by nobody in particular: a list of Turn."""
    from demo.engine.run_queue import AT_ONCE, PLACES, Turn

    with ExitStack() as stack:
        turns = [stack.enter_context(Turn(PLACES)) for _ in range(AT_ONCE)]
        for turn in turns:
            assert list(turn.next()) == [] and turn.held
        yield turns
    assert holds(lambda: PLACES.running() == PLACES.waiting() == 0)


def handed_on(
    several: Callable[[Any], Iterator[Any]], ended: Callable[[Any], Any], waits: Callable[[Any], Any]
) -> list[str]:
    """What comes of somebody who waits for the only place while `several(turn)` makes one run after the other.

    ended, waits: whether an update says that a run has ended, or that the next one waits.
    """
    from demo.engine.run_queue import Places, Turn

    places = Places(at_once=1)
    stranger, seen = Turn(places), list[str]()
    with Turn(places) as turn:
        for update in several(turn):
            if ended(update) and "ended" not in seen:
                line = iter(stranger.next())  # kept: who is no longer asked leaves the line
                assert turn.held and next(line)
                seen.append("ended")
            if waits(update):
                assert stranger.held and not turn.held
                seen.append("waits")
                stranger.__exit__()
    return seen


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path, list[str]]]:
    """Address and folder of a server of files, and what it was asked for; PyTorch's folder for weights is empty."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    folder, asked = tmp_path / "served", list[str]()
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args: object) -> None:
            asked.append(self.path)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", folder, asked
        server.shutdown()


def publish(one: Any, served: tuple[str, Path, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights for a `Published`, at the address where it looks for torchvision's."""
    import torch

    address, folder, _ = served
    torch.manual_seed(0)
    torch.save(one.bare().state_dict() | {"aux_classifier.0.weight": torch.zeros(1)}, folder / "raw.pth")
    sha = hashlib.sha256((folder / "raw.pth").read_bytes()).hexdigest()
    (folder / "raw.pth").rename(folder / f"net-{sha[:8]}.pth")
    weights = replace(one.described().value, url=f"{address}/net-{sha[:8]}.pth")
    monkeypatch.setattr(type(one), "described", lambda self: weights)


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Chromium, driven by Playwright; tests that need it are skipped where either is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("browser tests need Chromium (Debian and Ubuntu: the package chromium)")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


Visit = Callable[..., Any]


@contextmanager
def visits(browser: Any, server: str) -> Iterator[Visit]:
    """Opens the page, as often as it is called. At the end no request may have left this machine and no script have failed."""
    from playwright.sync_api import expect

    opened: list[Any] = []
    requests: list[str] = []
    errors: list[str] = []

    def open_page(viewport: dict[str, int] = WIDE, theme: str = "light", **options: Any) -> Any:
        page = browser.new_context(viewport=viewport, **CALM | options).new_page()
        page.set_default_timeout(PATIENCE)
        opened.append(page)
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{server}?__theme={theme}", timeout=RUN)
        expect(page.locator("#after img")).to_be_visible(timeout=RUN)
        page.wait_for_function(WHOLE, timeout=RUN)
        return page

    yield open_page
    for page in opened:
        page.context.close()
    outside = [url for url in requests if not url.startswith((server.rstrip("/"), "data:", "blob:"))]
    assert requests and outside == []
    assert errors == []


@pytest.fixture
def visit(browser: Any, server: str) -> Iterator[Visit]:
    """Open the page, for one test.

    Nothing moves, as for who prefers that: without a GPU, what moves during a run takes Chromium as long as the run takes.
    A test of what moves asks for `MOVING`.
    """
    with visits(browser, server) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def opened(browser: Any, server: str) -> Iterator[Any]:
    """The page, opened once for all tests of a file: to open it takes longer than most of them.

    The run on arrival stays on the stage. What else a test needs as it is at first, it sets.
    """
    with visits(browser, server) as open_page:
        yield open_page()
