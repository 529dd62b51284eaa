"""`dbbackup user` and `dbbackup audit`, beside a program that runs and without one."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from dbbackup.core.access import Role
from dbbackup.core.errors import ConflictError, NotFoundError, ValidationError
from dbbackup.db.migrate import migrate
from dbbackup.db.models import SystemSetting
from dbbackup.services import access_commands as commands
from devtools import catalogue_server
from tests.api.running_app import KEY, RunningApp, make_settings
from tests.api.signing_in import ADMIN, OTHER_PASSWORD, PASSWORD, client, locked_app, sign_in
from tests.catalogue import drop_audit_triggers, rows


def run(home: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    places = {"BACKUP_STORAGE_PATH": str(home / "backups"), "DATABASE_PATH": str(home / "db" / "app.db")}
    places |= catalogue_server.environment(home / "db" / "app.db")
    return subprocess.run(
        [sys.executable, "-m", "dbbackup", *arguments],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": "src", "ENCRYPTION_KEY": KEY, **places},
        cwd=Path(__file__).parents[3],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_user_when_made_before_the_first_start_then_they_can_sign_in(tmp_path: Path) -> None:
    made = run(tmp_path, "user", "create", "alice", "--role", "admin", stdin=f"{PASSWORD}\n")
    assert (made.returncode, made.stdout) == (0, "alice may sign in as admin.\n"), made.stderr
    assert PASSWORD not in made.stderr
    settings = make_settings(tmp_path)
    with pytest.raises(ConflictError, match="already a user called Alice"):
        asyncio.run(commands.create_user(settings, "Alice", Role.VIEWER, "", PASSWORD))
    with pytest.raises(ValidationError, match="password"):
        asyncio.run(commands.create_user(settings, "bob", Role.VIEWER, "", "short"))
    assert [user.username for user in asyncio.run(commands.list_users(settings))] == ["alice"]
    with RunningApp.start(tmp_path, auth_mode="local") as app:
        first = sign_in(app, "alice").get("/audit")[-1]
        assert (first["action"], first["actorName"], first["via"]) == ("createUser", "command line", "cli")


def test_password_when_reset_beside_a_running_program_then_sessions_end(tmp_path: Path) -> None:
    with locked_app(tmp_path) as app:
        browser = sign_in(app)
        asyncio.run(commands.reset_password(app.settings, ADMIN.lower(), OTHER_PASSWORD))
        browser.refused("GET", "/auth/me", status=401, code="UNAUTHORIZED")
        old = {"username": ADMIN, "password": PASSWORD}
        client(app).refused("POST", "/auth/sign-in", old, status=401, code="UNAUTHORIZED")
        assert sign_in(app, password=OTHER_PASSWORD).get("/auth/me")["username"] == ADMIN
        with pytest.raises(NotFoundError, match="There is no user nobody"):
            asyncio.run(commands.reset_password(app.settings, "nobody", OTHER_PASSWORD))


def test_audit_when_verified_then_exit_code_3_names_what_was_altered(tmp_path: Path) -> None:
    with locked_app(tmp_path) as app:
        sign_in(app)
        report = asyncio.run(commands.verify_audit(app.settings))
        assert (report.events, report.problems) == (2, [])
    drop_audit_triggers(app.settings.catalogue)
    rows(app.settings.catalogue, "UPDATE audit_event SET address = '::1'")
    altered = run(tmp_path, "audit", "verify")
    assert altered.returncode == 3
    assert altered.stdout.startswith("2 events. The last is 2, hash ")
    assert altered.stderr.splitlines()[-2:] == ["dbbackup: Event 1 was altered.", "dbbackup: Event 2 was altered."]


@pytest.mark.sqlite("a server writes back its own log")
async def test_catalogue_when_a_command_fills_its_log_then_it_is_left_to_the_program_to_write_back(
    tmp_path: Path,
) -> None:
    settings = make_settings(tmp_path)
    place = settings.catalogue
    assert isinstance(place, Path)
    await migrate(place)
    before = place.stat().st_size
    async with commands.opened_catalogue(settings) as ctx:
        async with ctx.catalogue.transaction() as session:
            session.add(SystemSetting(key="long", value="v" * 6_000_000))  # more than SQLite lets gather: 4 MB
        assert place.stat().st_size == before
    assert place.stat().st_size > before  # who closes the last connection writes it back
