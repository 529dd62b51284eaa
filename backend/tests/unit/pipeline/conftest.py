"""A private folder for tools, and both event loops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from dbbackup.pipeline.process import Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """Where and for whom the tools run."""
    folder = tmp_path / "work"
    folder.mkdir(mode=0o700)
    return Workshop(folder, "inst:run1", "Europe/Berlin")


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Modules that say `BOTH_LOOPS = True` run under each event loop in turn."""
    factories: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    if getattr(getattr(item, "module", None), "BOTH_LOOPS", False):
        factories["uvloop"] = uvloop.new_event_loop
    return factories
