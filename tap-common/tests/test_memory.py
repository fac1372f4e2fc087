"""What a run that lasts asks of the C library."""

import os
import platform
import subprocess
import sys

import pytest

HEAPS = """
import ctypes
import sys
from threading import Barrier, Thread

from tap_common.memory import give_memory_back, keep_memory_small

if sys.argv[1:] == ["small"]:
    keep_memory_small()
all_there = Barrier(4)


def fill() -> None:
    pieces = [bytes(10_000) for _ in range(100)]
    all_there.wait()
    pieces.clear()


threads = [Thread(target=fill) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
give_memory_back()
library = ctypes.CDLL(None)
library.fdopen.restype = ctypes.c_void_p
library.malloc_info(0, ctypes.c_void_p(library.fdopen(1, b"w")))
library.fflush(None)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has such options")
@pytest.mark.parametrize(("words", "shared"), [((), False), (("small",), True)])
def test_threads_share_a_heap_where_little_memory_is_to_be_kept(
    words: tuple[str, ...], shared: bool
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HEAPS, *words],
        capture_output=True,
        text=True,
        check=True,
        env={name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"},
    )

    assert (ended.stdout.count("<heap nr=") == 1) is shared
