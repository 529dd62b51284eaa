"""Owns the coverage bounds: reads coverage's JSON report, prints a table, and fails below them.

How the figures come about (see `test-backend` in the Makefile): pytest runs with COVERAGE_PROCESS_START naming
pyproject.toml and COVERAGE_FILE naming one absolute path. The coverage package installs a .pth file that starts
measuring in *every* Python process which inherits the two: pytest itself, its xdist workers, and the API that a
test starts as a child. A test that gives its child an environment of its own must pass them on. A child that is
ended by SIGTERM still writes its figures (`sigterm = true`), one that is killed by SIGKILL does not.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PACKAGE = "src/dbbackup/"


@dataclass(frozen=True)
class Bound:
    """A least percentage (lines and branches together) for everything below a path of the package."""

    path: str
    percent: float
    may_be_missing: bool = False


BOUNDS = (
    Bound("", 85),
    Bound("pipeline/", 100),
    Bound("engines/", 100),
    Bound("storages/", 100),
    Bound("core/crypto.py", 100),
    Bound("core/schedule.py", 100),
    Bound("core/cron.py", 100),
    Bound("core/zones.py", 100),
    Bound("core/blackout.py", 100),
    Bound("core/retention", 100),
    Bound("core/clock_guard.py", 100),
)


@dataclass(frozen=True)
class FileCoverage:
    """What one source file has: things to cover (lines and branches) and how many were covered."""

    path: str
    total: int
    covered: int
    missing: str


@dataclass(frozen=True)
class Verdict:
    """The outcome for one bound."""

    bound: Bound
    files: list[FileCoverage]

    @property
    def percent(self) -> float:
        total = sum(file.total for file in self.files)
        return 100 * sum(file.covered for file in self.files) / total if total else 100.0

    @property
    def passed(self) -> bool:
        # A bound on files that are not there guards nothing: most likely they were renamed.
        return self.percent >= self.bound.percent if self.files else self.bound.may_be_missing


def read_report(report: dict[str, Any]) -> list[FileCoverage]:
    """Return the files of the product in a report made by `coverage json` in backend/."""
    return [
        _file(path.removeprefix(_PACKAGE), entry)
        for path, entry in sorted(report["files"].items())
        if path.startswith(_PACKAGE)
    ]


def judge(files: list[FileCoverage]) -> list[Verdict]:
    """Hold the files against every bound."""
    return [Verdict(bound, [f for f in files if f.path.startswith(bound.path)]) for bound in BOUNDS]


def table(verdicts: list[Verdict]) -> Iterator[str]:
    """Yield the lines to print: one per bound, and below a failed one what is missing."""
    yield f"{'dbbackup/':<28}{'covered':>9}{'needed':>9}"
    for verdict in verdicts:
        figure = f"{verdict.percent:.1f} %" if verdict.files else "absent"
        mark = "ok" if verdict.passed else "TOO LOW" if verdict.files else "NO SUCH FILES"
        needed = f"{verdict.bound.percent:.0f} %"
        yield f"{verdict.bound.path or '(all)':<28}{figure:>9}{needed:>9}  {mark}"
        if not verdict.passed and verdict.bound.percent == 100:
            yield from (f"    {f.path}: {f.missing}" for f in verdict.files if f.covered < f.total)


def main(arguments: list[str]) -> int:
    """Judge the report named on the command line; 1 when a bound is missed."""
    verdicts = judge(read_report(json.loads(Path(arguments[0]).read_text())))
    print("\n".join(table(verdicts)))
    return 0 if all(verdict.passed for verdict in verdicts) else 1


def _file(path: str, entry: dict[str, Any]) -> FileCoverage:
    summary = entry["summary"]
    covered = summary["covered_lines"] + summary["covered_branches"]
    branches = [f"{start}->{end if end > 0 else 'exit'}" for start, end in entry["missing_branches"]]
    return FileCoverage(
        path=path,
        total=summary["num_statements"] + summary["num_branches"],
        covered=covered,
        missing=", ".join([*_ranges(entry["missing_lines"]), *branches]) if covered else "never run",
    )


def _ranges(lines: list[int]) -> Iterator[str]:
    """Yield `7` or `7-9` for each run of consecutive lines."""
    start = None
    for line, following in zip(lines, [*lines, None][1:], strict=True):
        start = start or line
        if following != line + 1:
            yield str(line) if start == line else f"{start}-{line}"
            start = None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
