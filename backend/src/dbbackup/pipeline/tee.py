"""Duplicates what lies in a pipe into another one without copying it: tee(2), which Python does not offer."""

from __future__ import annotations

import ctypes
import os

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.tee.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_size_t, ctypes.c_uint)
_LIBC.tee.restype = ctypes.c_ssize_t


def tee(source: int, target: int, size: int) -> int:
    """Let the target pipe have up to `size` bytes from the front of the source pipe, which keeps them.

    Waits for bytes in the one and room in the other, without the GIL; returns how many bytes it was, 0 at the end
    of the source. Raises OSError: the target has no reader (any more), a signal came, or it is not possible here.
    """
    shared: int = _LIBC.tee(source, target, size, 0)
    if shared < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return shared
