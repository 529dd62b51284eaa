"""Which tests run measured. Measuring doubles the time of a test, so it is on for those alone that the bounds need.

What a test reaches unmeasured is missing from the figures: they can only be lower than the truth, and a bound that
holds, holds. When one does not (see `devtools/coverage_gate.py`), write the missing test, or name its file here.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from coverage import Coverage

_TESTS = Path(__file__).parent
_FOLDERS = ("unit", "contract", "integration")
_API = {
    "cleaning_restores",
    "configuration",
    "discovery",
    "label_sync",
    "openpgp_backups",
    "parallel_backups",
    "permissions",
    "proofs",
    "replacing_mysql",
    "replacing_restores",
    "restores",
    "scripts",
    "selections",
}


class Measuring:
    """A plugin that holds the measuring of this process, where it was started, while other tests run."""

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage
        self._on = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Before the first fixture of a module: a server that it starts is measured from its start, or never."""
        wanted = is_measured(item.path)
        if wanted != self._on:
            self._on = wanted
            (self._coverage.start if wanted else self._coverage.stop)()


def is_measured(path: Path) -> bool:
    """Tell whether the tests of the file run measured."""
    within = path.relative_to(_TESTS)
    return within.parts[0] in _FOLDERS or (within.parts[0] == "api" and within.stem.removeprefix("test_") in _API)
