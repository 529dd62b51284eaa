"""Hosts and endpoints that are never connected to: refused when saved, tested, and used."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from dbbackup.core.errors import ValidationError
from dbbackup.db.models import DatabaseConfig
from dbbackup.services import databases, s3_configs
from dbbackup.services.connections import connection_from, reachable, saved_connection
from dbbackup.services.context import Context
from dbbackup.services.inputs import DatabaseInput
from dbbackup.services.s3_inputs import S3ConfigInput, S3ConfigUpdate
from devtools.servers import PostgresServer
from tests.api.running_app import RunningApp
from tests.api.support import add_database, eventually, form, unique

METADATA = "a cloud's metadata service answers there"


def s3(**changes: Any) -> dict[str, Any]:
    return {"name": unique("Bucket"), "bucket": "b", "accessKey": "a", "secretKey": "s", "allowHttp": True, **changes}


def refusal(field: str) -> dict[str, Any]:
    return {"status": 400, "code": "VALIDATION_ERROR", "fields": {field}, "says": "Nothing may be sent to"}


@pytest.fixture(scope="module")
def led_astray(app: RunningApp) -> Context:
    """The wiring, with a resolver for which every name is that of the metadata service, among others."""

    async def names(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1", "169.254.169.254"]

    return replace(app.ctx, lookup=names)


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "fe80::1", "::ffff:a9fe:a9fe", "2852039166", "127.0.0.1,169.254.1.1", "0.0.0.0"]
)
def test_database_when_the_host_is_forbidden_then_neither_saved_nor_tested(
    app: RunningApp, postgres: PostgresServer, host: str
) -> None:
    wanted: dict[str, Any] = {
        "status": 400,
        "code": "VALIDATION_ERROR",
        "fields": {"host"},
        "says": "Nothing may be sent to",
    }
    data = form(postgres, host=host)
    app.api.refused("POST", "/databases", data, params={"force": True}, **wanted)
    unnamed = {name: value for name, value in data.items() if name != "name"}
    app.api.refused("POST", "/databases/test-connection", unnamed, **wanted)
    shop = add_database(app, postgres)
    app.api.refused("PUT", f"/databases/{shop['id']}", {"host": host}, params={"force": True}, **wanted)
    assert app.api.get(f"/databases/{shop['id']}")["host"] == postgres.host


@pytest.mark.parametrize("endpoint", ["http://169.254.169.254", "http://[fe80::1]:9000", "http://2852039166/x"])
def test_s3_config_when_the_endpoint_is_forbidden_then_neither_saved_nor_tested(app: RunningApp, endpoint: str) -> None:
    wanted: dict[str, Any] = {
        "status": 400,
        "code": "VALIDATION_ERROR",
        "fields": {"endpoint"},
        "says": "Nothing may be sent",
    }
    app.api.refused("POST", "/s3-configs", s3(endpoint=endpoint), **wanted)
    test = {name: value for name, value in s3(endpoint=endpoint).items() if name != "name"}
    app.api.refused("POST", "/s3-configs/test", test, **wanted)
    saved = app.api.post("/s3-configs", s3(endpoint="http://127.0.0.1:9"))
    app.api.refused("PUT", f"/s3-configs/{saved['id']}", {"endpoint": endpoint}, **wanted)


def test_names_when_one_address_is_forbidden_then_refused(
    app: RunningApp, led_astray: Context, postgres: PostgresServer
) -> None:
    data = msgspec.convert(form(postgres, host="innocent.example.com"), DatabaseInput)
    bucket = msgspec.convert(s3(endpoint="http://innocent.example.com"), S3ConfigInput)
    saved = app.api.post("/s3-configs", s3(endpoint="http://127.0.0.1:9"))
    moved = msgspec.convert({"endpoint": "http://innocent.example.com"}, S3ConfigUpdate)

    async def each() -> None:
        async with led_astray.catalogue.sessions() as session:
            await _refused(databases.add_database(session, led_astray, data, force=True))
            await _refused(s3_configs.add_config(session, led_astray, bucket))
            await _refused(s3_configs.change_config(session, led_astray, saved["id"], moved))
            await _refused(reachable(led_astray, connection_from(data)))

    app.run(each())


async def _refused(attempt: Coroutine[Any, Any, object]) -> None:
    with pytest.raises(ValidationError, match=METADATA):
        await attempt


def test_hosts_when_they_are_sockets_or_unknown_then_the_connection_says_what_is_wrong(app: RunningApp) -> None:
    async def check() -> None:
        place = {"name": "n", "type": "postgresql", "port": 9, "database": "d", "username": "u", "password": ""}
        for host in ("/var/run/postgresql", "no-such-host.invalid"):
            data = msgspec.convert({**place, "host": host}, DatabaseInput)
            assert await reachable(app.ctx, connection_from(data)) == connection_from(data)

    app.run(check())


def test_backup_when_the_saved_host_is_forbidden_then_the_run_fails_and_says_why(
    app: RunningApp, postgres: PostgresServer
) -> None:
    shop = add_database(app, postgres)

    async def move() -> None:
        async with app.ctx.catalogue.transaction() as session:
            config = await session.get_one(DatabaseConfig, shop["id"])
            config.host = "169.254.169.254"
            assert saved_connection(app.ctx, config).host == config.host

    app.run(move())
    backup = app.api.post("/backups", {"databaseId": shop["id"]})
    eventually(lambda: app.api.get(f"/backups/{backup['id']}")["status"] == "failed")
    assert METADATA in app.api.get(f"/backups/{backup['id']}")["errorMessage"]
    app.api.refused("POST", f"/databases/{shop['id']}/test-connection", **refusal("host"))
