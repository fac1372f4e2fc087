"""Memory that a large reading takes goes back to the system after it.

glibc keeps what was freed for the next reading, in a heap ("arena") for each of several threads,
and takes ever larger pieces from there. A run that lasts for weeks would keep in all of them what
the largest pages ever took. Where the C library is another one, nothing happens.
"""

from __future__ import annotations

import ctypes

# Both as malloc.h of glibc numbers them, see mallopt(3).
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_LARGE = 128 * 1024  # its default, which it raises by itself unless it is set


def keep_memory_small() -> None:
    """Have all threads share a heap, and pages of lists given back as soon as they are free.

    To be called before threads are started: one that has a heap of its own keeps it. Threads of
    Python seldom ask for memory at the same time, so they do not wait for each other.
    """
    if (set_option := _of_c_library("mallopt")) is not None:
        set_option(_M_ARENA_MAX, 1)
        set_option(_M_MMAP_THRESHOLD, _LARGE)


def give_memory_back() -> None:
    """Give back all that is free."""
    if (trim := _of_c_library("malloc_trim")) is not None:
        trim(0)


def _of_c_library(name: str) -> ctypes._NamedFuncPointer | None:
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):  # on Windows
        return None
    # Others have a mallopt with other options.
    return getattr(library, name, None) if hasattr(library, "gnu_get_libc_version") else None
