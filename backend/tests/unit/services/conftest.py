"""The same wiring as the worker's tests."""

from __future__ import annotations

from tests.unit.worker.conftest import ctx

__all__ = ["ctx"]
