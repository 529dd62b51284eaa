"""Every secret the product is given or makes, looked for wherever somebody else could read it.

`test_secrets.py` looks at runs; this at people, keys, providers and channels: over HTTP, in the log at its most
talkative, in the files, in the command lines of the machine and in what the audit log forwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from dbbackup.core.catalogue_url import CatalogueUrl
from devtools.product import ApiError, Product
from devtools.servers import HttpReceiver, PostgresServer, free_port
from devtools.servers.oidc_provider import OidcProvider
from devtools.servers.slapd import PEOPLE, SlapdServer
from tests.api.support import eventually
from tests.catalogue import dump
from tests.faults import secrets_seen

ADMIN, DIRECTORY, WRONG, NEW = "mark-admin-pw-7f3a", "mark-ldap-pw-91bc", "mark-wrong-pw-44de", "mark-new-user-pw-0aa1"
CLIENT, TOKEN = "mark-oidc-secret-5c1d", "mark-forward-token-8e2f"
HOOK, SIGNING, SMTP = "mark-hook-path-2b7c", "whsec_bWFyay1zaWduaW5nLWtleS1vZi10aGlydHktMmJ5dA==", "mark-smtp-pw-3f9d"
S3, DATABASE = "mark-s3-secret-6e0b", "mark-database-pw-d17e"


@pytest.fixture
def directory() -> Iterator[SlapdServer]:
    with SlapdServer.start({"anna": {"userPassword": DIRECTORY}}, {"staff": ["anna"]}) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver.start() as running:
        yield running


@pytest.fixture
def product(tmp_path: Path, directory: SlapdServer, receiver: HttpReceiver) -> Iterator[Product]:
    (tmp_path / "ldap-password").write_text(directory.password)
    extra = {
        "AUTH_MODE": "local",
        "LOG_LEVEL": "debug",
        "ADMIN_USERNAME": "root",
        "ADMIN_PASSWORD": ADMIN,
        "LDAP_URL": f"ldap://127.0.0.1:{directory.port}",
        "LDAP_START_TLS": "false",
        "LDAP_USER_BASE": PEOPLE,
        "LDAP_BIND_DN": directory.bind_dn,
        "LDAP_BIND_PASSWORD_FILE": str(tmp_path / "ldap-password"),
        "LDAP_DEFAULT_ROLE": "viewer",
        "OIDC_CLIENT_ID": "dbbackup",
        "OIDC_CLIENT_SECRET": CLIENT,
        "AUDIT_FORWARD_URL": f"{receiver.url}/audit",
        "AUDIT_FORWARD_TOKEN": TOKEN,
    }
    with Product.start(tmp_path / "product", extra=extra) as running:
        yield running


def test_secrets_when_people_and_keys_come_and_go_are_shown_nowhere(
    product: Product, directory: SlapdServer, receiver: HttpReceiver
) -> None:
    secrets = {WRONG, ADMIN, DIRECTORY, NEW, CLIENT, TOKEN, HOOK, SIGNING, SMTP, S3, DATABASE, directory.password}
    secrets.add(product.environment["ENCRYPTION_KEY"])
    made = everything(product)
    eventually(lambda: b"createApiKey" in b"".join(request.body for request in receiver.received))

    # All of it was done:
    assert {user["username"] for user in product.call("GET", "/users")} == {"root", "anna", "otto", "vera"}
    assert len(product.call("GET", "/notification-channels")) == 2
    assert len(made) > 15
    assert secrets_seen.in_command_lines(*secrets, *made) == []
    for place, text in [*shown(product, receiver)]:
        found = [secret for secret in secrets | made if secret.encode() in text]
        assert not found, f"{place} holds {len(found)} secrets, the first is {found[0][:12]}…"
    limits = Path(f"/proc/{product.pid}/limits").read_text()
    assert "Max core file size        0                    0" in limits  # nor does a crash leave its memory


def everything(product: Product) -> set[str]:
    """Do what leaves or makes secrets, rightly and wrongly, and return those that were made."""
    made: set[str] = set()
    for name, password in (("root", WRONG), ("anna", WRONG), (WRONG, WRONG), ("anna", DIRECTORY), ("root", ADMIN)):
        with suppress(ApiError):
            made |= set(
                map(str, product.call("POST", "/auth/token", {"username": name, "password": password}).values())
            )
    with httpx.Client(base_url=f"{product.url}/api", headers={"x-requested-with": "test"}) as browser:
        browser.post("/auth/sign-in", json={"username": "root", "password": ADMIN})
        made.add(browser.cookies["dbbackup_session"])
    product.sign_in("root", ADMIN)
    enrolled = product.call("POST", "/auth/second-factor/enrol", {"password": ADMIN})
    code = pyotp.TOTP(enrolled["secret"]).now()
    made |= {enrolled["secret"], *product.call("POST", "/auth/second-factor/confirm", {"code": code})["codes"]}
    user = {"username": "vera", "password": NEW, "role": "viewer", "displayName": "Vera"}
    product.call("POST", "/users", user)
    made.add(product.call("POST", "/api-keys", {"name": "key", "role": "viewer"})["secret"])
    single_sign_on(product)
    channels(product)
    with PostgresServer.start(18, password=DATABASE) as server:
        form = {"name": "shop", "type": "postgresql", "host": server.host, "port": server.port, "database": "postgres"}
        product.call("POST", "/databases", {**form, "username": server.superuser, "password": DATABASE})
        refused(product, "/databases", {**form, "name": "other", "username": "nobody", "password": WRONG})
    s3 = {
        "name": "s3",
        "bucket": "b",
        "endpoint": f"http://127.0.0.1:{free_port()}",
        "accessKey": "AKIA",
        "secretKey": S3,
    }
    product.call("POST", "/s3-configs", {**s3, "pathStyle": True, "allowHttp": True})
    refused(product, "/s3-configs", {**s3, "secretKey": S3, "unknown": WRONG})
    return {secret for secret in made if len(secret) > 8 and secret != "Bearer"}


def single_sign_on(product: Product) -> None:
    """Sign in at a provider, rightly and with what is not its code."""
    page = f"{product.url}/sign-in/callback"
    with OidcProvider.start({"otto": {"groups": ["staff"]}}, page, client_secret=CLIENT) as provider:
        values = {"oidc.issuer": provider.issuer, "oidc.viewerGroups": "staff"}
        product.call("PUT", "/system/settings", {"values": values})
        for wrong in ({}, {"code": WRONG}):
            with httpx.Client(base_url=f"{product.url}/api") as browser:
                url = browser.post("/auth/oidc/start").json()["data"]["url"]
                answer = {**provider.sign_in(url, "otto"), **wrong}
                status = browser.post("/auth/oidc/finish", json=answer).status_code
                assert status == (502 if wrong else 200)


def channels(product: Product) -> None:
    """Add channels that cannot deliver, and try them."""
    nowhere = f"http://127.0.0.1:{free_port()}/{HOOK}"
    mail = {"kind": "email", "host": "localhost", "port": free_port(), "security": "tls", "sender": "a@example.com"}
    mail |= {"recipients": ["b@example.com"], "username": "u", "password": SMTP}
    mail["caCertificate"] = None
    for settings in ({"kind": "webhook", "url": nowhere, "signingSecret": SIGNING}, mail):
        form = {"name": settings["kind"], "settings": settings, "events": ["backup.failed"]}
        channel = product.call("POST", "/notification-channels", form)
        product.call("POST", f"/notification-channels/{channel['id']}/test")


def refused(product: Product, path: str, body: Any) -> None:
    with pytest.raises(ApiError):
        product.call("POST", path, body)


def shown(product: Product, receiver: HttpReceiver) -> Iterator[tuple[str, bytes]]:
    """Yield what others can read."""
    yield "the log", product.log.encode()
    yield "what is forwarded", b"".join(request.body for request in receiver.received)
    if isinstance(product.catalogue, CatalogueUrl):
        yield "the catalogue", "\n".join(dump(product.catalogue)).encode()
    else:
        for file in (product.home / "db").iterdir():  # the SQLite file and its write-ahead log
            yield file.name, file.read_bytes()
    storages = product.call("GET", "/s3-configs")
    yield "s3-configs", json.dumps(storages).encode()
    for storage in storages:  # or what asks after its state takes five seconds each time
        product.call("DELETE", f"/s3-configs/{storage['id']}")
    lists = ("users", "api-keys", "databases", "notification-channels", "notification-deliveries", "audit")
    mine = ("auth/me", "auth/sessions", "auth/second-factor")
    for path in (*lists, *mine, "system/settings", "system/logs", "system/status"):
        yield path, json.dumps(product.call("GET", f"/{path}")).encode()
    with httpx.Client(base_url=product.url, headers=product._headers, timeout=30) as client:
        yield "the export of the audit log", client.get("/api/audit/export").content
        yield "the metrics", client.get("/api/metrics").content
        yield "the OpenAPI document", client.get("/api/openapi.json").content
