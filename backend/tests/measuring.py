"""Which tests run measured. Measuring doubles the time of a test, so it is done for those alone that the bounds need.

What a test reaches unmeasured is missing from the figures: they can only be lower than the truth, and a bound that
holds, holds. When one does not (see `devtools/coverage_gate.py`), write the missing test, or name its file here.
"""

from __future__ import annotations

from pathlib import Path

_TESTS = Path(__file__).parent
_FOLDERS = ("unit", "contract", "integration")
# Within them: what works on programs it starts, or adds nothing to the figures though it takes long.
_UNMEASURED = (
    "contract/test_catalogue_on_postgresql.py",
    "integration/engines/test_script_tricks.py",
    "integration/notifiers/test_apprise_notifier.py",
    "integration/product/",
    "unit/services/test_statistics.py",
    "unit/settings/test_access_cli.py",
    "unit/settings/test_cli.py",
)
_API = {
    "cleaning_restores",
    "configuration",
    "discovery",
    "openpgp_backups",
    "permissions",
    "proofs",
    "scripts",
    "selections",
}


def is_measured(path: Path) -> bool:
    """Tell whether the tests of the file run measured: `-m measured` chooses them."""
    within = path.relative_to(_TESTS)
    if within.parts[0] == "api":
        return within.stem.removeprefix("test_") in _API
    return within.parts[0] in _FOLDERS and not within.as_posix().startswith(_UNMEASURED)
