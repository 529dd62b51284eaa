"""Ports are given to one process at a time, whoever asks and before anybody listens on them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from devtools.servers import ports

# Nobody is given these: the range of `free_port` ends below.
LOWEST, HIGHEST = 32_100, 32_103
CHILD = f"""
from devtools.servers import ports
ports._LOWEST, ports._HIGHEST, ports._is_free = {LOWEST}, {HIGHEST}, lambda port: True
print(*ports.free_ports(2), flush=True)
input()
"""


def test_free_port_when_another_process_has_been_given_some_then_others_until_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ports, "_LOWEST", LOWEST)
    monkeypatch.setattr(ports, "_HIGHEST", HIGHEST)
    monkeypatch.setattr(ports, "_is_free", lambda port: True)
    monkeypatch.setattr(ports, "_handed_out", set())
    with subprocess.Popen(
        [sys.executable, "-c", CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        text=True,
    ) as other:
        assert other.stdout is not None
        theirs = set(map(int, other.stdout.readline().split()))
        assert len(theirs) == 2
        assert {ports.free_port()} == set(range(LOWEST, HIGHEST)) - theirs
        with pytest.raises(RuntimeError, match="no free port"):
            ports.free_port()
        other.kill()
    assert set(ports.free_ports(2)) == theirs
