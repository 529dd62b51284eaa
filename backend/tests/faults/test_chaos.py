"""The short form of `make faults-long`: some random faults break nothing, and a sabotaged product is caught."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_BACKEND = Path(__file__).parents[2]


def chaos(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.faults.chaos", *arguments]
    return subprocess.run(command, cwd=_BACKEND, capture_output=True, text=True, timeout=580, check=False)


def test_random_faults_break_no_invariant() -> None:
    done = chaos("--faults", "5")
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "faults that broke an invariant: 0" in done.stdout


def test_product_whose_cleaning_up_is_sabotaged_is_caught() -> None:
    """Killed in the middle of a backup, it starts again and leaves everything as it was."""
    done = chaos(
        *("--sabotage", "--operation", "backup", "--only", "kill -9 API"), *("--faults", "20", "--patience", "3")
    )
    print(done.stdout)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN: " in done.stdout
    # The last one when it was killed after the run's end, in the middle of its own cleaning up.
    assert any(words in done.stdout for words in ("is stuck", "is still running", "something is left"))
