"""What PostgreSQL's servers and tools say when something fails, turned into what to do about it."""

from __future__ import annotations

import re

from dbbackup.core.errors import DatabaseError, DatabaseUnreachableError
from dbbackup.engines.faults import Fault, fault


def mask(text: str, secret: str = "") -> str:
    """Hide passwords in what a server or tool said.

    pg_restore prints the statement that failed, and the statement may be a user mapping, a subscription
    or a role with its password. `secret` is hidden wherever it stands.
    """
    masked = _UNQUOTED_PASSWORD.sub(r"\1***", _QUOTED_PASSWORD.sub(r"\1'***'", text))
    return masked.replace(secret, "***") if secret else masked


# PASSWORD 'x' in a statement; password=''x'' in a connection string that is itself a literal
_QUOTED_PASSWORD = re.compile(r"(passw(?:or)?d\s*=?\s*)(?:''[^']+''|E?'(?:[^']|'')*')", re.IGNORECASE)
_UNQUOTED_PASSWORD = re.compile(r"(passw(?:or)?d\s*=\s*)[^\s'\",;)]+", re.IGNORECASE)


# Text, because libpq gives no SQLSTATE for a connection that failed. A server that speaks another language
# (lc_messages) is not recognised where the words come from the server; its own words are shown then.
# The order matters: libpq reports every attempt (each address, with and without TLS) in one text,
# and what stands first here is what the user should mend first.
CONNECTION_FAULTS: tuple[Fault, ...] = (
    fault(
        r"password authentication failed|no password supplied|authentication failed for user",
        DatabaseError,
        "The server at {host}:{port} refused the password of role {username}: correct the user name or password.",
        "password",
    ),
    fault(
        r'FATAL:\s+role "(?P<role>.+)" does not exist',
        DatabaseError,
        "The role {role} does not exist on {host}:{port}: correct the user name, or create the role.",
        "username",
    ),
    fault(
        r'role "(?P<role>.+)" is not permitted to log in',
        DatabaseError,
        "The role {role} may not log in: ALTER ROLE ... LOGIN, or use another user name.",
        "username",
    ),
    fault(
        r'FATAL:\s+database "(?P<name>.+)" does not exist',
        DatabaseError,
        "The database {name} does not exist on {host}:{port}.",
        "database",
    ),
    fault(
        r'FATAL:\s+database "(?P<name>.+)" is not currently accepting connections',
        DatabaseError,
        "The database {name} accepts no connections: ALTER DATABASE ... ALLOW_CONNECTIONS true.",
        "database",
    ),
    fault(
        r'FATAL:\s+permission denied for database "(?P<name>.+)"',
        DatabaseError,
        "The role {username} may not connect to the database {name}: GRANT CONNECT ON DATABASE to it.",
        "username",
    ),
    fault(
        r"certificate verify failed",
        DatabaseError,
        "The certificate of {host}:{port} is not signed by the given CA: give the CA that signed the server's "
        "certificate, or use TLS mode require, which does not verify it.",
        "tlsCa",
    ),
    fault(
        r'server certificate for "(?P<names>.+)" (?:\(.*\) )?does not match host name',
        DatabaseError,
        "The certificate of {host}:{port} is for {names}, not for {host}: connect by that name, or use TLS mode "
        "verify-ca, which does not check the name.",
        "tlsMode",
    ),
    fault(
        r"could not (?:read|load) root certificate|root certificate file .* does not exist",
        DatabaseError,
        "The CA bundle cannot be read: give the certificates of the CA in PEM (-----BEGIN CERTIFICATE-----).",
        "tlsCa",
    ),
    fault(
        r"server does not support SSL, but SSL was required",
        DatabaseError,
        "The server at {host}:{port} offers no TLS: switch TLS on there (ssl = on), or use TLS mode prefer or disable.",
        "tlsMode",
    ),
    fault(
        r"received invalid response to SSL negotiation|expected authentication request from server"
        r"|received direct SSL connection request|invalid response to SSL|unsupported frontend protocol",
        DatabaseError,
        "What answers at {host}:{port} is not a PostgreSQL server: check the port.",
        "port",
    ),
    fault(
        r"(?:SSL|TLS) error: .*(?:unsupported protocol|protocol version|handshake|alert)",
        DatabaseError,
        "The server at {host}:{port} and this machine agree on no TLS version or cipher, or the server demands a "
        "client certificate: check ssl_min_protocol_version and pg_hba.conf.",
    ),
    fault(
        r"connection requires a valid client certificate",
        DatabaseError,
        "The server at {host}:{port} demands a client certificate of role {username}, which is not supported: "
        "allow a password (scram-sha-256) in pg_hba.conf.",
    ),
    fault(
        r"no pg_hba\.conf entry .*(?:SSL encryption|SSL on)|pg_hba\.conf rejects .*(?:SSL encryption|SSL on)",
        DatabaseError,
        "The server's pg_hba.conf has no entry that lets role {username} into database {database} from here: "
        "add one and reload the server.",
    ),
    fault(
        r"(?:no pg_hba\.conf entry|pg_hba\.conf rejects) .*(?:no encryption|SSL off)",
        DatabaseError,
        "The server's pg_hba.conf has no entry that lets role {username} into database {database} from here without "
        "TLS: use TLS mode require if the server demands TLS, else add an entry and reload the server.",
        "tlsMode",
    ),
    fault(
        r"unsupported startup parameter",
        DatabaseError,
        "A connection pooler answers at {host}:{port} and refuses start-up options: connect to the server itself, "
        "or let PgBouncer ignore them (ignore_startup_parameters = options).",
    ),
    fault(
        r"too many clients already|remaining connection slots are reserved|too many connections for"
        r"|no more connections allowed",
        DatabaseUnreachableError,
        "The server at {host}:{port} has no free connection (max_connections or a CONNECTION LIMIT is reached).",
    ),
    fault(
        r"the database system is (?:starting up|shutting down|in recovery mode|not (?:yet )?accepting connections)",
        DatabaseUnreachableError,
        "The server at {host}:{port} is starting up, shutting down or in recovery: it takes no connections yet.",
    ),
    fault(
        r"could not translate host name|failed to resolve host|name or service not known|nodename nor servname",
        DatabaseUnreachableError,
        "The host name {host} is not known: check its spelling, and that the machine or container is running and "
        "on a network shared with this program.",
        "host",
    ),
    fault(
        r"connection refused|no such file or directory\s+is the server running locally",
        DatabaseUnreachableError,
        "Nothing listens at {host}:{port}: check the port, that the server is running, and listen_addresses.",
        "port",
    ),
    fault(
        r"timeout expired|connection timed out|operation timed out",
        DatabaseUnreachableError,
        "{host}:{port} did not answer in time: check the address and whether a firewall drops the packets.",
        "host",
    ),
    fault(
        r"no route to host|network is unreachable|host is unreachable",
        DatabaseUnreachableError,
        "There is no way through the network to {host}:{port}: check the address and the routes.",
        "host",
    ),
    fault(
        r"terminating connection due to administrator command|due to idle|due to unexpected postmaster exit",
        DatabaseUnreachableError,
        "The server at {host}:{port} ended the connection: it was restarted, or an administrator ended it.",
    ),
    fault(
        r"server closed the connection unexpectedly|connection reset by peer|connection to server was lost"
        r"|SSL connection has been closed unexpectedly|could not (?:receive data from|send data to) server"
        r"|SSL SYSCALL error|the connection is (?:lost|closed)",
        DatabaseUnreachableError,
        "The connection to {host}:{port} broke: the server stopped, or something between here and there cut it. "
        "Look at the server's log, then run it again.",
    ),
)
