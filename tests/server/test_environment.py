"""Proxies, other people's folders, and the end by SIGTERM."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

from demo.components.events import plainly
from demo.server import environment

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every variable that is set here comes back as it was."""
    for name in ("NO_PROXY", "no_proxy", "GRADIO_TEMP_DIR", "GOMP_SPINCOUNT"):
        monkeypatch.setenv(name, "x")
        monkeypatch.delenv(name)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_the_page_reaches_itself_past_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "intern.example, localhost")
    environment.reach_itself_without_proxy()
    assert os.environ["NO_PROXY"] == "intern.example,localhost,127.0.0.1,::1"
    assert os.environ["no_proxy"] == "127.0.0.1,localhost,::1"


@pytest.mark.skipif(sys.platform != "linux", reason="PyTorch brings another OpenMP there")
@pytest.mark.parametrize(("said", "told"), [(None, str(environment.SPINS)), ("77", "77")])
def test_waiting_threads_give_their_core_back_soon(said: str | None, told: str) -> None:
    """As PyTorch's OpenMP itself tells, after what app.py imports and does before it; whoever starts the page may choose."""
    there = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    there |= {"OMP_DISPLAY_ENV": "verbose"} | ({} if said is None else {"GOMP_SPINCOUNT": said})
    code = "import app; app.environment.prepare(); import torch"
    ran = subprocess.run([sys.executable, "-c", code], env=there, cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"GOMP_SPINCOUNT = '{told}'" in ran.stderr


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ((1024, 2**20), [(20_000, 2**20)]),
        ((256, 4096), [(4096, 4096)]),
        ((1024, -1), [(20_000, -1)]),
        ((30_000, 2**20), []),
    ],
)
def test_more_streams_can_be_open_than_a_process_is_usually_given(
    given: tuple[int, int], asked: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[int, int]] = []
    fake = SimpleNamespace(
        RLIMIT_NOFILE=7, RLIM_INFINITY=-1, getrlimit=lambda _: given, setrlimit=lambda _, limits: said.append(limits)
    )
    monkeypatch.setitem(sys.modules, "resource", fake)
    environment.allow_many_connections()
    assert said == asked
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows
    environment.allow_many_connections()


@pytest.mark.parametrize("there", ["nothing", "mine", "another's", "a file"])
def test_a_folder_of_another_user_is_left_to_them(there: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gradio"
    folder.touch() if there == "a file" else folder.mkdir() if there != "nothing" else None
    if there == "another's":
        monkeypatch.setattr("os.getuid", lambda: folder.stat().st_uid + 1)
    environment.use_a_folder_of_its_own()
    own = os.environ.get("GRADIO_TEMP_DIR")
    assert (own is None) if there in ("nothing", "mine") else Path(own or "").is_dir() and Path(own or "") != folder


def test_what_is_there_when_the_page_is_built_is_not_looked_through_again(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(
        environment,
        "gc",
        SimpleNamespace(**{name: lambda name=name: done.append(name) for name in ("disable", "freeze", "enable")}),
    )
    with environment.nothing_collected():
        done.append("built")
    assert done == ["disable", "built", "freeze", "enable"]


def test_sigterm_ends_the_page_as_ctrl_c_does() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        signal.signal(signal.SIGTERM, environment._as_ctrl_c)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)  # a second one does not break into the tidying up
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("k = 0: too small."), "k = 0: too small."),
        (OSError(28, "No space left on device", "/secret/path"), "disk is full"),
        (MemoryError(), "no memory left"),
        (RuntimeError("secret"), "Something broke on the server (RuntimeError)"),
        (FileNotFoundError("/secret/path"), "Something broke on the server"),
        (gr.Error("Told already."), "Told already."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_an_event_raises_the_visitor_reads_a_sentence(error: Exception, words: str) -> None:
    def function() -> None:
        raise error

    def generator():  # type: ignore[no-untyped-def]
        yield 1
        raise error

    with pytest.raises(gr.Error) as told:
        plainly(function)()
    with pytest.raises(gr.Error) as told_too:
        list(plainly(generator)())
    for caught in (told, told_too):
        assert words in str(caught.value.message) and "secret" not in str(caught.value.message)
