"""Fills a running product through its API with everything that a page of it can show."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from devtools.product import Product
from devtools.servers import MariadbServer, PostgresServer, SeaweedServer
from devtools.servers.ports import free_port
from devtools.showcase.history import write_history
from devtools.sources import Server, engine_of, fill

BUCKET = "showcase"
_FINAL = ("completed", "failed", "cancelled")
_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Servers:
    """What is backed up, and to where."""

    postgres: PostgresServer
    mariadb: MariadbServer
    storage: SeaweedServer


def furnish(product: Product, servers: Servers, *, orders: int = 4_000) -> dict[str, str]:
    """Add databases, storage, schedules, people and a year of backups; return the ids of one of each kind."""
    call = product.call
    servers.storage.create_bucket(BUCKET)
    for server, name in ((servers.postgres, "storefront"), (servers.mariadb, "website")):
        fill(server, name, orders=orders)
    servers.postgres.psql("CREATE DATABASE wiki")
    bucket = call("POST", "/s3-configs", _bucket(servers.storage))["id"]
    policy = call("POST", "/retention-policies", {"name": "Five weeks", "strategy": "age", "maxAgeDays": 35})["id"]
    shop = _database(product, servers.postgres, "storefront", "Storefront")
    site = _database(product, servers.mariadb, "website", "Website")
    wiki = _database(product, servers.postgres, "wiki", "Wiki")
    # Nobody listens there: its test and its backup fail.
    away = _database(product, servers.postgres, "billing", "Billing", port=free_port())
    nightly = {"type": "daily", "cronExpression": "0 2 * * *", "timezone": "UTC", "retentionPolicyId": policy}
    schedule = call("POST", "/schedules", {**nightly, "databaseId": shop, "name": "Every night", "verifyEvery": 7})[
        "id"
    ]
    call("POST", "/schedules", {**nightly, "databaseId": site, "name": "Nightly copy"})
    weekly = {"type": "weekly", "cronExpression": "30 3 * * 0", "timezone": "Europe/Berlin"}
    call("POST", "/schedules", {**weekly, "databaseId": away, "name": "Sunday"})
    channel = call("POST", "/notification-channels", _channel())["id"]
    for person, role in (("olga", "operator"), ("vera", "viewer")):
        call("POST", "/users", {"username": person, "password": "only for the pictures", "role": role})
    call("POST", "/api-keys", {"name": "Monitoring", "role": "viewer"})
    runs = [call("POST", "/backups", {"databaseId": one})["id"] for one in (shop, site, wiki, away)]
    backup, other, *_ = [_ended(product, "/backups", run) for run in runs]
    _ended(product, "/verifications", call("POST", f"/backups/{backup['id']}/verify", {"level": 3})["id"])
    call("POST", f"/databases/{away}/test-connection")
    # After the backups: its private key was not downloaded, which the page must say.
    call("POST", "/encryption-keys", {"name": "For the cloud"})
    restore = {"databaseId": shop, "backupId": backup["id"], "options": {"newDatabase": "storefront_copy"}}
    restored = _ended(product, "/restores", call("POST", "/restores", {**restore, "confirm": True})["id"])
    asyncio.run(write_history(product.catalogue, [backup["id"], other["id"]], bucket))
    return {
        "database": shop,
        "backup": backup["id"],
        "failedBackup": runs[-1],
        "restore": restored["id"],
        "schedule": schedule,
        "policy": policy,
        "bucket": bucket,
        "channel": channel,
    }


def _database(product: Product, server: Server, database: str, name: str, **changes: Any) -> str:
    where = {"host": server.host, "port": server.port, "database": database}
    login = {"username": server.superuser, "password": server.password}
    form = {"name": name, "type": engine_of(server), **where, **login, **changes}
    return str(product.call("POST", "/databases", form, force=True)["id"])


def _bucket(storage: SeaweedServer) -> dict[str, Any]:
    keys = {"accessKey": storage.access_key, "secretKey": storage.secret_key}
    where = {"bucket": BUCKET, "endpoint": storage.endpoint, "pathStyle": True, "allowHttp": True}
    return {"name": "Offsite", "region": storage.region, **where, **keys}


def _channel() -> dict[str, Any]:
    settings = {"kind": "webhook", "url": f"http://127.0.0.1:{free_port()}/hook"}
    return {"name": "On call", "settings": settings, "events": ["backup.failed", "backup.overdue", "disk.low"]}


def _ended(product: Product, path: str, run: str) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        seen: dict[str, Any] = product.call("GET", f"{path}/{run}")
        if seen["status"] in _FINAL:
            return seen
        time.sleep(0.1)
    raise TimeoutError(f"{path}/{run} did not end in {_PATIENCE:.0f} s")
