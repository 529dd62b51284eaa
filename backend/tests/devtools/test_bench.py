"""The bench itself: its meter sees what it should, and a run that is worse than the one before is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.bench.figures import run_tools
from devtools.bench.ratios import regressions
from devtools.bench.shapes import SHAPES, Server, fill
from tests.api.support import unique

BACKEND = Path(__file__).resolve().parents[2]
HUNGRY = "import sys, time; x = b'x' * (60 << 20); time.sleep(0.3); sys.stdout.write('y' * 1000)"
BUSY = "import sys, time; sys.stdout.write(sys.stdin.read() * 2)\nwhile time.process_time() < 0.3: pass"


def test_meter_sees_each_programs_memory_their_time_and_what_they_wrote(tmp_path: Path) -> None:
    figures = run_tools([[sys.executable, "-c", HUNGRY], [sys.executable, "-c", BUSY]], os.environ, tmp_path / "out")
    assert figures.written == 2000 == (tmp_path / "out").stat().st_size
    assert figures.cpu >= 0.3
    assert figures.wall >= 0.3
    assert max(figures.peaks.values()) >= 60


def test_meter_when_a_tool_in_the_middle_fails_says_so() -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run_tools([["true"], ["false"], ["cat"]], os.environ)
    assert caught.value.cmd == ["false"]


def test_regressions_are_medians_that_grew_clearly() -> None:
    before = {"a": [1.0, 1.1, 9.0], "b": [2.0, 2.0, 2.0], "gone": [1.0]}
    assert regressions({"a": [1.0, 1.5, 9.0], "b": [2.0, 3.1, 3.2], "new": [99.0]}, before) == [
        "b: 2.00 before, 3.10 now"
    ]
    with pytest.raises(ValueError, match="nothing was compared"):
        regressions({"new": [1.0]}, before)


@pytest.mark.parametrize("server", ["postgres", "mysql", "mariadb"])
def test_shapes_are_filled_on_every_engine(request: pytest.FixtureRequest, server: str) -> None:
    started: Server = request.getfixturevalue(server)
    for shape in set(SHAPES) - {"many"}:
        name = unique("bench")
        fill(started, name, shape, 1)
        table = {"wide": "note", "narrow": "reading", "blobs": "file"}[shape]
        query = f"SELECT count(*), count(DISTINCT id) FROM {table}"
        ask = started.psql if server == "postgres" else started.sql  # type: ignore[union-attr]
        rows, ids = ask(query, database=name).replace("\t", "|").splitlines()[-1].split("|")
        assert rows == ids
        assert int(rows) >= 8


def test_bench_prints_its_ratios_and_fails_when_they_are_clearly_worse_than_before(tmp_path: Path) -> None:
    small = {"SIZE": "3", "PAIRS": "2", "RESTORES": "0", "ENGINES": "postgresql", "SHAPES": "wide", "PEERS": "0"}
    key = "postgresql, wide: gzip to S3 / bare pump: read, gzip, SHA-256 twice, write, fsync"
    baseline = tmp_path / "baseline.json"
    baseline.write_text(json.dumps({"ratios": {key: [0.001]}}))
    settings = {**os.environ, **small, "WAYS": "gzip to S3", "BASELINE": str(baseline), "JSON": str(tmp_path / "now")}
    command = [sys.executable, "-m", "devtools.bench"]
    done = subprocess.run(command, cwd=BACKEND, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert f"Worse than in {baseline}: {key}: 0.00 before" in done.stdout
    ratios = json.loads((tmp_path / "now").read_text())["ratios"]
    assert len(ratios[key]) == 2
    assert min(ratios[key]) > 0
