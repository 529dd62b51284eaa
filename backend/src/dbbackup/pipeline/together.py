"""Several things at the same time that are one: when the first fails, the others are ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from dbbackup.storages.offload import finish

Result = TypeVar("Result")


async def together(
    work: Sequence[Callable[[], Coroutine[Any, Any, Result]]], *, at_once: int | None = None
) -> list[Result]:
    """Do all of it, so many at once, and return what came of each in the same order.

    The first failure ends all others, and is raised when they have ended. A cancellation ends all, too.
    """
    if not work:
        return []
    turn = asyncio.Semaphore(at_once or len(work))
    failed: list[BaseException] = []

    async def do(one: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        async with turn:
            try:
                return await one()
            except BaseException as error:
                failed.append(error)
                raise

    tasks = [asyncio.ensure_future(do(one)) for one in work]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await finish(asyncio.gather(*tasks, return_exceptions=True))
    if failed:
        raise failed[0]
    return [task.result() for task in tasks]
