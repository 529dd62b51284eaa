"""Checks the coverage gate on small reports of coverage's own format."""

import json
from pathlib import Path
from typing import Any

import pytest

from devtools.coverage_gate import main


def _entry(*, lines: int, missing: list[int], branches: list[list[int]] | None = None) -> dict[str, Any]:
    missed = branches or []
    return {
        "missing_lines": missing,
        "missing_branches": missed,
        "summary": {
            "num_statements": lines,
            "covered_lines": lines - len(missing),
            "num_branches": 2 * len(missed),
            "covered_branches": len(missed),
        },
    }


def _gate(tmp_path: Path, **changed: dict[str, Any]) -> int:
    complete = _entry(lines=10, missing=[])
    names = ["pipeline/backup", "engines/postgresql", "storages/local", "core/crypto", "core/naming"]
    names += ["core/schedule", "core/cron", "core/zones", "core/blackout", "core/retention", "core/clock_guard"]
    files = {f"src/dbbackup/{name}.py": changed.get(name.replace("/", "_"), complete) for name in names}
    report = tmp_path / "coverage.json"
    report.write_text(json.dumps({"files": {name: entry for name, entry in files.items() if entry}}))
    return main([str(report)])


def test_gate_when_all_is_covered_passes(tmp_path: Path) -> None:
    assert _gate(tmp_path) == 0


def test_gate_when_an_ordinary_file_misses_a_little_passes(tmp_path: Path) -> None:
    assert _gate(tmp_path, core_naming=_entry(lines=10, missing=[3])) == 0


def test_gate_when_the_whole_is_too_low_fails(tmp_path: Path) -> None:
    assert _gate(tmp_path, core_naming=_entry(lines=40, missing=list(range(40)))) == 1


def test_gate_when_the_pipeline_misses_a_branch_fails_and_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _gate(tmp_path, pipeline_backup=_entry(lines=500, missing=[], branches=[[7, -3]])) == 1
    assert "pipeline/backup.py: 7->exit" in capsys.readouterr().out


def test_gate_when_lines_are_missing_names_runs_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _gate(tmp_path, engines_postgresql=_entry(lines=500, missing=[3, 5, 6, 7, 9])) == 1
    assert "engines/postgresql.py: 3, 5-7, 9" in capsys.readouterr().out


def test_gate_when_a_guarded_package_is_gone_fails(tmp_path: Path) -> None:
    assert _gate(tmp_path, storages_local={}) == 1
