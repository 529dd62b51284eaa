"""Which modes take a backup whose rows lie in several parts."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from dbbackup.core.manifest import Manifest
from dbbackup.engines import mysql_source_checks, postgresql_source_checks
from dbbackup.engines.values import Finding
from tests.unit.engines.archives import manifest_of


def divided(format_: str) -> Manifest:
    one = manifest_of(format_=format_)
    rows = structs.replace(one.main, name="rows-1", tables=["public.item"])
    return structs.replace(one, parts=[rows, *one.parts])


def refused(found: list[Finding]) -> bool:
    return "several-parts" in {finding.code for finding in found if finding.level == "error"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"mode": "newDatabase", "newDatabase": "x"}, False),
        ({"mode": "replace", "existingDatabase": "x"}, False),
        ({"mode": "clean", "existingDatabase": "x"}, True),
        ({"mode": "dataOnly", "existingDatabase": "x"}, True),
        ({"mode": "append", "existingDatabase": "x"}, True),
        ({"mode": "newDatabase", "newDatabase": "x", "singleTransaction": True}, True),
    ],
)
def test_postgresql_takes_several_parts_where_not_all_must_be_one_transaction(
    options: dict[str, Any], expected: bool
) -> None:
    assert refused(list(postgresql_source_checks.fits_mode(divided("pg_custom"), options))) is expected
    assert not refused(list(postgresql_source_checks.fits_mode(manifest_of(), options)))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("newDatabase", False),
        ("replace", False),
        ("clean", False),
        ("dataOnly", True),
        ("append", True),
        ("runScript", True),
    ],
)
def test_mysql_takes_several_parts_where_they_need_not_be_one_script(mode: str, expected: bool) -> None:
    assert refused(list(mysql_source_checks.fits_mode(divided("sql"), {"mode": mode}))) is expected
    assert not refused(list(mysql_source_checks.fits_mode(manifest_of(format_="sql"), {"mode": mode})))
