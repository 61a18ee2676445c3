"""Freed memory that glibc keeps goes back to the system."""

import ctypes
import re
import sys
from pathlib import Path

import pytest

from demo.engine import heap

COUNT, SIZE = 1500, 64_000  # chunks below what glibc gets as mappings of their own


def megabytes() -> float:
    return int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's")
def test_what_is_free_below_something_in_use_is_given_back_and_not_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    glibc = ctypes.CDLL("libc.so.6")
    glibc.malloc.restype, glibc.malloc.argtypes, glibc.free.argtypes = (
        ctypes.c_void_p,
        [ctypes.c_size_t],
        [ctypes.c_void_p],
    )
    monkeypatch.setattr(heap, "_gave_back", -heap._EVERY)
    heap.give_back()
    chunks = [glibc.malloc(SIZE) for _ in range(COUNT)]
    for chunk in chunks:
        ctypes.memset(chunk, 1, SIZE)
    for chunk in chunks[:-1]:
        glibc.free(chunk)
    kept = megabytes()
    heap.give_back()
    assert megabytes() > kept - 10  # it was done just now
    monkeypatch.setattr(heap, "_gave_back", -heap._EVERY)
    heap.give_back()
    assert megabytes() < kept - 0.7 * COUNT * SIZE / 2**20
    glibc.free(chunks[-1])
