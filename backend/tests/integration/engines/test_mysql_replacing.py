"""MySQL and MariaDB databases replaced in place: the checks before, and making room."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from msgspec import structs

from dbbackup.core.errors import DatabaseError
from dbbackup.core.manifest import Manifest
from dbbackup.engines import mysql_replace
from dbbackup.engines.mysql_connect import session
from dbbackup.engines.values import Finding
from tests.integration.engines.mysql_support import Family
from tests.integration.engines.support import levels, manifest

NAME = "replaced"
_TABLES = "CREATE TABLE item (id INT PRIMARY KEY); CREATE VIEW seen AS SELECT id FROM item;"


async def surveyed(family: Family, **options: Any) -> Manifest:
    survey = await family.engine.survey(family.connection(NAME))
    what = manifest(survey, NAME, options, engine_type=family.engine.type)
    part = structs.replace(what.parts[0], format="sql")
    return structs.replace(what, parts=[part])


async def check(family: Family, what: Manifest, mode: str, **more: Any) -> list[Finding]:
    options = {**family.engine.parse_restore_options({"mode": mode, "existingDatabase": NAME}), **more}
    return await family.engine.preflight(family.connection(), what, options)


async def test_preflight_of_clean_and_replace_tells_what_is_dropped_and_what_stays(family: Family) -> None:
    family.create(NAME, _TABLES)
    what = await surveyed(family)
    family.sql("DROP VIEW seen; CREATE TABLE seen (id INT); " + _many(), NAME)
    found = await check(family, what, "clean")
    assert levels(found, "error") == {"kinds-differ"}
    assert {"dropped", "foreign-keys", "no-safety-backup"} <= levels(found, "warning")
    [stay] = [finding.message for finding in found if finding.code == "staying"]
    assert stay.endswith("and 2 more.")
    found = await check(family, what, "replace", safetyBackup=True)
    assert ("dropped" in levels(found, "warning"), levels(found, "error")) == (True, set())
    rows = structs.replace(what, options={"dataOnly": True})
    assert "data-only" in levels(await check(family, rows, "clean"), "error")
    assert "data-only" in levels(await check(family, rows, "replace"), "error")
    family.create(NAME)
    assert "dropped" in levels(await check(family, what, "clean"), "ok")
    family.sql(f"DROP DATABASE {NAME}")
    assert "database-missing" in levels(await check(family, what, "clean"), "error")
    assert "database-missing" in levels(await check(family, what, "replace"), "warning")
    assert await family.engine.standing(family.connection(), {}) == {}
    assert family.engine.swapping is None


async def test_preflight_when_somebody_is_connected_then_said_who_and_what_becomes_of_them(family: Family) -> None:
    family.create(NAME, _TABLES)
    what = await surveyed(family)
    assert "sessions" in levels(await check(family, what, "clean"), "ok")
    async with session(family.connection(NAME)):
        refused = await check(family, what, "clean")
        warned = await check(family, what, "replace", stopConnections=True)
    assert [one.message.partition(":")[0] for one in refused if one.code == "sessions" and one.level == "error"] == [
        f"1 connection to {NAME} active"
    ]
    assert "sessions" in levels(warned, "warning")


def _many() -> str:
    """Twelve tables that are not in the backup; one refers to what is."""
    tables = "".join(f"CREATE TABLE later_{n:02} (id INT);" for n in range(11))
    return tables + "CREATE TABLE part (id INT, FOREIGN KEY (id) REFERENCES item (id));"


async def test_make_room_when_the_database_is_held_then_ended_and_otherwise_said(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_place = family.engine.in_place
    assert in_place is not None
    family.create(NAME, _TABLES)
    # a session in another database holds the table: it is not seen to be in this one, and not ended
    holder = threading.Thread(target=_hold, args=(family,), daemon=True)
    holder.start()
    waiting = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'"
    while family.sql(waiting).strip() == "0":
        pass
    monkeypatch.setattr(mysql_replace, "_LOCK_WAIT", 1)
    monkeypatch.setattr(mysql_replace, "_TRIES", 1)
    with pytest.raises(DatabaseError, match=f"The database {NAME} could not be dropped"):
        await in_place.make_room(family.connection(), NAME)
    assert NAME in family.databases()
    # tried again while it is held, until it is free
    monkeypatch.setattr(mysql_replace, "_TRIES", 30)
    await in_place.make_room(family.connection(NAME), NAME)
    assert NAME not in family.databases()
    await in_place.make_room(family.connection(), NAME)
    await in_place.end_connections(family.connection(), NAME)
    holder.join(30)


def _hold(family: Family) -> None:
    family.sql(f"BEGIN; SELECT * FROM {NAME}.item; SELECT SLEEP(4); COMMIT")
