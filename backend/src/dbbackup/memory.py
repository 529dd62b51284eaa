"""Keeps the process small: what is not to be loaded, and what C library and kernel are told to give back."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

LEFT_OUT = (
    # httpx as a command: rich and pygments.
    "httpx._main",
    # Colours for errors in templates, which Alembic needs for making new migrations alone: pygments.
    "mako.ext.pygmentplugin",
)
"""What libraries load for uses that this program has not. Both do without it when its import fails."""
OF_COMMANDS = ("httpx",)
"""What the other commands alone need. aiobotocore can send by it and would load it, too."""
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3
_MADV_DONTNEED = 4
_THRESHOLDS = (10_000, 2, 4)
"""Objects made between two looks for garbage, where Python's 700 are fewer than one answer of the API needs; and how
many looks go by until what survived is looked at, too. With Python's ten, 6 MB of garbage lay after ten backups."""


def leave_out(names: Iterable[str] = LEFT_OUT) -> None:
    """Let these imports fail, before anything imports them: None in `sys.modules` is Python's documented way."""
    for name in names:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # typeshed knows of modules only


def bound_allocator() -> None:
    """Keep glibc from holding on to what the chunks of a backup used.

    It makes an arena per thread and, once a 1 MiB chunk was freed, serves the next ones from there
    instead of mapping and unmapping them: memory that is never given back.
    """
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    # Other C libraries (musl) have no such call and no such arenas.
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)
        mallopt(_M_MMAP_THRESHOLD, 128 * 1024)


@contextmanager
def uncollected() -> Iterator[None]:
    """Do not look for garbage meanwhile: what is imported stays, and looking at it takes a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def settle() -> None:
    """Clear the garbage of the imports, and give back what only the start needed.

    What is left is what this program is made of, half a million objects that stay to its end. The collector need not
    look at them again: each time it did, everything else waited for a sixth of a second. The second collection finds
    nothing, but it counts: Python looks through all only when a quarter of what it last counted has come on top.
    """
    gc.collect()
    gc.freeze()
    gc.collect()
    gc.set_threshold(*_THRESHOLDS)
    give_back()


def give_back() -> None:
    """Give back what the C library holds unused, and the code of libraries that ran once; takes some milliseconds.

    For each page of code that is touched the kernel maps fifteen of its neighbours along: half of what is mapped
    after a while is never run again. Dropping it is harmless, whatever runs at the same time: these pages are the
    files' own, and what is needed is mapped again.
    """
    import ctypes

    libc = ctypes.CDLL(None)
    if (trim := getattr(libc, "malloc_trim", None)) is not None:
        trim(ctypes.c_size_t(0))
    if (advise := getattr(libc, "madvise", None)) is not None:
        for start, end in _code():
            advise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_DONTNEED)


def _code(smaps: Path = Path("/proc/self/smaps")) -> Iterator[tuple[int, int]]:
    """Yield where code of files is mapped that nothing has written to: libraries, which stay where they are."""
    try:
        lines = smaps.read_text(errors="replace").splitlines()
    except OSError:
        return  # another kernel than Linux, or a /proc that is not ours
    place: tuple[int, int] | None = None
    for line in lines:
        name, *fields = line.split(maxsplit=5)
        if not name.endswith(":"):
            start, end = (int(part, 16) for part in name.split("-"))
            is_code = fields[0] == "r-xp" and len(fields) == 5 and fields[4].startswith("/")
            place = (start, end) if is_code else None
        elif name == "Anonymous:" and place and fields[0] == "0":
            yield place
