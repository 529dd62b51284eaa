"""Sends messages by SMTP."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Annotated, Literal

import aiosmtplib
from msgspec import UNSET, Meta

from dbbackup.core.errors import DeliveryError, FieldError, ValidationError
from dbbackup.core.notifications import Message
from dbbackup.net.resolve import resolve
from dbbackup.notifiers.base import ChannelSettings, Delivery, SecretField, Secrets

_SECONDS = 30.0
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\\]+@[^@\s<>,;:\"()\\]+")
_PEM = "-----BEGIN CERTIFICATE-----"

Address = Annotated[str, Meta(min_length=3, max_length=254)]


class EmailSettings(ChannelSettings, tag="email"):
    """A mail server and who gets mail. `security` is `starttls`, `tls` (from the first byte) or `none`."""

    host: Annotated[str, Meta(min_length=1, max_length=255)]
    port: Annotated[int, Meta(ge=1, le=65535)]
    security: Literal["starttls", "tls", "none"]
    username: Annotated[str, Meta(max_length=255)] | None
    sender: Address
    recipients: Annotated[list[Address], Meta(min_length=1, max_length=50)]
    ca_certificate: Annotated[str, Meta(max_length=100_000)] | None
    """PEM; for a server whose certificate the system does not know."""


class EmailInput(EmailSettings, tag="email"):
    """A mail server, with the password that goes with `username`."""

    password: SecretField = UNSET


class EmailView(EmailSettings, tag="email"):
    """A mail server; the password is never shown."""

    has_password: bool


class EmailNotifier:
    """One connection a message."""

    settings = EmailSettings
    view = EmailView
    secrets = ("password",)

    def check(self, settings: EmailSettings, secrets: Secrets) -> None:
        """Refuse addresses that are none, half a login, and a login without encryption."""
        problems = [
            FieldError(f"settings.{field}", f"{address} is not a mail address such as ops@example.com.")
            for field, addresses in (("sender", [settings.sender]), ("recipients", settings.recipients))
            for address in addresses
            if not _ADDRESS.fullmatch(address)
        ]
        if bool(settings.username) != ("password" in secrets):
            problems.append(FieldError("settings.password", "A login has a user name and a password: fill in both."))
        if settings.username and settings.security == "none":
            text = "A password is never sent unencrypted: choose STARTTLS or TLS, or leave the login empty."
            problems.append(FieldError("settings.security", text))
        if settings.ca_certificate:
            try:
                _tls(settings)
            except ssl.SSLError:
                text = f"This is not a certificate in PEM form ({_PEM}…)."
                problems.append(FieldError("settings.caCertificate", text))
        if problems:
            raise ValidationError(" ".join(problem.message for problem in problems), details=problems)

    def target(self, settings: EmailSettings, secrets: Secrets) -> str:
        """Return the recipients and the server."""
        first, *more = settings.recipients
        return f"{first}{f' and {len(more)} more' if more else ''} by {settings.host}:{settings.port}"

    async def send(self, settings: EmailSettings, secrets: Secrets, delivery: Delivery) -> str:
        """Send the mail; the same `Message-ID` for each attempt, so that mail programs can drop the second."""
        try:
            async with asyncio.timeout(_SECONDS):
                return await _send(settings, secrets, delivery)
        except (TimeoutError, aiosmtplib.SMTPTimeoutError) as error:
            raise DeliveryError(f"{settings.host} did not answer within {_SECONDS:g} s.") from error
        except aiosmtplib.SMTPException as error:
            raise DeliveryError(_explain(settings, error)) from error
        except ssl.SSLError as error:
            raise DeliveryError(_tls_failed(settings, error)) from error
        except OSError as error:
            raise DeliveryError(f"{settings.host} broke the connection off.") from error


async def _send(settings: EmailSettings, secrets: Secrets, delivery: Delivery) -> str:
    mail = compose(settings, delivery)
    tls = None if settings.security == "none" else _tls(settings)
    connection = await _connect(settings, delivery)
    # From here on the client closes it.
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        sock=connection,
        use_tls=settings.security == "tls",
        start_tls=settings.security == "starttls",
        tls_context=tls,
        timeout=_SECONDS,
    )
    try:
        await client.connect()
        if settings.username:
            await client.login(settings.username, secrets["password"].reveal())
        refused, answer = await client.send_message(mail)
        if refused:
            names = ", ".join(f"{who} ({why.code} {why.message})" for who, why in refused.items())
            return f"{settings.host} took the mail, but not for {names}."
        count = len(settings.recipients)
        return f"{settings.host} took the mail for {count} recipient{'s' if count > 1 else ''}: {answer.strip()}."
    finally:
        # Without a goodbye: a server that hangs must not hold the message back.
        client.close()


async def _connect(settings: EmailSettings, delivery: Delivery) -> socket.socket:
    """Connect to an address that was checked; the name is used for the certificate only."""
    failure: OSError | None = None
    for address in await resolve(settings.host, settings.port, delivery.net):
        connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connection, (address, settings.port))
        except OSError as error:
            connection.close()
            failure = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    reason = failure.strerror if failure else "no address"
    raise DeliveryError(f"{settings.host} port {settings.port} cannot be connected to: {reason}.")


def compose(settings: EmailSettings, delivery: Delivery) -> EmailMessage:
    """Return the mail of a message."""
    message = delivery.message
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = settings.sender
    mail["To"] = ", ".join(settings.recipients)
    mail["Subject"] = message.title
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{delivery.key}@{message.instance}.dbbackup>"
    # Out-of-office programs must not answer.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Dbbackup-Event"] = message.type
    mail.set_content(f"{message.body}\n\n{_footer(message)}\n")
    return mail


def _footer(message: Message) -> str:
    return f"-- \nDB Backup & Restore, instance {message.instance}\n{message.type}, {message.at:%Y-%m-%d %H:%M:%S %Z}"


def _tls(settings: EmailSettings) -> ssl.SSLContext:
    """Return a context that checks certificate and name. Raises ssl.SSLError when the CA is no certificate."""
    return ssl.create_default_context(cadata=settings.ca_certificate or None)


def _explain(settings: EmailSettings, error: aiosmtplib.SMTPException) -> str:
    where = settings.host
    cause = error.__cause__
    if isinstance(cause, ssl.SSLError):
        return _tls_failed(settings, cause)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return f"{where} refused the login: {error.code} {error.message}."
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        names = ", ".join(f"{r.recipient} ({r.code} {r.message})" for r in error.recipients)
        return f"{where} refused every recipient: {names}."
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{where} refused the mail: {error.code} {error.message}."
    if isinstance(error, aiosmtplib.SMTPServerDisconnected):
        return f"{where} broke the connection off."
    return f"{where}: {error.message}"


def _tls_failed(settings: EmailSettings, error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"The certificate of {settings.host} is not accepted ({error.verify_message}). If it is from a CA of your"
            " own, enter that CA's certificate."
        )
    return (
        f"{settings.host} port {settings.port} does not speak TLS there ({error.reason or 'handshake failed'}): "
        "port 465 wants TLS, port 587 STARTTLS."
    )
