"""Work that ends although its caller was cancelled, and work with a limit."""

from __future__ import annotations

import asyncio

import pytest

from dbbackup.storages.offload import finish, in_thread, within


async def test_in_thread_returns_and_raises() -> None:
    assert await in_thread(sum, [1, 2]) == 3
    with pytest.raises(ZeroDivisionError):
        await in_thread(divmod, 1, 0)


async def test_finish_when_cancelled_waits_and_passes_the_cancellation_on() -> None:
    ended = []

    async def work() -> None:
        await asyncio.sleep(0.05)
        ended.append(True)

    task = asyncio.create_task(finish(work()))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


@pytest.mark.parametrize(("seconds", "grace", "whole"), [(3600, 0.02, False), (0.2, 3600, True)])
async def test_finish_gives_the_work_only_its_grace(seconds: float, grace: float, whole: bool) -> None:
    ended = []

    async def work() -> None:
        await asyncio.sleep(seconds)
        ended.append(True)

    task = asyncio.create_task(finish(work(), grace))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 60)
    assert ended == [True] * whole


async def test_finish_when_the_work_was_cancelled_by_itself() -> None:
    async def work() -> None:
        await asyncio.sleep(0.02)
        raise asyncio.CancelledError

    task = asyncio.create_task(finish(work()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_within_goes_on_while_there_is_progress() -> None:
    moved = 0

    async def work() -> str:
        nonlocal moved
        for _ in range(5):
            await asyncio.sleep(0.05)
            moved += 1
        return "done"

    assert await within(0.12, work(), lambda: moved) == "done"


async def test_within_ends_what_stands_still() -> None:
    with pytest.raises(TimeoutError):
        await within(0.02, asyncio.sleep(10))


async def test_within_when_cancelled_ends_the_work() -> None:
    ended = []

    async def work() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            ended.append(True)

    task = asyncio.create_task(within(5, work()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]
