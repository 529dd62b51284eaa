"""A real SMTP server (aiosmtpd) that keeps the mail it takes."""

from __future__ import annotations

import email
import time
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from devtools.servers.http_receiver import server_context
from devtools.servers.ports import free_port
from devtools.servers.tls import ServerTls


class MailServer:
    """Offers STARTTLS, or with `implicit_tls` speaks TLS from the first byte; with a login it demands that."""

    def __init__(
        self, *, tls: ServerTls | None = None, implicit_tls: bool = False, login: tuple[str, str] | None = None
    ) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.encrypted: list[bool] = []
        self.refused: set[str] = set()
        """Recipients that are not taken."""
        self.port = free_port()
        self._implicit_tls = implicit_tls
        context = server_context(tls) if tls else None
        settings: dict[str, Any] = {}
        if context and not implicit_tls:
            settings = {"tls_context": context, "require_starttls": True}
        if login:
            # Of TLS from the first byte aiosmtpd knows nothing when it is asked for a login.
            secure = {"auth_required": True, "auth_require_tls": not implicit_tls}
            settings |= {**secure, "authenticator": _authenticator(login)}
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            server_hostname="localhost",
            ready_timeout=30.0,
            ssl_context=context if implicit_tls else None,
            **settings,
        )

    @classmethod
    def start(cls, **settings: Any) -> Self:
        server = cls(**settings)
        server._controller.start()
        return server

    def wait(self, count: int = 1, patience: float = 20.0) -> list[EmailMessage]:
        """Wait until so many mails came, and return all."""
        deadline = time.monotonic() + patience
        while len(self.mails) < count:
            assert time.monotonic() < deadline, f"{len(self.mails)} of {count} mails came"
            time.sleep(0.02)
        return list(self.mails)

    def stop(self) -> None:
        self._controller.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd looks for
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mail = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients += envelope.rcpt_tos
        self.encrypted.append(self._implicit_tls or session.ssl is not None)
        return "250 taken"


def _authenticator(login: tuple[str, str]) -> Any:
    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == login, handled=False)

    return check
