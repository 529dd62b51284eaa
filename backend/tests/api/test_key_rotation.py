"""Changing ENCRYPTION_KEY with the command: all secrets or none, whatever ends it."""

from __future__ import annotations

import base64
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dbbackup.core.crypto import key_version
from dbbackup.core.errors import AppError, ConflictError, InternalError, ValidationError
from dbbackup.core.secret import Secret
from dbbackup.db.lock import lock_catalogue
from dbbackup.db.models import BackupSchedule
from dbbackup.db.models.base import Base
from dbbackup.services.access_commands import opened_catalogue, verify_audit
from dbbackup.services.key_rotation import Rotation, rotate_key, sealed_columns
from dbbackup.services.pings import seal_ping_url
from dbbackup.settings import load_new_key
from tests.api.running_app import KEY, RunningApp, make_settings
from tests.api.signing_in import PASSWORD, locked_app, sign_in
from tests.api.support import unique
from tests.api.test_commands import BACKEND, command, environment
from tests.catalogue import copy_data, place_for, rows
from tests.catalogue import dump as rows_of_all

NEW_KEY = "fedcba9876543210fedcba9876543210"
_ANY_SEALED = re.compile(r"v[0-9]+:[A-Za-z0-9+/=]{40,}")
_KILLED = """
import os, signal, sys
from dbbackup.core.crypto import Sealer
from dbbackup.__main__ import main
from sqlalchemy import event, Engine
seal, count = Sealer.seal, 0
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def counted(*args, **kwargs):
    global count
    count += 1
    return die() if count == 4 else seal(*args, **kwargs)
if sys.argv.pop(1) == "at the commit":
    event.listen(Engine, "commit", lambda c: die() if c.exec_driver_sql("SELECT 1 FROM system_setting"
        " WHERE key = 'crypto.check' AND value LIKE 'v2:%'").first() else None)
else:
    Sealer.seal = counted
main()
"""


CUSTOMER_KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data with a secret in every sealed column, and no program running on it."""
    home = tmp_path_factory.mktemp("filled")
    with RunningApp.start(home) as app:
        shop = app.api.post("/databases", _database(), force=True)
        app.api.post("/databases", _database(password="another one"), force=True)
        bucket = {"name": "b", "bucket": "b", "accessKey": "access-id", "secretKey": "s3-secret"}
        app.api.post("/s3-configs", {**bucket, "sseMode": "SSE-C", "customerKey": CUSTOMER_KEY})
        hook = {"kind": "webhook", "url": "https://example.com/hook/secret"}
        app.api.post("/notification-channels", {"name": "c", "settings": hook, "events": ["backup.failed"]})
        schedule = app.api.post("/schedules", {"databaseId": shop["id"], "type": "daily"})
        app.run(_add_ping(app, schedule["id"]))
        app.api.post("/encryption-keys", {"name": "k"})
    with locked_app(home) as app:
        sign_in(app).post("/auth/second-factor/enrol", {"password": PASSWORD})
    return home


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Path:
    copy_data(filled, tmp_path / "home")
    return tmp_path / "home"


def _database(**changes: Any) -> dict[str, Any]:
    place = {"type": "postgresql", "host": "127.0.0.1", "port": 9, "database": "d", "username": "u"}
    return {"name": unique("Database"), "password": "the database's", **place, **changes}


async def _add_ping(app: RunningApp, schedule_id: str) -> None:
    async with app.ctx.catalogue.transaction() as session:
        [schedule] = await session.scalars(select(BackupSchedule).where(BackupSchedule.id == schedule_id))
        schedule.ping_url_sealed = seal_ping_url(app.ctx, schedule_id, "https://ping.example.com/secret")


async def secrets(home: Path, key: str = KEY) -> dict[str, str]:
    """Return every secret by its place, opened with the key."""
    found = {}
    async with opened_catalogue(make_settings(home, encryption_key=Secret(key))) as ctx:
        async with ctx.catalogue.sessions() as session:
            for column in sealed_columns():
                table = column.table
                for row, sealed in await session.execute(select(table.c.id, column).where(column.is_not(None))):
                    secret = ctx.sealer.open(sealed, table=table.name, row_id=row, column=column.name)
                    found[f"{table.name}.{column.name} {row}"] = secret.reveal()
        found["audit key"] = ctx.audit_key.hex()
    return found


def dump(home: Path) -> list[str]:
    return rows_of_all(place_for(home / "db" / "app.db"))


def test_sealed_columns_when_the_models_are_walked_then_what_holds_secrets_is_among_them(filled: Path) -> None:
    """A column for a secret ends in `_sealed`, or in `_hash`, or is no secret and stands here."""
    suspicious = re.compile("secret|password|passphrase|token|identity|credential|private|totp|ping_url|access_key")
    harmless = {
        "user.password_changed_at",
        "backup_execution.run_token",
        "user.totp_confirmed_at",
        "user.totp_last_step",
    }
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            known = column.name.endswith(("_sealed", "_hash")) or f"{table.name}.{column.name}" in harmless
            assert known or not suspicious.search(column.name), f"{table.name}.{column.name}"
    for column in sealed_columns():
        query = f'SELECT count(*) FROM "{column.table.name}" WHERE "{column.name}" IS NOT NULL'
        [(count,)] = rows(place_for(filled / "db" / "app.db"), query)
        assert count, f"these tests put nothing into {column}"


async def test_rotate_when_done_then_the_new_key_opens_all_and_the_old_one_is_refused(home: Path) -> None:
    before, old_text = await secrets(home), _ANY_SEALED.findall("\n".join(dump(home)))
    done = command(home, "rotate-key", NEW_ENCRYPTION_KEY=NEW_KEY)
    assert done.returncode == 0, done.stderr
    assert f"{len(old_text)} secrets are sealed with the new key (version 2)" in done.stdout
    assert NEW_KEY not in done.stdout + done.stderr
    assert await secrets(home, NEW_KEY) == before
    after = _ANY_SEALED.findall("\n".join(dump(home)))
    assert len(after) == len(old_text)
    assert {key_version(text) for text in after} == {2}
    on_disk = b"".join(path.read_bytes() for path in (home / "db").glob("*"))
    assert not [text for text in old_text if text.encode() in on_disk]
    with pytest.raises(ValidationError, match="ENCRYPTION_KEY is not the key of this catalogue"):
        await secrets(home)
    back = await rotate_key(make_settings(home, encryption_key=Secret(NEW_KEY)), Secret(KEY))
    assert back == Rotation(version=3, secrets=len(old_text))
    assert await secrets(home) == before


async def test_rotate_when_done_then_it_stands_in_the_audit_log_without_secrets(home: Path) -> None:
    await rotate_key(make_settings(home), Secret(NEW_KEY))
    settings = make_settings(home, encryption_key=Secret(NEW_KEY))
    report = await verify_audit(settings)
    assert (report.problem_count, report.events > 5) == (0, True)
    with locked_app(home, encryption_key=Secret(NEW_KEY)) as app:
        [event] = sign_in(app).get("/audit", action="rotateKey")
        assert (event["outcome"], event["details"]["keyVersion"], event["changes"]) == ("success", 2, [])
        assert event["actorId"] == "cli"


@pytest.mark.parametrize("moment", ["in the middle", "at the commit"])
async def test_rotate_when_killed_then_nothing_is_lost_and_the_old_key_works(home: Path, moment: str) -> None:
    before, stored = await secrets(home), dump(home)
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, moment, "rotate-key"],
        env={**environment(home), "NEW_ENCRYPTION_KEY": NEW_KEY},
        cwd=BACKEND,
        timeout=100,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert dump(home) == stored
    assert await secrets(home) == before
    await rotate_key(make_settings(home), Secret(NEW_KEY))
    assert await secrets(home, NEW_KEY) == before


@pytest.mark.parametrize(
    ("changes", "new_key", "message"),
    [
        ({"encryption_key": Secret("x" * 32)}, NEW_KEY, "ENCRYPTION_KEY is not the key of this catalogue"),
        ({}, KEY, "NEW_ENCRYPTION_KEY is the same as ENCRYPTION_KEY"),
        pytest.param(
            {"database_path": Path("/nowhere/app.db")},
            NEW_KEY,
            "There is no catalogue at /nowhere/app.db",
            marks=pytest.mark.sqlite("a path that is not there"),
        ),
    ],
)
async def test_rotate_when_something_is_wrong_then_refused_and_nothing_is_changed(
    home: Path, changes: dict[str, Any], new_key: str, message: str
) -> None:
    stored = dump(home)
    with pytest.raises(AppError, match=message):
        await rotate_key(make_settings(home, **changes), Secret(new_key))
    assert dump(home) == stored


async def test_rotate_when_a_secret_does_not_open_then_nothing_is_changed(home: Path) -> None:
    rows(place_for(home / "db" / "app.db"), "UPDATE backup_schedule SET ping_url_sealed = 'v1:AAAA'")
    before = dump(home)
    with pytest.raises(InternalError, match=r"backup_schedule\.ping_url_sealed cannot be opened"):
        await rotate_key(make_settings(home), Secret(NEW_KEY))
    assert dump(home) == before


async def test_rotate_when_the_program_runs_then_refused(home: Path) -> None:
    with (
        lock_catalogue(place_for(home / "db" / "app.db")),
        pytest.raises(ConflictError, match="Another process is already running on this catalogue"),
    ):
        await rotate_key(make_settings(home), Secret(NEW_KEY))


def test_load_new_key_when_it_is_in_a_file_then_it_is_read_there(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{NEW_KEY}\n")
    assert load_new_key({"NEW_ENCRYPTION_KEY_FILE": str(file)}) == Secret(NEW_KEY)


@pytest.mark.parametrize(("key", "message"), [("short", "has only 5 characters"), ("", "is missing")])
def test_load_new_key_when_it_is_too_short_then_refused(key: str, message: str) -> None:
    with pytest.raises(ValidationError, match=f"NEW_ENCRYPTION_KEY {message}.*Nothing was changed"):
        load_new_key({"NEW_ENCRYPTION_KEY": key})
