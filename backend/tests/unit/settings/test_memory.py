"""What keeps the process small."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dbbackup import memory

NEEDED_LATER = {
    "alembic": "migrations",
    "asyncpg": "a catalogue on PostgreSQL",
    "authlib": "OpenID Connect",
    "cyclopts": "other commands",
    "docker": "a Docker engine",
    "httpx": "other commands",
    "ldap3": "LDAP",
    "mako": "migrations",
    "prometheus_client": "metrics",
    "pygments": "nothing",
    "requests": "a Docker engine",
    "rich": "other commands",
    "segno": "a second factor",
}
"""Libraries that `dbbackup serve` does not start with, and what they are for: together some 30 MiB."""


def test_serve_when_started_has_not_loaded_what_few_or_none_need() -> None:
    start = (
        "import sys; from dbbackup import __main__, memory; memory.leave_out(memory.OF_COMMANDS); import dbbackup.main;"
        " print(*{name.partition('.')[0] for name, module in sys.modules.items() if module})"
    )
    done = subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, timeout=60, check=True)
    loaded = set(done.stdout.split())
    assert {"dbbackup", "litestar", "sqlalchemy", "aioboto3"} <= loaded
    assert loaded & NEEDED_LATER.keys() == set()


@pytest.fixture
def collector() -> Iterator[None]:
    """Leave the garbage collector as it was."""
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_uncollected_when_it_ends_also_by_an_error_then_garbage_is_looked_for_again() -> None:
    with pytest.raises(ZeroDivisionError), memory.uncollected():
        assert not gc.isenabled()
        raise ZeroDivisionError
    assert gc.isenabled()


@pytest.mark.usefixtures("collector")
def test_settle_when_called_then_the_collector_leaves_alone_what_the_start_made() -> None:
    made: list[list[int]] = [[] for _ in range(1000)]
    memory.settle()
    assert gc.get_freeze_count() > len(made)
    # What it would go through now is a small part of that.
    assert len(gc.get_objects()) < gc.get_freeze_count() / 10
    assert gc.get_threshold()[0] == 10_000


SURVIVOR = """
import weakref
from dbbackup import memory

class Cycle:
    def __init__(self):
        self.me = self

start = [[] for _ in range(1_000_000)]
memory.settle()
cycle = Cycle()
found = weakref.ref(cycle)
work = [[] for _ in range(100_000)]
assert found()
del cycle
work += [[] for _ in range(140_000)]
print("kept" if found() else "gone")
"""


def test_settle_when_what_outlived_some_looks_becomes_garbage_then_it_goes_however_much_the_start_made() -> None:
    done = subprocess.run([sys.executable, "-c", SURVIVOR], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "gone\n"


@pytest.mark.usefixtures("collector")
def test_give_back_when_called_then_code_goes_on_and_less_of_it_is_resident() -> None:
    before = file_pages()
    memory.settle()
    assert file_pages() < before
    assert ctypes.CDLL(None).getpid() == os.getpid()


def test_code_when_read_then_only_what_nobody_may_write_or_wrote_to_is_named(tmp_path: Path) -> None:
    smaps = tmp_path / "smaps"
    smaps.write_text(
        "1000-3000 r-xp 00000000 08:01 7 /usr/lib/a library.so\nRss: 8 kB\nAnonymous: 0 kB\n"
        "3000-4000 r-xp 00000000 08:01 7 /usr/lib/written-to.so\nAnonymous: 4 kB\n"
        "4000-5000 r--p 00000000 08:01 7 /usr/lib/data.so\nAnonymous: 0 kB\n"
        "5000-6000 rw-p 00000000 00:00 0 \nAnonymous: 0 kB\n"
        "6000-7000 r-xp 00000000 00:00 0 [vdso]\nAnonymous: 0 kB\nVmFlags: rd ex\n"
    )
    assert list(memory._code(smaps)) == [(0x1000, 0x3000)]
    assert list(memory._code(tmp_path / "missing")) == []


def test_start_when_the_c_library_has_no_such_calls_then_nothing_is_asked_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Another C library cannot be had here: one without any function stands in for it.
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    memory.bound_allocator()
    memory.give_back()


def file_pages() -> int:
    """Return how much of files this process has mapped and in core, in pages."""
    return int(Path("/proc/self/statm").read_text().split()[2])
