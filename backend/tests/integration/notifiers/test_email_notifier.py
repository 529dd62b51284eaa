"""Mail through a real SMTP server (aiosmtpd): with and without a login, STARTTLS, TLS, and what goes wrong."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from dbbackup.core.errors import AddressRefusedError, DeliveryError, ValidationError
from dbbackup.core.secret import Secret
from dbbackup.net.resolve import NetRules
from dbbackup.notifiers import email as mail_module
from dbbackup.notifiers.email import EmailNotifier, EmailSettings
from devtools.servers import MailServer, free_port
from devtools.servers.tls import ServerTls, make_server_tls
from tests.integration.notifiers.messages import delivery, message

LOGIN = ("backups", "mail-password-0815")
PASSWORD = {"password": Secret(LOGIN[1])}
NOTIFIER = EmailNotifier()


@pytest.fixture(scope="module")
def tls() -> ServerTls:
    return make_server_tls()


def settings(port: int, **changes: Any) -> EmailSettings:
    values: dict[str, Any] = {
        "host": "localhost",
        "port": port,
        "security": "none",
        "username": None,
        "sender": "backups@example.com",
        "recipients": ["ops@example.com"],
        "ca_certificate": None,
    }
    return EmailSettings(**values | changes)


async def test_send_without_login_then_the_mail_says_all_and_is_marked_as_automatic() -> None:
    with MailServer.start() as server:
        text = await NOTIFIER.send(settings(server.port), {}, delivery())
        (mail,) = server.mails
    assert text == "localhost took the mail for 1 recipient: taken."
    assert mail["Subject"] == "Backup of Shop failed"
    assert (mail["From"], mail["To"]) == ("backups@example.com", "ops@example.com")
    assert mail["Message-ID"] == "<delivery-1@k3f9.dbbackup>"
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_content()
    for part in (message().text, message().advice, message().url, "backup.failed, 2026-11-22 20:00:00 UTC"):
        assert part
        assert part in body


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_send_with_login_when_encrypted_then_it_arrives(tls: ServerTls, security: str) -> None:
    secure = {"security": security, "username": LOGIN[0], "ca_certificate": tls.ca_pem}
    with MailServer.start(tls=tls, implicit_tls=security == "tls", login=LOGIN) as server:
        to = settings(server.port, recipients=["a@example.com", "b@example.com"], **secure)
        text = await NOTIFIER.send(to, PASSWORD, delivery(title="Bäckup of 東京 ✓"))
        assert "2 recipients" in text
        assert server.recipients == ["a@example.com", "b@example.com"]
        assert server.encrypted == [True]
        assert server.mails[0]["Subject"] == "Bäckup of 東京 ✓"
        with pytest.raises(DeliveryError, match="localhost refused the login: 535") as raised:
            await NOTIFIER.send(to, {"password": Secret("wrong-0815")}, delivery())
        assert "wrong-0815" not in raised.value.message
        with pytest.raises(DeliveryError, match="certificate of localhost is not accepted"):
            await NOTIFIER.send(settings(server.port, **secure | {"ca_certificate": None}), PASSWORD, delivery())
        assert len(server.mails) == 1


async def test_send_when_the_server_wants_what_is_not_given_then_that_is_said(tls: ServerTls) -> None:
    with MailServer.start(tls=tls) as server, pytest.raises(DeliveryError, match="localhost refused the mail: 530"):
        await NOTIFIER.send(settings(server.port), {}, delivery())
    with MailServer.start() as server:
        with pytest.raises(DeliveryError, match=r"localhost: .*STARTTLS"):
            await NOTIFIER.send(settings(server.port, security="starttls"), {}, delivery())
        with pytest.raises(DeliveryError, match="port 465 wants TLS"):
            await NOTIFIER.send(settings(server.port, security="tls"), {}, delivery())


async def test_send_when_recipients_are_refused_then_they_are_named() -> None:
    with MailServer.start() as server:
        server.refused = {"gone@example.com"}
        both = settings(server.port, recipients=["gone@example.com", "ops@example.com"])
        text = await NOTIFIER.send(both, {}, delivery())
        assert text == "localhost took the mail, but not for gone@example.com (550 no such mailbox)."
        with pytest.raises(DeliveryError, match=r"refused every recipient: gone@example\.com \(550"):
            await NOTIFIER.send(settings(server.port, recipients=["gone@example.com"]), {}, delivery())


async def test_send_when_nobody_listens_or_answers_then_it_ends_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeliveryError, match="cannot be connected to"):
        await NOTIFIER.send(settings(free_port()), {}, delivery())
    monkeypatch.setattr(mail_module, "_SECONDS", 0.3)
    late = pytest.raises(DeliveryError, match=r"did not answer within 0\.3 s")
    with socket.create_server(("127.0.0.1", 0)) as silent, late:
        await NOTIFIER.send(settings(silent.getsockname()[1]), {}, delivery())


async def test_send_when_the_name_stands_for_the_metadata_service_then_it_is_refused() -> None:
    async def names(_host: str, _port: int) -> list[str]:
        return ["169.254.169.254"]

    with pytest.raises(AddressRefusedError, match="metadata"):
        await NOTIFIER.send(settings(25, host="smtp.example.com"), {}, delivery(NetRules(lookup=names)))


@pytest.mark.parametrize(
    ("changes", "found", "field"),
    [
        ({"sender": "nobody"}, {}, "sender"),
        ({"recipients": ["ops@example.com", "a@b\nBcc: c@d"]}, {}, "recipients"),
        ({"username": "backups", "security": "tls"}, {}, "password"),
        ({}, PASSWORD, "password"),
        ({"username": "backups"}, PASSWORD, "security"),
        ({"ca_certificate": "nonsense"}, {}, "caCertificate"),
    ],
)
def test_check_when_it_cannot_work_then_the_field_is_named(
    changes: dict[str, Any], found: dict[str, Secret], field: str
) -> None:
    with pytest.raises(ValidationError) as raised:
        NOTIFIER.check(settings(25, **changes), found)
    assert [detail.field for detail in raised.value.details] == [f"settings.{field}"]


def test_target_when_shown_then_recipients_and_server_are_named() -> None:
    assert NOTIFIER.target(settings(587), {}) == "ops@example.com by localhost:587"
    many = settings(25, recipients=["a@x.y", "b@x.y", "c@x.y"])
    assert NOTIFIER.target(many, {}) == "a@x.y and 2 more by localhost:25"
