"""Which role the groups of a person give, as a provider of identities names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dbbackup.core.access import Role


@dataclass(frozen=True, slots=True)
class RoleMapping:
    """Lists of groups separated by semicolons (names in directories hold commas), and what others get."""

    admin: str
    operator: str
    viewer: str
    default: str
    """A role, or `none`: who is in no listed group stays outside."""

    def role_of(self, groups: Iterable[str]) -> Role | None:
        """Return the highest role that any of the groups gives, whatever their case; None: these let nobody in."""
        mine = {group.strip().casefold() for group in groups}
        for role, listed in ((Role.ADMIN, self.admin), (Role.OPERATOR, self.operator), (Role.VIEWER, self.viewer)):
            if mine & _names(listed):
                return role
        return None if self.default == "none" else Role(self.default)


def groups_in(claims: dict[str, Any], path: str) -> list[str]:
    """Return the texts that a claim holds: one, or a list; `realm_access.roles` looks into an object.

    A name with dots that is there as it stands (`https://example.com/groups`) comes first.
    """
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    if isinstance(found, str):
        return [found]
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def _names(listed: str) -> set[str]:
    return {name.strip().casefold() for name in listed.split(";") if name.strip()}
