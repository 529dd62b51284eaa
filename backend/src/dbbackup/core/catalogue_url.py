"""Where a catalogue on PostgreSQL lies, as DATABASE_URL says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from dbbackup.core.secret import Secret

SCHEMES = ("postgresql+asyncpg", "postgresql", "postgres")
EXAMPLE = "postgresql+asyncpg://user:password@host:5432/name"
_PORT = 5432
_TLS_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_MODE, _AUTHORITIES = "sslmode", "sslrootcert"


@dataclass(frozen=True, slots=True)
class CatalogueUrl:
    """A database of a PostgreSQL server; shows neither user nor password."""

    host: str
    name: str
    username: str
    password: Secret
    port: int = _PORT
    options: tuple[tuple[str, str], ...] = field(default=())
    """How TLS is used, in libpq's words."""

    @classmethod
    def parse(cls, text: str) -> CatalogueUrl:
        """Read a URL. Raises ValueError with words that follow the variable's name and hold no part of the URL."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port or _PORT
        except ValueError:
            raise ValueError(
                f"is no URL such as {EXAMPLE} (special signs in the password are written as %XX)"
            ) from None
        if parts.scheme not in SCHEMES:
            raise ValueError(
                f"must begin with postgresql+asyncpg:// as in {EXAMPLE}: the catalogue lies on PostgreSQL, or in the"
                " SQLite file DATABASE_PATH"
            )
        name = unquote(parts.path.removeprefix("/"))
        lacks = [word for word, given in (("host", host), ("user", parts.username), ("database", name)) if not given]
        if lacks:
            raise ValueError(f"names no {' and no '.join(lacks)}: write it as {EXAMPLE}")
        if "\0" in text or "\0" in unquote(text):
            raise ValueError("holds a zero byte")
        password = Secret(unquote(parts.password or ""))
        return cls(host, name, unquote(parts.username or ""), password, port, _options(parts.query))

    @property
    def dsn(self) -> Secret:
        """The URL as libpq and asyncpg read it, password included."""
        user = f"{quote(self.username, safe='')}:{quote(self.password.reveal(), safe='')}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        query = f"?{urlencode(self.options)}" if self.options else ""
        return Secret(f"postgresql://{user}@{host}:{self.port}/{quote(self.name, safe='')}{query}")

    def __str__(self) -> str:
        return f"{self.name} on {self.host}:{self.port}"


def _options(query: str) -> tuple[tuple[str, str], ...]:
    found = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        option = _MODE if key == "ssl" else key  # SQLAlchemy's word for it
        if option not in (_MODE, _AUTHORITIES):
            raise ValueError(f"may have the options {_MODE} and {_AUTHORITIES} only, not {key!r}")
        if option == _MODE and value not in _TLS_MODES:
            raise ValueError(f"must have one of {', '.join(_TLS_MODES)} as {_MODE}")
        found[option] = value
    return tuple(found.items())
