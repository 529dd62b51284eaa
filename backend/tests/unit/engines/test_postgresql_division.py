"""What a parallel dump puts where, and how the tools are told."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from dbbackup.engines import build_registry
from dbbackup.engines.division import divide
from dbbackup.engines.postgresql_division import exactly
from dbbackup.engines.values import BigTable, Divisible
from tests.unit.engines.test_postgresql_commands import SOURCE, TOOLS, WORK


def big(**sizes: int) -> tuple[BigTable, ...]:
    return tuple(BigTable("public", name, size) for name, size in sizes.items())


@pytest.mark.parametrize(
    ("tables", "rest", "jobs", "expected"),
    [
        (big(a=100, b=90, c=10), 0, 2, {"data1": ["b", "c"]}),
        (big(a=100, b=90, c=10), 1000, 3, {"data1": ["a"], "data2": ["b", "c"]}),
        (big(a=100), 0, 4, {}),
        (big(a=100), 10, 4, {"data1": ["a"]}),
        (big(a=5, b=5, c=5), 1, 1, {}),
        ((), 10, 4, {}),
    ],
)
def test_divide_when_there_are_jobs_then_the_largest_go_where_the_least_is(
    tables: tuple[BigTable, ...], rest: int, jobs: int, expected: dict[str, list[str]]
) -> None:
    found = divide(Divisible(tables, rest), jobs)
    assert {part: [table.name for table in tables] for part, tables in found.items()} == expected


def test_exactly_when_a_name_has_all_that_patterns_know_then_it_stands_in_quotes() -> None:
    assert exactly(BigTable('a"b.c', "D*?$|[x]", 1)) == '"a""b.c"."D*?$|[x]"'


def test_dump_when_divided_then_each_tool_has_its_own_files_and_one_snapshot() -> None:
    pg = build_registry([])["postgresql"]
    options = pg.parse_dump_options({"jobs": 2, "globals": "none"})
    parts = pg.dump(SOURCE, TOOLS, options, WORK, None, "snap-1", Divisible(big(a=10), 20))
    assert [part.name for part in parts] == ["data1", "database"]
    rows, main = (part.command for part in parts)
    assert "--snapshot=snap-1" in rows.argv and "--snapshot=snap-1" in main.argv
    assert '--table="public"."a"' in rows.argv and '--exclude-table-data="public"."a"' in main.argv
    assert set(rows.files) & set(main.files) == set()
    parameters = conninfo_to_dict(next(a for a in rows.argv if a.startswith("--dbname=")).removeprefix("--dbname="))
    assert parameters["sslrootcert"] == str(next(iter(rows.files)))
    assert all("s3cr3t" not in " ".join(command.argv) for command in (rows, main))


def test_dump_when_no_snapshot_is_held_then_it_is_not_divided() -> None:
    pg = build_registry([])["postgresql"]
    options = pg.parse_dump_options({"jobs": 2, "globals": "none"})
    [part] = pg.dump(SOURCE, TOOLS, options, WORK, None, None, Divisible(big(a=10), 20))
    assert part.watch is None
