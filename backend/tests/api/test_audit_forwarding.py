"""The audit log goes to another log system: whole, in order, over breaks. The receivers are sockets of this test."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from loguru import logger

from dbbackup.core.secret import Secret
from dbbackup.worker import audit_forwarder
from devtools.servers import HttpReceiver, Reply
from devtools.servers.http_receiver import server_context
from devtools.servers.tls import ServerTls, make_server_tls
from tests.api.http_api import HttpApi
from tests.api.running_app import RunningApp
from tests.api.signing_in import locked_app, sign_in
from tests.api.support import eventually

TOKEN = "the token of the log system"
RFC5424 = re.compile(
    r"<(?P<pri>\d+)>1 (?P<at>\S+) (?P<host>\S+) dbbackup (?P<pid>\d+) (?P<kind>\S+) - "
    r"\ufeff(?P<instance>\S+) (?P<json>\{.*)"
)


class SyslogReceiver:
    """Takes datagrams or, with octet counting, a stream, and keeps the messages."""

    def __init__(self, kind: str, tls: ServerTls | None = None) -> None:
        self.messages: list[bytes] = []
        self._ending = False
        family = socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM
        self._socket = socket.socket(socket.AF_INET, family)
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"syslog+{kind}://localhost:{self._socket.getsockname()[1]}"
        self._tls = server_context(tls) if tls else None
        if kind != "udp":
            self._socket.listen()
        threading.Thread(target=self._datagrams if kind == "udp" else self._streams, daemon=True).start()

    def stop(self) -> None:
        self._ending = True
        self._socket.close()

    def _datagrams(self) -> None:
        while not self._ending:
            try:
                self.messages.append(self._socket.recv(65_536))
            except OSError:
                return

    def _streams(self) -> None:
        while not self._ending:
            try:
                connection, _ = self._socket.accept()
                if self._tls:
                    connection = self._tls.wrap_socket(connection, server_side=True)
            except ssl.SSLError:
                continue
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                while length := b"".join(iter(lambda: stream.read(1).strip(), b"")):
                    self.messages.append(stream.read(int(length)))


@pytest.fixture(scope="module")
def tls() -> ServerTls:
    return make_server_tls()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, tls: ServerTls) -> Iterator[RunningApp]:
    home = tmp_path_factory.mktemp("locked")
    (home / "ca.pem").write_text(tls.ca_pem)
    secret = {"audit_forward_token": Secret(TOKEN), "audit_forward_ca_file": home / "ca.pem"}
    with locked_app(home, **secret) as running:
        running.secrets.add(TOKEN)
        yield running
        assert not [text for text in running.api.seen for secret in running.secrets if secret in text]


@pytest.fixture
def admin(app: RunningApp, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpApi]:
    monkeypatch.setattr(audit_forwarder, "FIRST_DELAY", 0.05)
    person = sign_in(app)
    yield person
    forward(person, None)


def forward(admin: HttpApi, url: str | None) -> None:
    admin.put("/system/settings", {"values": {"audit.forwardUrl": url}})


def exported(admin: HttpApi) -> list[dict[str, Any]]:
    return [json.loads(text) for text in admin.request("GET", "/audit/export").text.splitlines()]


def test_forward_when_to_a_web_server_then_every_event_once_in_order_over_a_break(
    app: RunningApp, admin: HttpApi
) -> None:
    with HttpReceiver.start() as receiver:
        receiver.replies.extend([Reply(503), Reply(503)])
        forward(admin, f"{receiver.url}/audit")

        def taken() -> list[dict[str, Any]]:
            good = [request for request in receiver.received[2:] if request.body]
            return [json.loads(text) for request in good for text in request.body.splitlines()]

        eventually(lambda: len(taken()) >= 2)
        sign_in(app)
        eventually(lambda: taken() == exported(admin))
        assert [event["seq"] for event in taken()] == list(range(1, len(taken()) + 1))
        sent = receiver.received[-1]
        headers = {name.lower(): value for name, value in sent.headers.items()}
        assert headers["authorization"] == f"Bearer {TOKEN}"
        assert headers["content-type"] == "application/x-ndjson"
        assert {event["action"] for event in taken()} >= {"createUser", "signIn", "changeSettings"}


@pytest.mark.parametrize("kind", ["udp", "tcp", "tls"])
def test_forward_when_by_syslog_then_messages_as_rfc_5424_wants_them(
    app: RunningApp, admin: HttpApi, tls: ServerTls, kind: str
) -> None:
    receiver = SyslogReceiver(kind, tls if kind == "tls" else None)
    try:
        forward(admin, receiver.url)
        app.api.request("POST", "/auth/sign-in", {"username": "nobody", "password": "wrong"})

        def events() -> list[tuple[str, dict[str, Any]]]:
            found = [RFC5424.fullmatch(text.decode()) for text in receiver.messages]
            return [(match["pri"], json.loads(match["json"])) for match in found if match]

        eventually(lambda: events() and events()[-1][1]["outcome"] == "refused")
        assert len(events()) == len(receiver.messages)
        pri, event = events()[-1]
        assert pri == "108"  # log audit, warning
        assert event == exported(admin)[event["seq"] - 1]
        assert {pri for pri, event in events() if event["outcome"] == "success"} == {"110"}
    finally:
        receiver.stop()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (lambda: SyslogReceiver("tls", make_server_tls()).url, "certificate of localhost is not accepted"),
        (lambda: "syslog+tcp://127.0.0.1:9", "cannot be written to"),
        (lambda: "syslog+udp://169.254.169.254", "Nothing may be sent"),
        (lambda: "https://no.such.host.invalid", "has no address"),
    ],
)
def test_forward_when_nobody_takes_it_then_the_log_says_so_once_and_nothing_is_lost(
    admin: HttpApi, url: Callable[[], str], says: str
) -> None:
    lines: list[str] = []
    sink = logger.add(lambda message: lines.append(str(message)), format="{message}")
    forward(admin, url())
    eventually(lambda: any(says in text for text in lines))
    receiver = SyslogReceiver("tcp")
    forward(admin, receiver.url)
    eventually(lambda: any("forwarded again" in text for text in lines))
    eventually(lambda: receiver.messages)
    logger.remove(sink)
    receiver.stop()
    assert len([text for text in lines if says in text]) == 1


def test_setting_when_wrong_then_refused_by_name(admin: HttpApi) -> None:
    for url in ("ftp://x", "syslog://x", "https://", "https://user:pass@x", "https://x:port"):
        body = {"values": {"audit.forwardUrl": url}}
        admin.refused("PUT", "/system/settings", body, status=400, code="VALIDATION_ERROR", fields={"audit.forwardUrl"})
