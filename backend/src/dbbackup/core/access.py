"""Who may do what: roles, permissions, and the matrix between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """One thing that somebody may be allowed to do."""

    DATABASE_VIEW = "database.view"
    """See databases, schedules, policies, S3 configs and the state of the system; secrets are never shown."""
    DATABASE_CREATE = "database.create"
    DATABASE_EDIT = "database.edit"
    DATABASE_DELETE = "database.delete"
    BACKUP_VIEW = "backup.view"
    """See backups, their logs and verifications."""
    BACKUP_EXECUTE = "backup.execute"
    """Start, cancel, verify, pin and copy backups."""
    BACKUP_DELETE = "backup.delete"
    BACKUP_DOWNLOAD = "backup.download"
    """Take the data itself out of the product."""
    RESTORE_VIEW = "restore.view"
    RESTORE_EXECUTE = "restore.execute"
    SCHEDULE_MANAGE = "schedule.manage"
    """Make and change schedules and retention policies."""
    SYSTEM_CONFIGURE = "system.configure"
    """Settings, S3 configs, encryption keys, notifications, users, API keys, the audit log."""


class Role(StrEnum):
    """A set of permissions."""

    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"


_VIEWER = frozenset({Permission.DATABASE_VIEW, Permission.BACKUP_VIEW, Permission.RESTORE_VIEW})
_OPERATOR = _VIEWER | {
    Permission.DATABASE_CREATE,
    Permission.DATABASE_EDIT,
    Permission.BACKUP_EXECUTE,
    Permission.BACKUP_DOWNLOAD,
    Permission.RESTORE_EXECUTE,
    Permission.SCHEDULE_MANAGE,
}
MATRIX: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.OPERATOR: _OPERATOR,
    Role.VIEWER: _VIEWER,
}


class Via(StrEnum):
    """How somebody proved who they are."""

    NONE = "none"
    """Not at all: AUTH_MODE=none, or nobody is signed in."""
    SESSION = "session"
    TOKEN = "token"  # noqa: S105 - a kind, not a secret
    API_KEY = "api_key"
    CLI = "cli"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is behind a request; `id` is what the records keep, `name` what people read.

    `id` is opaque (a user's or an API key's id), so that records stay when the person is erased.
    """

    id: str
    name: str
    role: Role
    via: Via = Via.NONE
    user_id: str | None = None
    """The user behind it: of an API key its owner."""
    session_id: str | None = None

    def may(self, permission: Permission) -> bool:
        """Tell whether the actor's role allows it."""
        return permission in MATRIX[self.role]


ANONYMOUS = Actor(id="anonymous", name="anonymous", role=Role.ADMIN)
"""Whoever comes while there is no sign-in (AUTH_MODE=none): the network is trusted, so all is allowed."""
SYSTEM = Actor(id="system", name="the program", role=Role.ADMIN, via=Via.SYSTEM)
"""The program itself."""
COMMAND_LINE = Actor(id="cli", name="command line", role=Role.ADMIN, via=Via.CLI)
"""Whoever can run `dbbackup` beside the catalogue."""
NOBODY_ID = "nobody"
"""What records keep of requests without a proven identity."""
_RANKS = (Role.VIEWER, Role.OPERATOR, Role.ADMIN)


def lesser(one: Role, other: Role) -> Role:
    """Return the role of the two that may do less."""
    return min(one, other, key=_RANKS.index)
