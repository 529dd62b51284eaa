"""The audit log: what stands in it by itself, what does not, and how tampering shows."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from dbbackup.core.access import SYSTEM, Role
from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.core.rate_limit import RateLimit
from dbbackup.db.models import SignInThrottle
from dbbackup.db.models.base import utc_now
from dbbackup.db.session import Catalogue
from dbbackup.services import audit, audit_chain
from dbbackup.worker.housekeeping import tidy_access
from devtools.servers import PostgresServer
from tests.api.http_api import HttpApi
from tests.api.running_app import RunningApp
from tests.api.signing_in import ADMIN, PASSWORD, add_user, locked_app, sign_in, sign_in_as
from tests.api.support import form, unique
from tests.catalogue import drop_audit_triggers, dump, make_catalogue, rows

KEY = b"k" * 32


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with locked_app(tmp_path_factory.mktemp("locked")) as running:
        yield running


@pytest.fixture(scope="module")
def admin(locked: RunningApp) -> Iterator[HttpApi]:
    made = sign_in(locked)
    yield made
    shown = [text for text in made.seen for secret in locked.secrets if secret in text]
    assert not shown


def events(admin: HttpApi, **wanted: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = admin.get("/audit", limit=200, **wanted)
    return found


def test_change_when_made_then_before_and_after_stand_there_without_secrets(
    locked: RunningApp, admin: HttpApi, postgres: PostgresServer
) -> None:
    locked.secrets |= {postgres.password, "marked-audit-4711"}
    database = admin.post("/databases", form(postgres))
    admin.put(f"/databases/{database['id']}", {"name": unique("New"), "password": "marked-audit-4711"}, force=True)
    admin.delete(f"/databases/{database['id']}")
    deleted, updated, created = events(admin, actorId=admin.get("/auth/me")["id"])[:3]
    assert [e["action"] for e in (created, updated, deleted)] == ["createDatabase", "updateDatabase", "deleteDatabase"]
    [change] = created["changes"]
    assert (change["record"], change["id"], change["kind"]) == ("database_config", database["id"], "created")
    assert (change["after"]["host"], change["after"]["password_sealed"]) == (postgres.host, "***")
    [change] = updated["changes"]
    assert change["before"]["name"] == database["name"]
    assert change["after"]["name"].startswith("New")
    assert (change["before"]["password_sealed"], change["after"]["password_sealed"]) == ("***", "***")
    assert "host" not in change["after"]
    assert updated["target"] == {"database_id": database["id"]}
    assert deleted["changes"][0]["before"]["port"] == postgres.port
    for event in (created, updated, deleted):
        assert (event["actorName"], event["via"], event["role"]) == (ADMIN, "session", "admin")
        assert event["outcome"] == "success"
        assert (event["address"], len(event["requestId"]) > 5) == ("127.0.0.1", True)


def test_change_when_refused_or_failed_then_recorded_without_changes(locked: RunningApp, admin: HttpApi) -> None:
    viewer = sign_in_as(locked, admin, Role.VIEWER)
    viewer.refused("DELETE", "/backups/x", status=403, code="FORBIDDEN")
    admin.refused("DELETE", "/backups/x", status=404, code="NOT_FOUND")
    taken = {"username": ADMIN, "password": PASSWORD, "role": "viewer"}
    admin.refused("POST", "/users", taken, status=409, code="CONFLICT")
    conflict, missing, refused = events(admin)[:3]
    assert (refused["action"], refused["outcome"], refused["status"]) == ("deleteBackup", "refused", 403)
    assert refused["actorId"] == viewer.get("/auth/me")["id"]
    assert (missing["outcome"], missing["status"], missing["target"]) == ("failed", 404, {"backup_id": "x"})
    assert (conflict["outcome"], conflict["status"], conflict["changes"]) == ("failed", 409, [])


def test_sign_in_when_it_fails_then_whose_account_but_never_what_was_typed(locked: RunningApp, admin: HttpApi) -> None:
    for name in (ADMIN, "my password by mistake"):
        body = {"username": name, "password": "wrong password"}
        locked.api.refused("POST", "/auth/sign-in", body, status=401, code="UNAUTHORIZED")
    unknown, known = events(admin, action="signIn", outcome="refused")[:2]
    assert (known["actorId"], known["status"]) == (admin.get("/auth/me")["id"], 401)
    assert (unknown["actorId"], unknown["actorName"]) == ("nobody", "nobody")
    assert unknown["details"] == {"method": "local", "unknownUser": True}
    assert "mistake" not in json.dumps(events(admin))


def test_strangers_when_they_are_refused_again_and_again_then_the_log_does_not_grow(
    locked: RunningApp, admin: HttpApi
) -> None:
    # Time stands still for the limit: a slow machine must not refill what is counted.
    locked.ctx.runtime.strangers = RateLimit(lambda: 0.0)
    before = admin.whole("GET", "/audit", actorId="nobody")["meta"]["total"]
    for _ in range(60):
        locked.api.request("DELETE", "/databases/x")
    added = admin.whole("GET", "/audit", actorId="nobody")["meta"]["total"] - before
    assert 0 < added <= 32
    assert locked.ctx.runtime.unrecorded > 0
    locked.ctx.runtime.strangers = RateLimit()
    locked.api.request("DELETE", "/databases/x")
    assert events(admin, actorId="nobody")[0]["details"]["unrecordedBefore"] >= 28
    assert locked.ctx.runtime.unrecorded == 0


def test_reads_when_of_backups_then_once_an_hour_and_looking_at_lists_never(
    locked: RunningApp, admin: HttpApi, postgres: PostgresServer
) -> None:
    database = admin.post("/databases", form(postgres))
    backup = admin.post("/backups", {"databaseId": database["id"], "uploadToS3": False})
    admin.wait(f"/backups/{backup['id']}")
    for _ in range(2):
        assert admin.http.get(f"/api/backups/{backup['id']}/download", params={"part": "manifest"}).is_success
    admin.get("/backups")
    mine = [e["action"] for e in events(admin) if e["target"] == {"backup_id": backup["id"]}]
    assert sorted(mine) == ["downloadBackup", "downloadBackup", "getBackup"]


def test_looking_when_a_post_only_looks_then_nothing_is_written(locked: RunningApp, admin: HttpApi) -> None:
    before = admin.whole("GET", "/audit")["meta"]["total"]
    admin.request("POST", "/restores/preflight", {"databaseId": "x"})
    admin.get("/databases")
    assert admin.whole("GET", "/audit")["meta"]["total"] == before


def test_list_when_filtered_then_only_those_and_in_pages(locked: RunningApp, admin: HttpApi) -> None:
    whole = admin.whole("GET", "/audit", limit=2)
    assert [e["seq"] for e in whole["data"]] == [whole["meta"]["total"], whole["meta"]["total"] - 1]
    assert admin.get("/audit", limit=2, page=2)[0]["seq"] == whole["meta"]["total"] - 2
    moment = whole["data"][0]["at"]
    assert [e["seq"] for e in admin.get("/audit", startDate=moment)] == [whole["data"][0]["seq"]]
    assert moment not in [e["at"] for e in events(admin, endDate=moment)]
    assert {"signIn", "createUser"} <= set(admin.get("/audit/actions"))


def test_export_when_asked_for_then_every_event_is_a_line_of_json(locked: RunningApp, admin: HttpApi) -> None:
    answer = admin.http.get("/api/audit/export")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert "attachment" in answer.headers["content-disposition"]
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[0]["action"] == "createUser"
    assert lines[0]["actorName"] == "the program"
    some = admin.http.get("/api/audit/export", params={"action": "signIn"}).text.splitlines()
    assert {json.loads(line)["action"] for line in some} == {"signIn"}


def test_user_when_deleted_then_the_log_names_nobody_and_stays_whole(locked: RunningApp, admin: HttpApi) -> None:
    name = unique("erased")
    user = add_user(admin, Role.OPERATOR, username=name, displayName="Erika Erased")
    sign_in(locked, name).post("/api-keys", {"name": "k", "role": "viewer"})
    admin.put(f"/users/{user['id']}", {"displayName": "Erika E."})
    admin.delete(f"/users/{user['id']}")
    theirs = events(admin, actorId=user["id"])
    assert [e["action"] for e in theirs] == ["createApiKey", "signIn"]
    assert {e["actorName"] for e in theirs} == {None}
    text = admin.http.get("/api/audit/export").text
    assert user["id"] in text
    for word in (name, "Erika"):
        assert word not in text
    assert not [line for line in dump(locked.settings.catalogue) if name in line or "Erika" in line]
    assert admin.get("/audit/verify")["ok"] is True


def test_verify_when_many_write_at_once_then_one_chain_without_gaps(locked: RunningApp, admin: HttpApi) -> None:
    async def write(number: int) -> None:
        async with locked.ctx.catalogue.transaction() as session:
            await audit.record(session, locked.ctx, SYSTEM, "test", number=number)

    async def write_all() -> None:
        await asyncio.gather(*(write(number) for number in range(40)))

    before = admin.get("/audit/verify")
    locked.run(write_all())
    after = admin.get("/audit/verify")
    assert (after["ok"], after["problems"]) == (True, [])
    assert after["lastSeq"] == after["events"] == before["lastSeq"] + 40
    assert sorted(e["details"]["number"] for e in events(admin, action="test")) == list(range(40))


def test_change_when_the_transaction_fails_then_neither_it_nor_its_event_is_there(locked: RunningApp) -> None:
    async def fail() -> int:
        async with locked.ctx.catalogue.transaction() as session:
            await audit.record(session, locked.ctx, SYSTEM, "lost")
            raise IntegrityError("x", {}, Exception("x"))

    with pytest.raises(IntegrityError):
        locked.run(fail())
    assert sign_in(locked).get("/audit", action="lost") == []


def test_events_when_changed_or_deleted_by_sql_then_the_catalogue_refuses(locked: RunningApp) -> None:
    for statement in ("UPDATE audit_event SET outcome = 'success'", "DELETE FROM audit_event WHERE seq = 1"):
        with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
            locked.execute(statement)


@pytest.mark.parametrize(
    ("tampering", "says"),
    [
        ("UPDATE audit_event SET outcome = 'success' WHERE seq = 3", "Event 3 was altered."),
        ("""UPDATE audit_event SET details = '{"a":1}' WHERE seq = 2""", "Event 2 was altered."),
        ("DELETE FROM audit_event WHERE seq = 3", "Event 3 is missing."),
        ("DELETE FROM audit_event WHERE seq IN (2, 3)", "Events 2 to 3 are missing."),
        ("DELETE FROM audit_event WHERE seq = 5", "Events 5 to 5 are missing: the end was cut off."),
        ("UPDATE audit_event SET actor_id = 'x', hash = previous_hash WHERE seq = 4", "Event 4 was altered."),
        ("UPDATE audit_chain SET base_seq = 2; DELETE FROM audit_event WHERE seq < 3", "was altered: events may be"),
        (
            "DELETE FROM audit_event WHERE seq = 5; UPDATE audit_chain SET head_seq = 4,"
            " head_hash = (SELECT hash FROM audit_event WHERE seq = 4)",
            "was altered: events may be missing",
        ),
        ("DELETE FROM audit_chain", "ends of the chain is missing"),
    ],
)
async def test_verify_when_somebody_tampered_then_it_is_named(
    chain: Path | CatalogueUrl, tampering: str, says: str
) -> None:
    drop_audit_triggers(chain)
    for statement in tampering.split("; "):
        rows(chain, statement)
    catalogue = Catalogue(chain)
    async with catalogue.transaction() as session:
        report = await audit_chain.verify(session, KEY)
        assert any(says in problem for problem in report.problems), report.problems
        # What is added later does not cover it up.
        await audit_chain.append(session, KEY, **event("later"))
        assert (await audit_chain.verify(session, KEY)).problem_count
    await catalogue.close()


def event(action: str) -> dict[str, Any]:
    return {
        "actor_id": "a", "via": "none", "role": None, "address": "", "user_agent": "", "request_id": "",
        "action": action, "target": {}, "outcome": "failed", "status": None, "details": {}, "changes": [],
    }  # fmt: skip


@pytest.fixture
async def chain(tmp_path: Path) -> Path | CatalogueUrl:
    """A catalogue with five events."""
    path = make_catalogue(tmp_path / "app.db")
    catalogue = Catalogue(path)
    async with catalogue.transaction() as session:
        await audit_chain.begin_chain(session, KEY)
        for number in range(5):
            await audit_chain.append(session, KEY, **event(f"e{number}"))
        report = await audit_chain.verify(session, KEY)
        assert (report.events, report.problems) == (5, [])
    await catalogue.close()
    return path


def test_retention_when_events_are_old_then_they_go_and_the_rest_verifies(tmp_path: Path) -> None:
    with locked_app(tmp_path) as app:
        admin = sign_in(app)

        async def age() -> None:
            async with app.ctx.catalogue.transaction() as session:
                for number in range(3):
                    values = event(f"old{number}") | {"at": utc_now() - timedelta(days=100)}
                    await audit_chain.append(session, app.ctx.audit_key, **values)

        app.run(age())
        app.run(tidy_access(app.ctx))
        assert admin.get("/audit/verify")["removed"] == 0  # a year is kept
        admin.put("/system/settings", {"values": {"audit.keepDays": 30}})
        app.run(tidy_access(app.ctx))
        found = admin.get("/audit/verify")
        assert (found["ok"], found["removed"], found["firstSeq"]) == (True, 5, 6)
        newest = events(admin)[0]
        assert (newest["action"], newest["actorName"]) == ("pruneAudit", "the program")
        assert newest["details"] == {"removed": 5, "keepDays": 30}
        app.run(tidy_access(app.ctx))
        assert admin.get("/audit/verify")["removed"] == 5


def test_housekeeping_when_attempts_are_old_then_forgotten(locked: RunningApp) -> None:
    async def count(age: timedelta) -> int:
        async with locked.ctx.catalogue.transaction() as session:
            await session.execute(update(SignInThrottle).values(last_at=utc_now() - age))
        await tidy_access(locked.ctx)
        async with locked.ctx.catalogue.sessions() as session:
            return await session.scalar(select(func.count()).select_from(SignInThrottle)) or 0

    locked.api.request("POST", "/auth/sign-in", {"username": "x", "password": "x"})
    assert locked.run(count(timedelta(minutes=1))) > 0
    assert locked.run(count(timedelta(hours=2))) == 0
