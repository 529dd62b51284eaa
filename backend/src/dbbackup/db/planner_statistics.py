"""What SQLite is told of the catalogue, so that it takes the same indexes for everybody.

Without statistics SQLite supposes that each value of an index stands in ten rows: with 100,000 backups a page then took
seconds, for it looked up every backup that is not deleted. Its own (`ANALYZE`) know averages only, and had it go
through all backups for the one that is running, as most have one of two states. So it is told what a long history
looks like, and of states something in between: few enough to be looked for by their index, too many to be preferred to
the one of ends, which a list of one state is counted by. Where little is stored any way of reading it is quick.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

STATISTICS = {
    "backup_execution": {
        "ix_backup_execution_by_duration": "100000 100000 1 1",
        "ix_backup_execution_by_size": "100000 100000 1 1",
        "ix_backup_execution_database_created": "100000 1000 1",
        "ix_backup_execution_database_newest": "100000 1000 1000 1",
        "ix_backup_execution_database_status": "100000 1000 1000 500 1",
        "ix_backup_execution_deleted_created": "100000 100000 1 1",
        "ix_backup_execution_ended": "100000 1 1 1 1 1 1",
        "ix_backup_execution_history": "100000 100000 1 1 1 1 1 1 1 1",
        "ix_backup_execution_retention_policy_id": "100000 100000",
        "ix_backup_execution_schedule_newest": "100000 1000 1000 1",
        "ix_backup_execution_status_created": "100000 20000 1",
        "sqlite_autoindex_backup_execution_1": "100000 1",
        "sqlite_autoindex_backup_execution_2": "100000 1",
        "uq_backup_execution_schedule_slot": "100000 1000 1",
    },
    "backup_copy": {
        "ix_backup_copy_backup_position": "100000 1 1",
        "ix_backup_copy_by_last_look": "100000 50000 1",
        "ix_backup_copy_by_last_reading": "100000 50000 1",
        "ix_backup_copy_by_state": "100000 5000 1",
        "ix_backup_copy_of_backup": "100000 1 1 1 1",
        "ix_backup_copy_s3_config_id": "100000 50000",
        "ix_backup_copy_stored": "100000 50000 5000 1 1",
        "sqlite_autoindex_backup_copy_1": "100000 1",
    },
    "backup_schedule": {
        "ix_backup_schedule_database_id": "1000 10",
        "ix_backup_schedule_enabled_next": "1000 1000 10",
        "ix_backup_schedule_retention_policy_id": "1000 1000",
        "sqlite_autoindex_backup_schedule_1": "1000 1",
    },
    "database_config": {
        "ix_database_config_container_id": "100 100",
        "ix_database_config_enabled": "100 100",
        "ix_database_config_type": "100 100",
        "sqlite_autoindex_database_config_1": "100 1",
        "sqlite_autoindex_database_config_2": "100 1",
        "sqlite_autoindex_database_config_3": "100 1",
    },
}
"""By table and index: its rows, then in how many of them the first column has one value, the first two, and so on.
Source: `sqlite_stat1` in https://sqlite.org/fileformat2.html."""


def write_statistics(path: Path) -> None:
    """Let a catalogue that nobody has open have these statistics and no others; connections read them as they open."""
    wanted = {(table, index, numbers) for table, of in STATISTICS.items() for index, numbers in of.items()}
    with closing(sqlite3.connect(path)) as connection:
        if _present(connection) == wanted:
            return
        # Makes the table when it is not there, and looks at nothing else.
        connection.execute("ANALYZE sqlite_schema")
        connection.execute("DELETE FROM sqlite_stat1")
        connection.executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", sorted(wanted))
        connection.commit()


def _present(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'").fetchone():
        return set()
    return set(connection.execute("SELECT tbl, idx, stat FROM sqlite_stat1"))
