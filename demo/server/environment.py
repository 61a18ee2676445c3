"""What the machine that the page starts on may have that would keep it from starting, or from ending tidily."""

import atexit
import contextlib
import gc
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from demo.engine import heap

MOST_FILES = 20_000
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SPINS = 3000  # turns of a waiting loop; libgomp's own 300,000 can outlast a core's turn at another process


def prepare() -> None:
    """To be called before Gradio is imported, in the main thread."""
    heap.limit_arenas()
    give_cores_back_soon()
    allow_many_connections()
    reach_itself_without_proxy()
    use_a_folder_of_its_own()
    signal.signal(signal.SIGTERM, _as_ctrl_c)


@contextlib.contextmanager
def nothing_collected() -> Iterator[None]:
    """For the imports and the building of the page: a million objects that all stay, and are looked through neither now nor
    later. It takes a fifth of a start, and a tenth of a second of a run, now and then."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()
    heap.give_back()


def give_cores_back_soon() -> None:
    """PyTorch's threads wait for each other in a loop that holds the core, hundreds of times a step. Where others use the
    machine too, that is the very core that the one waited for needs: beside two busy processes on two cores a pass and its
    gradient took 374 ms and up to 1.2 s, and take 133 with few turns of that loop; on an idle machine 28 in place of 27. To be
    called before PyTorch is imported, as its OpenMP looks once."""
    os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))


def allow_many_connections() -> None:
    """Every stream that is listened to is an open file, of which a process has 1,024 unless it asks for more."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def reach_itself_without_proxy() -> None:
    """Gradio asks the page whether it answers; a proxy for the rest of the world (HTTP_PROXY) could not."""
    for name in ("NO_PROXY", "no_proxy"):
        known = [host.strip() for host in os.environ.get(name, "").split(",") if host.strip()]
        os.environ[name] = ",".join([*known, *(host for host in LOOPBACK if host not in known)])


def use_a_folder_of_its_own() -> None:
    """Gradio keeps uploads in <temporary folder>/gradio, which may be another user's on a machine that several share."""
    if os.environ.get("GRADIO_TEMP_DIR"):
        return
    usual = Path(tempfile.gettempdir()) / "gradio"
    if usual.exists() and not (usual.is_dir() and _is_mine(usual)):
        os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix="gradio-")


def _is_mine(folder: Path) -> bool:
    mine = not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
    return mine and os.access(folder, os.W_OK | os.X_OK)


def _as_ctrl_c(number: int, frame: FrameType | None) -> None:
    """A service that is stopped gets SIGTERM, which would leave temporary folders behind."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
    raise KeyboardInterrupt


def end() -> None:
    """End the process now. Nobody is waited for: an open stream never ends, and a step may take long; folders are tidied."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
