"""Migrations: a new catalogue, a known one, a newer one, somebody else's; one that fails half-way, or is killed."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory

from dbbackup.core.errors import InternalError
from dbbackup.db import migrate as module
from dbbackup.db.migrate import migrate, migrate_file
from dbbackup.db.planner_statistics import STATISTICS

pytestmark = pytest.mark.sqlite("tests the migration of a file; that of a database has its own tests")

_NEXT = '''
"""A second migration of the test."""
from alembic import op
revision = "next"
down_revision = "{head}"
branch_labels = depends_on = None
def upgrade():
    op.execute("DELETE FROM system_setting")
    op.execute("{statement}")
'''


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "app.db"


def sql(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement).fetchall()


def add_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: object, statement: str) -> None:
    """Use a copy of the migrations with one more."""
    scratch = tmp_path / "migrations"
    shutil.copytree(module.MIGRATIONS, scratch)
    (scratch / "versions" / "next.py").write_text(_NEXT.format(head=head, statement=statement))
    monkeypatch.setattr(module, "MIGRATIONS", scratch)


def test_migrate_when_cut_off_in_the_middle_then_no_file_was_ever_readable_by_others(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = module._upgrade

    def cut_off(place: Path) -> None:
        upgrade(place)
        raise KeyboardInterrupt  # what no handler cleans up after, as with a kill

    def noted(place: str | Path, *args: Any, **options: Any) -> sqlite3.Connection:
        if ".before-" in str(place):
            opened.append(oct(Path(place).stat().st_mode & 0o777))
        return connect(place, *args, **options)

    opened: list[str] = []
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", noted)
    monkeypatch.setattr(module, "_upgrade", cut_off)
    previous = os.umask(0o022)
    try:
        with pytest.raises(KeyboardInterrupt):
            migrate_file(path)
        [(head,)] = sql(path, "SELECT version_num FROM alembic_version")
        add_migration(tmp_path, monkeypatch, head, "CREATE TABLE added (id integer)")
        with pytest.raises(KeyboardInterrupt):
            migrate_file(path)
    finally:
        os.umask(previous)
    names = {file.name: oct(file.stat().st_mode & 0o777) for file in path.parent.iterdir()}
    assert names == {"app.db": "0o600", f"app.db.before-{head}": "0o600"}
    assert opened == ["0o600"]


async def test_migrate_when_new_then_the_schema_is_made_and_a_second_time_does_nothing(path: Path) -> None:
    await migrate(path)
    [(revision,)] = sql(path, "SELECT version_num FROM alembic_version")
    assert revision
    tables = {name for (name,) in sql(path, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables >= {"database_config", "backup_execution", "backup_copy", "s3_config", "run_journal"}
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    await migrate(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["app.db"]


def test_revisions_when_read_from_the_files_are_those_alembic_knows(path: Path) -> None:
    script = ScriptDirectory.from_config(module.alembic_config(path))
    assert module._revisions() == ({found.revision for found in script.walk_revisions()}, script.get_current_head())


def test_migrate_when_the_catalogue_is_newer_then_refused_and_unchanged(path: Path) -> None:
    migrate_file(path)
    sql(path, "UPDATE alembic_version SET version_num = 'from_the_future'")
    before = path.read_bytes()
    with pytest.raises(InternalError, match="newer version of this program"):
        migrate_file(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to be looked at"])
def test_migrate_when_the_file_is_no_catalogue_then_only_an_empty_one_is_used(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    if not content:
        migrate_file(path)
        return
    with pytest.raises(InternalError, match="cannot be read"):
        migrate_file(path)
    assert path.read_bytes() == content


def test_migrate_when_the_file_is_another_programs_then_left_alone(path: Path) -> None:
    path.parent.mkdir()
    sql(path, "CREATE TABLE system_setting (mine text)")
    before = path.read_bytes()
    with pytest.raises(InternalError, match="another program"):
        migrate_file(path)
    assert path.read_bytes() == before


def test_migrate_when_one_more_succeeds_then_a_copy_from_before_is_kept(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate_file(path)
    [(head,)] = sql(path, "SELECT version_num FROM alembic_version")
    add_migration(tmp_path, monkeypatch, head, "CREATE TABLE added (id integer)")
    migrate_file(path)
    assert sql(path, "SELECT version_num FROM alembic_version") == [("next",)]
    copy = path.with_name(f"app.db.before-{head}")
    assert sql(copy, "SELECT version_num FROM alembic_version") == [(head,)]
    assert copy.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE nonsense (",
        "INSERT INTO backup_copy (id, backup_id, position, state, attempts, created_at, updated_at)"
        " VALUES ('c', 'no such backup', 0, 'pending', 0, '2026-01-01', '2026-01-01')",
    ],
)
def test_migrate_when_one_fails_then_the_catalogue_is_as_before(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    migrate_file(path)
    sql(
        path,
        "INSERT INTO system_setting (id, key, value, type, description, created_at, updated_at)"
        " VALUES ('1', 'k', 'v', 'string', '', '2026-01-01', '2026-01-01')",
    )
    [(head,)] = sql(path, "SELECT version_num FROM alembic_version")
    add_migration(tmp_path, monkeypatch, head, statement)
    with pytest.raises(InternalError, match=r"It is as it was; a copy is in"):
        migrate_file(path)
    assert sql(path, "SELECT version_num FROM alembic_version") == [(head,)]
    assert sql(path, "SELECT value FROM system_setting") == [("v",)]


def test_migrate_when_the_very_first_fails_then_no_file_stays(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "migrations"
    shutil.copytree(module.MIGRATIONS, scratch)
    for file in (scratch / "versions").glob("*.py"):
        file.write_text(file.read_text().replace("def upgrade() -> None:", "def upgrade() -> None:\n    raise OSError"))
    monkeypatch.setattr(module, "MIGRATIONS", scratch)
    with pytest.raises(InternalError):
        migrate_file(path)
    assert not path.exists()


def test_migrate_when_done_then_the_planner_has_our_statistics_of_indexes_that_exist(path: Path) -> None:
    migrate_file(path)
    expected = {(table, index, numbers) for table, of in STATISTICS.items() for index, numbers in of.items()}
    assert set(sql(path, "SELECT tbl, idx, stat FROM sqlite_stat1")) == expected
    for table, of in STATISTICS.items():
        indexes = sql(path, f"SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = '{table}'")
        assert {name for (name,) in indexes} == of.keys()
        for index, numbers in of.items():
            columns = sql(path, f"SELECT name FROM pragma_index_info('{index}')")
            assert len(numbers.split()) == 1 + len(columns), index


def test_migrate_when_somebody_analyzed_the_catalogue_then_ours_are_back(path: Path) -> None:
    migrate_file(path)
    before = sql(path, "SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY 1, 2")
    row = "INSERT INTO system_setting (id, key, value, type, description, created_at, updated_at)"
    sql(path, f"{row} VALUES ('1', 'k', 'v', 'string', '', '2026-01-01', '2026-01-01')")
    sql(path, "ANALYZE")
    assert sql(path, "SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY 1, 2") != before
    migrate_file(path)
    assert sql(path, "SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY 1, 2") == before


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("status = 'running'", "ix_backup_execution_status_created"),
        ("status = 'queued' ORDER BY created_at", "ix_backup_execution_status_created"),
        ("deleted_at IS NULL AND status = 'failed' AND completed_at > '2026-01'", "ix_backup_execution_ended"),
        ("deleted_at IS NULL AND status = 'completed' AND completed_at < '2026-01'", "ix_backup_execution_ended"),
        ("database_id = 'd' AND status = 'completed' AND deleted_at IS NULL", "ix_backup_execution_database_"),
        ("deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 50", "COVERING INDEX ix_backup_execution_"),
        ("deleted_at IS NULL AND status = 'completed' ORDER BY created_at, id LIMIT 50", "ix_backup_execution_history"),
        ("id IN (SELECT backup_id FROM backup_copy WHERE state IN ('pending', 'writing'))", "ix_backup_copy_by_state"),
    ],
)
def test_plan_when_the_catalogue_is_as_the_product_makes_it_then_a_long_history_is_not_gone_through(
    path: Path, statement: str, index: str
) -> None:
    migrate_file(path)
    plan = sql(path, f"EXPLAIN QUERY PLAN SELECT id FROM backup_execution WHERE {statement}")
    told = " ".join(str(row[3]) for row in plan)
    assert index in told
    assert "SCAN" not in told


_KILLED = """
import os, sys
from pathlib import Path
from sqlalchemy import Engine, event
from dbbackup.db.migrate import migrate_file

left = int(sys.argv[2])

@event.listens_for(Engine, "after_cursor_execute")
def die(_connection, _cursor, statement, *_):
    global left
    left -= statement.lstrip().startswith(("CREATE", "ALTER", "DROP"))
    if not left:
        os._exit(9)

migrate_file(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("begun_at", [None, "0004"])
@pytest.mark.parametrize("statements", [1, 7, 40])
def test_migrate_when_killed_in_the_middle_then_the_next_start_does_it(
    path: Path, begun_at: str | None, statements: int
) -> None:
    if begun_at:
        path.parent.mkdir(parents=True)
        command.upgrade(module.alembic_config(path), begun_at)
        row = "INSERT INTO system_setting (id, key, value, type, description, created_at, updated_at)"
        sql(path, f"{row} VALUES ('1', 'k', 'v', 'string', '', '2026-01-01', '2026-01-01')")
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(path), str(statements)], check=False)
    assert killed.returncode == 9
    if begun_at:
        assert sql(path, "SELECT version_num FROM alembic_version") == [(begun_at,)]
    migrate_file(path)
    [(head,)] = sql(path, "SELECT version_num FROM alembic_version")
    assert head == max(file.stem[:4] for file in (module.MIGRATIONS / "versions").glob("[0-9]*.py"))
    assert sql(path, "SELECT value FROM system_setting WHERE key = 'k'") == ([("v",)] if begun_at else [])
