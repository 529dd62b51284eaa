"""What is run for one stage of restoring a backup whose dump was divided."""

from __future__ import annotations

from pathlib import Path

from dbbackup.core.secret import Secret
from dbbackup.engines.postgresql_contents import scratch_options
from dbbackup.engines.postgresql_stages import stage_command
from dbbackup.engines.values import Command, Connection, Stage, TlsMode, ToolInfo
from tests.integration.engines.support import restore_options
from tests.unit.engines.archives import Made, archive, manifest_of

TARGET = Connection("db", 5432, "postgres", "user", Secret("s3cret"), TlsMode.PREFER, None, 7)
TOOLS = ToolInfo(version="15.19", folder="/opt/15", exact=True, note=None)


def command(tmp_path: Path, stage: Stage, *, aside: bool = False) -> Command | None:
    head = tmp_path / "head"
    head.write_bytes(archive(Made(1, "TABLE", "item"), Made(2, "TABLE", "part")))
    manifest = manifest_of()
    options = restore_options("x", jobs=2)
    options = scratch_options(manifest, options) if aside else options
    return stage_command(TARGET, TOOLS, manifest, options, stage, {"database": head}, tmp_path)


def test_stage_takes_its_entries_by_a_list_and_a_copy_on_the_side_subscribes_to_nothing(tmp_path: Path) -> None:
    made = command(tmp_path, Stage("definitions"))
    assert made is not None
    assert made.files[tmp_path / "definitions-database.list"] == b"1; chosen\n2; chosen\n"
    assert "--no-subscriptions" not in made.argv
    # it fills a new database: what finishes that one waits for the disk
    assert "synchronous_commit=off" in made.env["PGOPTIONS"]
    aside = command(tmp_path, Stage("definitions"), aside=True)
    assert aside is not None
    assert "--no-subscriptions" in aside.argv


def test_stage_without_entries_runs_nothing(tmp_path: Path) -> None:
    assert command(tmp_path, Stage("finish")) is None
