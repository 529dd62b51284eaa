"""Which tests run measured. Measuring doubles the time of a test, so it is done for those alone that the bounds need.

What a test reaches unmeasured is missing from the figures: they can only be lower than the truth, and a bound that
holds, holds. When one does not (see `devtools/coverage_gate.py`), write the missing test, or name its file here.
"""

from __future__ import annotations

from pathlib import Path

_TESTS = Path(__file__).parent
_FOLDERS = ("unit", "contract", "integration")
_API = {
    "cleaning_restores",
    "configuration",
    "discovery",
    "label_sync",
    "openpgp_backups",
    "parallel_backups",
    "parallel_mysql_backups",
    "permissions",
    "proofs",
    "replacing_mysql",
    "replacing_restores",
    "restores",
    "scripts",
    "selections",
}


def is_measured(path: Path) -> bool:
    """Tell whether the tests of the file run measured: `-m measured` chooses them."""
    within = path.relative_to(_TESTS)
    return within.parts[0] in _FOLDERS or (within.parts[0] == "api" and within.stem.removeprefix("test_") in _API)
