"""The audit's words. Stand-ins for uv and npm: the databases of vulnerabilities cannot be asked by every test run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "devtools" / "audit.sh"


def audited(tmp_path: Path, uv: str, npm: str) -> subprocess.CompletedProcess[str]:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, script in (("uv", uv), ("npm", npm)):
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)
    argv: list[str | Path] = [SCRIPT, tmp_path / "requirements.txt", tmp_path]
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)


def test_audit_when_nothing_is_known_then_success(tmp_path: Path) -> None:
    done = audited(tmp_path, "exit 0", "exit 0")
    assert done.returncode == 0, done.stderr
    assert "Python: no known vulnerabilities" in done.stderr
    assert "npm: no known vulnerabilities" in done.stderr


@pytest.mark.parametrize(
    ("uv", "npm", "says"),
    [
        ("echo 'Found 1 known vulnerability in 1 package'; exit 1", "exit 0", "Python: known vulnerabilities"),
        ("echo 'ConnectionError' >&2; exit 1", "exit 0", "Python: nothing was checked"),
        ("exit 0", "echo '{\"auditReportVersion\": 2}'; exit 1", "npm: known vulnerabilities"),
        ("exit 0", "echo 'audit endpoint returned an error' >&2; exit 1", "npm: nothing was checked"),
    ],
)
def test_audit_when_something_is_known_or_nobody_answers_then_failure_says_which(
    tmp_path: Path, uv: str, npm: str, says: str
) -> None:
    done = audited(tmp_path, uv, npm)
    assert done.returncode == 1
    assert says in done.stderr
