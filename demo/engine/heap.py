"""What glibc keeps of freed memory, goes back to the system: it was half of what the page took with many visitors.

glibc gives each thread a heap, and what is freed in it stays there as long as anything above it is in use. A run frees some
hundred MB of activations, and leaves a few MB above them.
"""

import contextlib
import ctypes
import sys
import threading
import time

_ARENA_MAX, _ARENAS = -8, 2  # glibc's M_ARENA_MAX, and as many as two cores can use at a time
_EVERY = 3.0  # seconds: it takes some ten milliseconds, for which others may wait
_lock = threading.Lock()
_gave_back = 0.0


def limit_arenas() -> None:
    """Few heaps for many threads: every event and every run has one. To be called before there are any."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        _glibc().mallopt(_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Return what is free, unless that was done just now."""
    global _gave_back
    with _lock:
        now = time.monotonic()
        if now - _gave_back < _EVERY:
            return
        _gave_back = now
    with contextlib.suppress(OSError, AttributeError):
        _glibc().malloc_trim(0)


def _glibc() -> ctypes.CDLL:
    if sys.platform != "linux":
        raise OSError("no glibc")
    return ctypes.CDLL("libc.so.6")
