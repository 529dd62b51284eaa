"""The shared rig, put in order before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.rig import Rig, shared_rig


@pytest.fixture
def rig() -> Iterator[Rig]:
    """The rig without any fault, and with nothing left over by the test before."""
    rig = shared_rig()
    rig.reset()
    rig.assert_nothing_left()
    yield rig
    rig.reset()
