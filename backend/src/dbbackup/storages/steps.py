"""Runs the steps of a storage's test one after another."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from dbbackup.core.errors import AppError
from dbbackup.storages.base import CheckStep
from dbbackup.storages.offload import finish

_GRACE = 10.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `run` returns what to tell about its success; `needs` names steps it cannot do without."""

    name: str
    run: Callable[[], Awaitable[str]]
    needs: tuple[str, ...] = ()


async def run_steps(steps: Sequence[Step]) -> list[CheckStep]:
    """Run the steps in order and return each one's result; a step whose need failed is not tried.

    A cancelled caller still gives the steps a moment to come to their end: cut off in the middle, what was put
    there for the test would stay.
    """
    return await finish(_run_all(steps), _GRACE)


async def _run_all(steps: Sequence[Step]) -> list[CheckStep]:
    results: dict[str, CheckStep] = {}
    for step in steps:
        started = time.perf_counter()
        missing = [need for need in step.needs if not results[need].ok]
        ok, message = False, f"Not tried, because the step {', '.join(missing)} failed."
        if not missing:
            try:
                ok, message = True, await step.run()
            except AppError as error:
                ok, message = False, error.message
        duration = (time.perf_counter() - started) * 1000
        results[step.name] = CheckStep(name=step.name, ok=ok, message=message, duration_ms=round(duration, 1))
    return list(results.values())
