"""Measured threads that end all at once do not stop the interpreter: without the plugin this hangs nearly always."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_BACKEND = Path(__file__).parents[2]
_SCRIPT = """
import sys, threading, time

def work(end):
    time.sleep(max(0, end - time.time()))

def step(number):
    return number

sys.setswitchinterval(1e-5)
for _ in range(20):
    end = time.time() + 0.02
    threads = [threading.Thread(target=work, args=(end,)) for _ in range(60)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        sum(step(number) for number in range(2000))
print("ended")
"""
_SETTINGS = """
[run]
concurrency = thread,greenlet
plugins = devtools.keep_greenlets
"""


def test_threads_that_end_at_once_when_measured_then_the_process_goes_on(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(_SCRIPT)
    (tmp_path / "coverage.ini").write_text(_SETTINGS)
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-m", "coverage", "run", "--rcfile=coverage.ini", "script.py"],
        cwd=tmp_path,
        env={**env, "PYTHONPATH": str(_BACKEND)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("ended\n", 0), done.stderr
    assert (tmp_path / ".coverage").exists()
