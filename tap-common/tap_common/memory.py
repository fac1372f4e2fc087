"""Memory that a large reading takes goes back to the system after it.

glibc keeps what was freed for the next reading, in a heap for each of several threads, and takes
ever larger pieces from there. A run that lasts for weeks would keep in all of them what the largest
pages ever took. Where the C library is another one, nothing happens.
"""

from __future__ import annotations

import ctypes

_M_MMAP_THRESHOLD = -3  # malloc.h of glibc
_LARGE = 128 * 1024  # its default, which it raises by itself unless it is set


def keep_large_pieces_apart() -> None:
    """Have pieces of memory of the size of a page of a list given back as soon as they are free."""
    if (set_option := _of_c_library("mallopt")) is not None:
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
