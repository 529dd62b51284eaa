"""Options of PostgreSQL backups and restores."""

from __future__ import annotations

from typing import Any

import pytest

from dbbackup.core.errors import ValidationError
from dbbackup.engines.postgresql_options import parse_dump_options, parse_restore_options


def test_dump_options_left_out_get_their_defaults() -> None:
    options = parse_dump_options({"schemaOnly": True, "includeTables": ["a"]})
    assert options == {
        "schemaOnly": True,
        "dataOnly": False,
        "includeTables": ["a"],
        "excludeTables": [],
        "includeSchemas": [],
        "excludeSchemas": [],
        "noOwner": False,
        "noPrivileges": False,
        "globals": "roles",
    }
    options["excludeTables"].append("x")
    assert parse_dump_options({})["excludeTables"] == []


def test_restore_options_left_out_get_their_defaults() -> None:
    assert parse_restore_options({"newDatabase": "-x =ü"}) == {
        "newDatabase": "-x =ü",
        "jobs": 1,
        "singleTransaction": False,
        "noOwner": False,
        "noPrivileges": False,
        "noTablespaces": False,
        "schemaOnly": False,
        "dataOnly": False,
        "missingRoles": "fail",
        "role": None,
    }


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ({"nonsense": 1, "format": "plain"}, ["nonsense", "format"]),
        ({"schemaOnly": True, "dataOnly": True}, ["dataOnly"]),
        ({"schemaOnly": "yes", "noOwner": 1}, ["schemaOnly", "noOwner"]),
        ({"includeTables": "a"}, ["includeTables"]),
        ({"includeTables": [1]}, ["includeTables"]),
        ({"excludeTables": [" "]}, ["excludeTables"]),
        ({"excludeSchemas": ["a\0b"]}, ["excludeSchemas"]),
        ({"globals": "all"}, ["globals"]),
    ],
)
def test_bad_dump_options_are_named(raw: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        parse_dump_options(raw)
    assert [detail.field for detail in caught.value.details] == fields


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ({}, ["newDatabase"]),
        ({"newDatabase": ""}, ["newDatabase"]),
        ({"newDatabase": 5}, ["newDatabase"]),
        ({"newDatabase": "ü" * 32}, ["newDatabase"]),
        ({"newDatabase": "a\nb"}, ["newDatabase"]),
        ({"newDatabase": "template1"}, ["newDatabase"]),
        ({"newDatabase": "a", "marker": "m"}, ["marker"]),
        ({"newDatabase": "a", "dataOnly": True}, ["dataOnly"]),
        ({"newDatabase": "a", "jobs": 0}, ["jobs"]),
        ({"newDatabase": "a", "jobs": 17}, ["jobs"]),
        ({"newDatabase": "a", "jobs": True}, ["jobs"]),
        ({"newDatabase": "a", "jobs": 2, "singleTransaction": True}, ["singleTransaction"]),
        ({"newDatabase": "a", "missingRoles": "skip"}, ["missingRoles"]),
        ({"newDatabase": "a", "role": ""}, ["role"]),
    ],
)
def test_bad_restore_options_are_named(raw: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        parse_restore_options(raw)
    assert [detail.field for detail in caught.value.details] == fields


def test_data_only_into_a_new_database_is_refused_with_the_reason() -> None:
    with pytest.raises(ValidationError, match="there would be no tables"):
        parse_restore_options({"newDatabase": "a", "dataOnly": True, "role": "r"})
