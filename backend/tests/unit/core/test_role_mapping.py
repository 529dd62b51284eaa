from __future__ import annotations

import pytest

from dbbackup.core.access import Role
from dbbackup.core.role_mapping import RoleMapping, groups_in
from dbbackup.core.sign_in_settings import directory_problem, issuer_problem

MAPPING = RoleMapping("dba; CN=Admins,DC=example,DC=com", "ops", " staff ;", "none")


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["staff", "DBA"], Role.ADMIN),
        (["cn=admins,dc=example,dc=com"], Role.ADMIN),
        (["ops", "staff"], Role.OPERATOR),
        (["Staff"], Role.VIEWER),
        (["guests", ""], None),
        ([], None),
    ],
)
def test_role_when_groups_are_listed_then_the_highest_else_none(groups: list[str], role: Role | None) -> None:
    assert MAPPING.role_of(groups) == role


def test_role_when_nothing_fits_then_the_default() -> None:
    assert RoleMapping("", "", "", "viewer").role_of([]) == Role.VIEWER


def test_groups_when_nested_dotted_single_or_of_another_kind_then_texts_only() -> None:
    assert groups_in({"realm_access": {"roles": ["a", 1, None]}}, "realm_access.roles") == ["a"]
    assert groups_in({"https://example.com/groups": "a"}, "https://example.com/groups") == ["a"]
    assert groups_in({"groups": {"a": True}}, "groups") == []
    assert groups_in({"groups": "a"}, "groups.deeper") == []


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example.com",
        "ftp://x",
        "https://",
        "https://u:p@x",
        "https://x?y=1",
        "https://x:port",
        "https://x/#y",
    ],
)
def test_issuer_when_it_cannot_be_trusted_then_that_is_said(url: str) -> None:
    assert issuer_problem(url)


def test_addresses_when_they_can_be_used_then_nothing_is_said() -> None:
    for url in ("", "https://id.example.com/realms/main", "http://localhost:8080", "http://127.0.0.1:1"):
        assert issuer_problem(url) is None
    for url in ("", "ldaps://ad.example.com", "ldap://ad.example.com:1389"):
        assert directory_problem(url) is None
