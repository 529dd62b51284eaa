"""The options of MySQL and MariaDB."""

from __future__ import annotations

from typing import Any

import pytest

from dbbackup.core.errors import ValidationError
from dbbackup.engines.mysql_options import database_name_problem, parse_dump_options, parse_restore_options


def refused(parse: Any, raw: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        parse(raw)
    return [detail.field for detail in caught.value.details]


def test_dump_options_left_out_get_their_defaults() -> None:
    assert parse_dump_options({}) == {
        "schemaOnly": False,
        "dataOnly": False,
        "includeTables": [],
        "excludeTables": [],
        "characterSet": "utf8mb4",
        "definer": "keep",
        "routines": True,
        "triggers": True,
        "events": True,
        "jobs": 1,
    }


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ({"schemaOnly": True, "dataOnly": True}, ["dataOnly"]),
        ({"includeTables": ["a"], "excludeTables": ["b"]}, ["excludeTables"]),
        ({"includeTables": "a"}, ["includeTables"]),
        ({"includeTables": [""]}, ["includeTables"]),
        ({"excludeTables": ["a\nb"]}, ["excludeTables"]),
        ({"characterSet": "utf8; x"}, ["characterSet"]),
        ({"jobs": 9}, ["jobs"]),
        ({"jobs": True}, ["jobs"]),
        ({"jobs": 2, "schemaOnly": True}, ["jobs"]),
        ({"jobs": 2, "includeTables": ["a"]}, ["jobs"]),
        ({"jobs": 2, "characterSet": "latin1"}, ["jobs"]),
        ({"characterSet": "gbk"}, ["characterSet"]),
        ({"definer": "other", "events": 1, "threads": 2}, ["threads", "definer", "events"]),
    ],
)
def test_wrong_dump_options_are_named(raw: dict[str, Any], fields: list[str]) -> None:
    assert refused(parse_dump_options, raw) == fields


def test_restore_options_are_those_of_the_mode() -> None:
    assert parse_restore_options({"newDatabase": "x"}) == {
        "mode": "newDatabase",
        "newDatabase": "x",
        "definer": "keep",
        "events": "disabled",
        "jobs": 1,
    }
    assert parse_restore_options({"mode": "append", "existingDatabase": "x"}) == {
        "mode": "append",
        "existingDatabase": "x",
    }


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ({}, ["newDatabase"]),
        ({"mode": "dataOnly"}, ["existingDatabase"]),
        ({"mode": "append", "existingDatabase": "x", "events": "skip"}, ["events"]),
        ({"mode": "merge", "newDatabase": "x"}, ["mode"]),
        ({"mode": ["append"], "newDatabase": "x"}, ["mode"]),
        ({"newDatabase": "mysql", "existingDatabase": "x"}, ["existingDatabase", "newDatabase"]),
    ],
)
def test_wrong_restore_options_are_named(raw: dict[str, Any], fields: list[str]) -> None:
    assert refused(parse_restore_options, raw) == fields


@pytest.mark.parametrize("name", ["", 1, "x" * 65, "a\nb", "☕🏳", "x ", "SYS"])
def test_names_no_database_can_have_are_refused(name: Any) -> None:
    assert database_name_problem(name)


@pytest.mark.parametrize("name", ["x" * 64, "-n =`'\"\\ ü☕", " x"])
def test_odd_names_are_names(name: str) -> None:
    assert database_name_problem(name) is None
