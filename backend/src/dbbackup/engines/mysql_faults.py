"""What servers and tools of the MySQL family say when something fails, turned into what to do about it."""

from __future__ import annotations

import re

from dbbackup.core.errors import DatabaseError, DatabaseUnreachableError
from dbbackup.engines.faults import Fault, fault


def mask(text: str, secret: str = "") -> str:
    """Hide passwords in what a server or tool said; `secret` is hidden wherever it stands."""
    masked = _IDENTIFIED.sub(r"\1'***'", text)
    return masked.replace(secret, "***") if secret else masked


_IDENTIFIED = re.compile(r"((?:identified\s+by|password\s*[=(])\s*)'(?:[^'\\]|\\.)*'?", re.IGNORECASE)

# Words and numbers: a server may speak another language, and many a failure has no number.
CONNECTION_FAULTS: tuple[Fault, ...] = (
    fault(
        r"Access denied for user '(?P<user>[^\n]*)' to database|error:? 1044\b",
        DatabaseError,
        "User {username} may do nothing in the database {database}, or it does not exist: correct the name, or GRANT "
        "the user its privileges there.",
        "database",
    ),
    fault(
        r"Access denied for user|error:? 1045\b|error:? 1698\b|needs? a password",
        DatabaseError,
        "The server at {host}:{port} refused user {username}: correct the user name or password. The account may "
        "also be limited to other hosts, or demand TLS (REQUIRE SSL).",
        "password",
    ),
    fault(
        r"Unknown database|error:? 1049\b",
        DatabaseError,
        "The database {database} does not exist on {host}:{port}.",
        "database",
    ),
    fault(
        r"secure transport|error:? 3159\b",
        DatabaseError,
        "The server at {host}:{port} accepts only connections with TLS: use TLS mode require or stricter.",
        "tlsMode",
    ),
    fault(
        r"server (?:does not|doesn't) support (?:it|TLS|SSL)|SSL is required, but the server does not support it",
        DatabaseError,
        "The server at {host}:{port} offers no TLS: switch TLS on there, or use TLS mode prefer or disable.",
        "tlsMode",
    ),
    fault(
        r"hostname mismatch|(?:host|IP address) ?(?:name)? (?:mismatch|doesn't match)|certificate is not valid for"
        r"|Validation of SSL server certificate failed|Failed to verify the server certificate via X509",
        DatabaseError,
        "The certificate of {host}:{port} is for another name: connect by the name it is for, or use TLS mode "
        "verify-ca, which does not check the name.",
        "tlsMode",
    ),
    fault(
        r"certificate verify failed|self[- ]signed certificate|unable to get (?:local )?issuer",
        DatabaseError,
        "The certificate of {host}:{port} is not signed by the given CA: give the CA that signed the server's "
        "certificate (with verify-full the name must fit as well), or use TLS mode require, which does not verify it.",
        "tlsCa",
    ),
    fault(
        r"CA bundle cannot be read|SSL_CTX_set_default_verify_paths failed|no certificate or crl found",
        DatabaseError,
        "The CA bundle cannot be read: give the certificates of the CA in PEM (-----BEGIN CERTIFICATE-----).",
        "tlsCa",
    ),
    fault(
        r"unsupported protocol|protocol version|wrong version number|handshake failure|no protocols available",
        DatabaseError,
        "The server at {host}:{port} and this machine agree on no TLS version: allow TLS 1.2 or newer there "
        "(tls_version).",
        "tlsMode",
    ),
    fault(
        r"Authentication plugin '(?P<plugin>[^\n']*)'",
        DatabaseError,
        "The account {username} signs in by {plugin}, which is not supported here: ALTER USER to "
        "caching_sha2_password (MySQL), mysql_native_password or ed25519 (MariaDB).",
        "username",
    ),
    fault(
        r"Too many connections|max_user_connections|max_connections|error:? 1040\b|error:? 1203\b|error:? 1226\b",
        DatabaseUnreachableError,
        "The server at {host}:{port} has no free connection for {username}: wait, or raise max_connections or the "
        "account's limit.",
    ),
    fault(
        r"Host '[^\n]*' is blocked|error:? 1129\b",
        DatabaseError,
        "The server at {host}:{port} blocks this machine after many failed connections: run FLUSH HOSTS there "
        "(TRUNCATE TABLE performance_schema.host_cache).",
    ),
    fault(
        r"is not allowed to connect|error:? 1130\b",
        DatabaseError,
        "No account on {host}:{port} may connect from this machine: create {username} for this host or for '%'.",
        "username",
    ),
    fault(
        r"account is locked|error:? 3118\b|error:? 4151\b",
        DatabaseError,
        "The account {username} is locked: ALTER USER ... ACCOUNT UNLOCK.",
        "username",
    ),
    fault(
        r"password has expired|must (?:reset|SET) (?:your )?password|error:? 1862\b|error:? 1820\b",
        DatabaseError,
        "The password of {username} has expired: set a new one on the server, then here.",
        "password",
    ),
    fault(
        r"Name or service not known|Temporary failure in name resolution|No address associated|getaddrinfo"
        r"|Unknown (?:\w+ )?(?:server )?host|nodename nor servname|error:? 2005\b",
        DatabaseUnreachableError,
        "The host name {host} is not known: check its spelling, and that the machine or container is running and "
        "on a network shared with this program.",
        "host",
    ),
    fault(
        r"Connection refused|Connect call failed|\((?:111|115)\b",
        DatabaseUnreachableError,
        "Nothing listens at {host}:{port}: check the port, that the server is running, and its bind_address.",
        "port",
    ),
    fault(
        r"timed out|did not answer in time|\(110\b",
        DatabaseUnreachableError,
        "{host}:{port} did not answer in time: check the address and whether a firewall drops the packets.",
        "host",
    ),
    fault(
        r"No route to host|Network is unreachable|\(113\b|\(101\b",
        DatabaseUnreachableError,
        "There is no way through the network to {host}:{port}: check the address and the routes.",
        "host",
    ),
    fault(
        r"no MySQL greeting|Packet sequence number wrong|"
        r"unexpected packet|Malformed communication packet|protocol mismatch",
        DatabaseError,
        "What answers at {host}:{port} is not a MySQL or MariaDB server: check the port.",
        "port",
    ),
    fault(
        r"server shutdown in progress|error:? (?:1053|1927|1317)\b|connection was killed"
        r"|execution was interrupted",
        DatabaseUnreachableError,
        "The server at {host}:{port} ended the connection: it is shutting down, or an administrator ended it.",
    ),
    fault(
        r"Lost connection|has gone away|Connection reset|Broken pipe|error:? (?:2006|2013)\b"
        r"|connection.*(?:lost|closed)|0 bytes read|EOF occurred",
        DatabaseUnreachableError,
        "The connection to {host}:{port} broke: the server stopped, or something between here and there cut it. "
        "Look at the server's log, then run it again.",
    ),
)
