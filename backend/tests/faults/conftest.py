"""The shared rig, put in order before each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.rig import Rig, shared_rig

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give these tests more time than others: each starts the product several times over, on machines that are busy."""
    for item in items:
        if item.path.is_relative_to(_HERE) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture
def rig() -> Iterator[Rig]:
    """The rig without any fault, and with nothing left over by the test before."""
    rig = shared_rig()
    rig.reset()
    rig.assert_nothing_left()
    yield rig
    rig.reset()
