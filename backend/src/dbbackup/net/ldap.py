"""A directory (LDAP, Active Directory) as a client: finds somebody, tries their password, reads their groups.

Most instances ask none: ldap3 (5 MiB) is loaded by whoever signs in that way first.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dbbackup.core.errors import AppError, ProviderError
from dbbackup.core.secret import Secret
from dbbackup.core.sign_in_settings import is_this_machine
from dbbackup.net.resolve import NetRules, refuse_forbidden

if TYPE_CHECKING:
    import ldap3

_SECONDS = 5
"""For each step: the connection, the handshake, an answer."""
_ALL_SECONDS = 20.0
_WRONG_PASSWORD = 49
_IDENTITIES = ("entryUUID", "objectGUID")
"""What stays when somebody is renamed or moved: OpenLDAP and others, Active Directory."""
_MOST_GROUPS = 1000
_PLACEHOLDER = re.compile(r"\{(username|dn)\}")


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the directory is, who asks it, and how people and groups are found there."""

    url: str
    start_tls: bool
    ca_file: Path | None
    bind_dn: str
    bind_password: Secret
    user_base: str
    user_filter: str
    username_attribute: str
    group_base: str
    group_filter: str


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody whose password was right; `groups` holds the DN of each group, and its name."""

    identity: str
    username: str
    display_name: str
    groups: list[str] = field(default_factory=list)


async def vouch(directory: Directory, username: str, password: Secret, rules: NetRules) -> Found | None:
    """Return who it is, or None when the name or the password is wrong: both take the same steps.

    Raises:
        ProviderError: the directory cannot be asked, or its answer is of no use.
    """
    # A bind without password succeeds as nobody in particular (RFC 4513, 5.1.2): it proves nothing.
    if not password or not username.strip():
        return None
    from ldap3.core.exceptions import LDAPException

    parts = urlsplit(directory.url)
    try:
        await refuse_forbidden(parts.hostname or "", parts.port or 389, rules)
        async with asyncio.timeout(_ALL_SECONDS):
            return await asyncio.to_thread(_vouch, directory, username, password)
    except TimeoutError as error:
        raise ProviderError(f"The directory did not answer within {_ALL_SECONDS:g} s.") from error
    except (LDAPException, OSError) as error:
        raise ProviderError(f"The directory cannot be asked: {_reason(error)}.") from error
    except ProviderError:
        raise
    except AppError as error:
        raise ProviderError(f"The directory cannot be asked: {error.message}") from error


def _vouch(directory: Directory, username: str, password: Secret) -> Found | None:
    server = _server(directory)
    with _connected(directory, server, directory.bind_dn, directory.bind_password) as asking:
        if not asking.bind():
            raise ProviderError(
                f"The directory refuses who looks people up ({asking.result['description']}): look at ldap.bindDn and"
                " LDAP_BIND_PASSWORD."
            )
        entry = _find(directory, asking, username)
        # Somebody nobody knows is asked for, too, or the time would tell who exists.
        dn = entry["dn"] if entry else f"cn={secrets.token_hex(8)},{directory.user_base}"
        with _connected(directory, server, dn, password) as theirs:
            right = theirs.bind()
            if not right and entry and theirs.result["result"] != _WRONG_PASSWORD:
                raise ProviderError(f"The directory lets {username!r} not in: {theirs.result['description']}.")
        if not right or entry is None:
            return None
        return _found(directory, asking, entry, username)


def _find(directory: Directory, asking: ldap3.Connection, username: str) -> dict[str, Any] | None:
    query = _filled(directory.user_filter, username=username, dn="")
    wanted = [directory.username_attribute, "displayName", "cn", "memberOf", *_IDENTITIES]
    entries = _search(asking, directory.user_base, query, wanted, most=2)
    if len(entries) > 1:
        raise ProviderError("Several people in the directory fit one name: make ldap.userFilter narrower.")
    return entries[0] if entries else None


def _found(directory: Directory, asking: ldap3.Connection, entry: dict[str, Any], typed: str) -> Found:
    raw = entry["raw_attributes"]
    username = _first(raw, directory.username_attribute) or typed
    dns = [value.decode("utf-8", "replace") for value in raw.get("memberOf", [])]
    if directory.group_base:
        query = _filled(directory.group_filter, username=username, dn=entry["dn"])
        dns += [group["dn"] for group in _search(asking, directory.group_base, query, ["cn"], most=_MOST_GROUPS)]
    identity = next((_identity(raw[name][0]) for name in _IDENTITIES if raw.get(name)), entry["dn"].casefold())
    return Found(
        identity=identity[:255],
        username=username,
        display_name=_first(raw, "displayName") or _first(raw, "cn"),
        groups=[name for dn in dns for name in (dn, _own_name(dn))],
    )


def _search(
    asking: ldap3.Connection, base: str, query: str, attributes: list[str], *, most: int
) -> list[dict[str, Any]]:
    from ldap3 import SUBTREE

    asking.search(base, query, SUBTREE, attributes=attributes, size_limit=most, time_limit=_SECONDS)
    # 4: more than asked for; 32: the base is not there.
    if asking.result["result"] not in (0, 4):
        raise ProviderError(f"The directory refuses the search below {base!r}: {asking.result['description']}.")
    return [entry for entry in asking.response or [] if entry["type"] == "searchResEntry"]


def _server(directory: Directory) -> ldap3.Server:
    import ldap3

    parts = urlsplit(directory.url)
    secure = parts.scheme == "ldaps"
    if not secure and not directory.start_tls and not is_this_machine(directory.url):
        raise ProviderError(
            "Without TLS passwords would cross the network in the clear: use ldaps://, or ldap.startTls."
        )
    tls = ldap3.Tls(
        validate=ssl.CERT_REQUIRED,
        ca_certs_file=str(directory.ca_file) if directory.ca_file else None,
    )
    return ldap3.Server(
        parts.hostname,
        port=parts.port or (636 if secure else 389),
        use_ssl=secure,
        tls=tls,
        get_info=ldap3.NONE,
        connect_timeout=_SECONDS,
    )


def _connected(directory: Directory, server: ldap3.Server, dn: str, password: Secret) -> Any:
    """Return an open and, unless it is `ldap://` to this machine, encrypted connection that nobody is bound on yet."""
    return _Open(directory, server, dn, password)


class _Open:
    """Opens in `__enter__`: ldap3's own would bind at once, before StartTLS."""

    def __init__(self, directory: Directory, server: ldap3.Server, dn: str, password: Secret) -> None:
        import ldap3

        self._start_tls = directory.start_tls and not server.ssl
        who = {"user": dn, "password": password.reveal()} if dn else {}
        self._connection = ldap3.Connection(
            server,
            **who,
            authentication=ldap3.SIMPLE if dn else ldap3.ANONYMOUS,
            auto_bind=ldap3.AUTO_BIND_NONE,
            auto_referrals=False,
            check_names=False,
            read_only=True,
            receive_timeout=_SECONDS,
        )

    def __enter__(self) -> ldap3.Connection:
        self._connection.open(read_server_info=False)
        if self._start_tls and not self._connection.start_tls(read_server_info=False):
            self._connection.unbind()
            raise ProviderError(f"The directory does not do StartTLS: {self._connection.result['description']}.")
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.unbind()


def _filled(template: str, **values: str) -> str:
    """Put values into a filter, escaped (RFC 4515) and in one go: what is typed may look like a placeholder."""
    from ldap3.utils.conv import escape_filter_chars

    return _PLACEHOLDER.sub(lambda found: str(escape_filter_chars(values[found[1]])), template)


def _first(raw: dict[str, list[bytes]], name: str) -> str:
    # Attribute names are told apart by the directory's case, asked for by ours.
    values = next((values for key, values in raw.items() if key.casefold() == name.casefold()), [])
    return values[0].decode("utf-8", "replace") if values else ""


def _identity(value: bytes) -> str:
    text = value.decode("ascii", "replace")
    return text if re.fullmatch(r"[0-9a-fA-F-]{36}", text) else value.hex()


def _own_name(dn: str) -> str:
    """Return the value of the first part of a DN: `dba` of `cn=dba,ou=groups,…`."""
    found = re.match(r"[^=]+=((?:\\.|[^,+\\])*)", dn)
    return re.sub(r"\\(.)", r"\1", found[1]).strip() if found else dn


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    # ldap3 puts the whole history of attempts there.
    return " ".join(text.split())[:300]
