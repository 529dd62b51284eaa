"""Lets coverage measure threads without a hang of CPython 3.11: a plugin of coverage, loaded in each measured process.

To tell greenlets apart coverage keeps a weak dictionary of them. When a thread ends, greenlet removes the thread's
main greenlet in a pending call of the main thread, and the dictionary's callback, which is Python and so is traced,
runs inside that call. If a second thread ends in the same moment its call stays pending, since such calls do not
nest, and the interpreter, which looks for pending calls before it traces a function's entry, looks for ever: one
core is busy and no time limit reaches the process. A greenlet that is never freed has no callback.
"""

from __future__ import annotations

import sys
import threading

import greenlet  # type: ignore[import-untyped]

_kept: list[object] = []


def coverage_init(_registry: object, _options: object) -> None:
    """Have each thread keep its main greenlet; coverage calls this before it measures anything."""
    if sys.version_info >= (3, 12):
        return
    thread = threading.Thread
    begin = thread._bootstrap_inner  # type: ignore[attr-defined]

    def begin_and_keep(self: threading.Thread) -> None:
        # Twice: of what has one reference left greenlet searches the whole heap for the referrer, at each thread's end.
        _kept.extend([greenlet.getcurrent()] * 2)
        begin(self)

    thread._bootstrap_inner = begin_and_keep  # type: ignore[attr-defined]
