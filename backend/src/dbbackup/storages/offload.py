"""Work that must leave the event loop, and work that must end even when its caller is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# Threads of our own: a disk that hangs must not use up asyncio's default threads, which resolve names.
_THREADS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="storage")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking function in a thread; a cancelled caller still waits for it.

    Without that wait a caller would close a file that a thread is writing to, and the number of
    the file might by then belong to another one.
    """
    loop = asyncio.get_running_loop()
    return await finish(loop.run_in_executor(_THREADS, lambda: function(*args, **kwargs)))


async def finish(work: asyncio.Future[T] | Coroutine[Any, Any, T], grace: float | None = None) -> T:
    """Wait for the work to its end even when cancelled, then let the cancellation go on.

    From the first cancellation the work has `grace` seconds left (None: as long as it takes, so
    it must be bounded by itself); then it is cancelled too.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    timer: asyncio.TimerHandle | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            if cancelled is None and grace is not None:
                timer = asyncio.get_running_loop().call_later(grace, task.cancel)
            cancelled = error
    if timer is not None:
        timer.cancel()
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # marks it as seen: the cancellation is what the caller learns
    raise cancelled


async def within(limit: float, work: Coroutine[Any, Any, T], progress: Callable[[], int] = lambda: 0) -> T:
    """Await the work; raise TimeoutError when `limit` seconds pass in which `progress` did not change.

    The work is cancelled and has ended when this returns or raises.
    """
    task = asyncio.ensure_future(work)
    try:
        seen = progress()
        while not (await asyncio.wait({task}, timeout=limit))[0]:
            if (now := progress()) == seen:
                raise TimeoutError
            seen = now
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
