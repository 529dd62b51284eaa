"""Options of PostgreSQL backups and restores."""

from __future__ import annotations

from typing import Any

import pytest

from dbbackup.core.errors import ValidationError
from dbbackup.engines.modes import RestoreMode, restore_mode, target_database
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
        "jobs": 1,
    }
    options["excludeTables"].append("x")
    assert parse_dump_options({})["excludeTables"] == []


def test_restore_options_left_out_get_their_defaults() -> None:
    assert parse_restore_options({"newDatabase": "-x =ü"}) == {
        "mode": "newDatabase",
        "newDatabase": "-x =ü",
        "existingDatabase": "",
        "jobs": 1,
        "singleTransaction": False,
        "noOwner": False,
        "noPrivileges": False,
        "noTablespaces": False,
        "missingRoles": "fail",
        "role": None,
        "disableTriggers": False,
    }


@pytest.mark.parametrize("mode", ["newDatabase", "schemaOnly"])
def test_restore_options_of_a_mode_that_creates_name_the_new_database(mode: str) -> None:
    options = parse_restore_options({"mode": mode, "newDatabase": "a", "jobs": 2})
    assert (restore_mode(options), target_database(options)) == (RestoreMode(mode), "a")
    assert parse_restore_options(options) == options


@pytest.mark.parametrize("mode", ["dataOnly", "append"])
def test_restore_options_of_a_mode_that_fills_name_the_existing_database(mode: str) -> None:
    options = parse_restore_options({"mode": mode, "existingDatabase": "a", "disableTriggers": True})
    assert (restore_mode(options), target_database(options)) == (RestoreMode(mode), "a")
    assert parse_restore_options(options) == options


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
        ({"newDatabase": "a", "schemaOnly": True}, ["schemaOnly"]),
        ({"newDatabase": "a", "existingDatabase": "b"}, ["existingDatabase"]),
        ({"newDatabase": "a", "disableTriggers": True}, ["disableTriggers"]),
        ({"newDatabase": "a", "mode": "merge"}, ["mode"]),
        ({"newDatabase": "a", "mode": ["append"]}, ["mode"]),
        ({"mode": "append"}, ["existingDatabase"]),
        ({"mode": "dataOnly", "existingDatabase": "postgres"}, ["existingDatabase"]),
        ({"mode": "append", "newDatabase": "a", "existingDatabase": "b"}, ["newDatabase"]),
        ({"mode": "append", "existingDatabase": "b", "jobs": 2}, ["jobs"]),
        ({"mode": "append", "existingDatabase": "b", "jobs": True}, ["jobs"]),
        ({"mode": "append", "existingDatabase": "b", "role": "r", "noOwner": True}, ["noOwner", "role"]),
        ({"mode": "append", "existingDatabase": "b", "disableTriggers": "no"}, ["disableTriggers"]),
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


def test_an_option_of_another_mode_is_refused_with_the_reason() -> None:
    with pytest.raises(ValidationError, match="jobs is not an option of the mode append"):
        parse_restore_options({"mode": "append", "existingDatabase": "a", "jobs": 4})
