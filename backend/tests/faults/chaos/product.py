"""Starts the real program in a hurry: `python -m tests.faults.chaos.product serve`.

Only waiting times differ from the product as it is shipped: between tries, between sweeps. With SABOTAGE in the
environment the cleaning up after a crash is left out, to prove that the invariants notice.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from dbbackup.__main__ import main
from dbbackup.worker import copies, worker
from tests.faults.launch import be_impatient_with_s3

SABOTAGE = "CHAOS_SABOTAGE"


def hurry() -> None:
    """Sweep often, and try again at once what is otherwise tried again after minutes."""
    be_impatient_with_s3()
    setattr(worker, "SWEEP_SECONDS", 0.5)  # noqa: B010 - for mypy, which knows the constants
    setattr(copies, "_BACKOFF", timedelta(seconds=0.1))  # noqa: B010
    setattr(copies, "MAX_REFILLS", 1000)  # noqa: B010


def sabotage() -> None:
    """Leave everything as a crash left it."""

    async def nothing(*_: Any, **__: Any) -> None:
        """Clean up nothing."""

    idle: Callable[..., Awaitable[None]] = nothing
    setattr(worker, "reconcile", idle)  # noqa: B010
    setattr(worker, "retry_journal", idle)  # noqa: B010


if __name__ == "__main__":
    hurry()
    if SABOTAGE in os.environ:
        sabotage()
    main()
