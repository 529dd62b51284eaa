"""What a restore made, against what the manifest says was there."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from dbbackup.core.comparison import Check, compare, compare_objects
from dbbackup.core.manifest import Manifest, TableFacts, TableSample
from tests.unit.core.test_manifest_format import manifest as any_manifest
from tests.unit.core.test_manifest_format import part


def table(name: str, rows: int = 1, *, exact: bool = False, schema: str = "s", **more: Any) -> TableFacts:
    return TableFacts(schema=schema, name=name, rows=rows, rows_exact=exact, size=0, **more)


def manifest(*tables: TableFacts, **options: Any) -> Manifest:
    known = any_manifest(part())
    return replace(known, options=options, source=replace(known.source, database="shop", tables=list(tables)))


def checks(wanted: Manifest, *restored: TableFacts) -> dict[str, Check]:
    return {check.name: check for check in compare(wanted, list(restored), "scratch")}


def test_compare_when_equal_then_all_is_well_and_estimates_are_called_so() -> None:
    found = checks(manifest(table("a", 5, columns={"id": "int"})), table("a", 7, columns={"id": "int"}))
    assert all(check.ok for check in found.values())
    assert found["rows"].message == "7 rows counted in 1 tables; not compared, the manifest holds estimates."


def test_compare_when_a_schema_is_a_database_then_the_scratch_stands_for_the_source() -> None:
    assert checks(manifest(table("a", schema="shop")), table("a", schema="scratch"))["tables"].ok


def test_compare_when_tables_differ_then_they_are_named_up_to_ten() -> None:
    found = checks(manifest(*(table(f"t{n:02}") for n in range(12))), table("more"))
    assert not found["tables"].ok
    assert "s.t00 is missing" in found["tables"].message
    assert "s.t09 is missing and 3 more." in found["tables"].message
    assert "s.more is not in the manifest" in checks(manifest(), table("more"))["tables"].message


def test_compare_when_the_backup_is_a_selection_then_missing_tables_are_right() -> None:
    found = checks(manifest(table("a"), table("b"), excludeTables=["s.b"]), table("a"))
    assert found["tables"] == Check(
        name="tables", ok=True, message="1 of the 2 tables of the source: the backup holds a selection of them."
    )
    assert not checks(manifest(table("a"), includeTables=["a"]), table("c"))["tables"].ok


def test_compare_when_columns_differ_then_their_table_is_named_and_unknown_ones_are_counted() -> None:
    found = checks(
        manifest(table("a", columns={"id": "int"}), table("old")),
        table("a", columns={"id": "bigint"}),
        table("old", columns={"id": "int"}),
    )
    assert found["columns"].message == "The columns are not those of the manifest: those of s.a differ."
    found = checks(manifest(table("old")), table("old", columns={"id": "int"}))
    assert (found["columns"].ok, "Not compared in 1" in found["columns"].message) == (True, True)


def test_compare_when_rows_are_exact_then_they_must_be_equal() -> None:
    wanted = manifest(table("a", 5, exact=True), table("b", 9))
    found = checks(wanted, table("a", 5), table("b", 1))
    assert found["rows"].message == (
        "6 rows counted in 2 tables; 1 tables compared with the manifest, 1 not: it holds estimates."
    )
    assert checks(manifest(table("a", 5, exact=True)), table("a", 5))["rows"].message.endswith("manifest.")
    assert "s.a has 4 rows instead of 5" in checks(wanted, table("a", 4), table("b", 9))["rows"].message


def test_compare_when_only_definitions_were_dumped_then_rows_are_not_compared() -> None:
    found = checks(manifest(table("a", 5, exact=True), schemaOnly=True), table("a", 0))
    assert (found["rows"].ok, "definitions only" in found["rows"].message) == (True, True)


def sample(sha256: str = "a", every: int = 1, rows: int = 3) -> TableSample:
    return TableSample(key=[], every=every, probe="", rows=rows, sha256=sha256)


def test_compare_when_rows_were_sampled_then_their_hashes_must_be_equal() -> None:
    wanted = manifest(table("a", sample=sample()), table("b", sample=sample(every=9)), table("c"))
    found = checks(wanted, table("a", sample=sample()), table("b"), table("c"))
    assert found["sampled-rows"].message == (
        "3 rows hashed: all rows of 1 tables, a sample of 0 others. None of 2 tables, which have no sample or cannot be"
        " sampled here."
    )
    found = checks(wanted, table("a", sample=sample("x")), table("b", sample=sample(every=9)), table("c"))
    assert found["sampled-rows"].message == "The sampled rows are not those of the manifest: those of s.a differ."
    assert "sampled-rows" not in checks(manifest(table("a")), table("a"))
    assert checks(wanted, table("a"), table("b"))["sampled-rows"].message == (
        "Hashed rows of 2 tables were not compared here."
    )
    summed = replace(sample(), checksum="1")
    found = checks(manifest(table("a", sample=summed)), table("a", sample=summed))
    assert found["sampled-rows"].message.endswith("A checksum of all rows of 1 tables.")


def test_compare_when_another_kind_of_server_took_it_then_names_of_columns_are_compared_and_types_not() -> None:
    wanted = manifest(table("a", columns={"id": "int"}))
    [found] = [
        check
        for check in compare(wanted, [table("a", columns={"id": "int(11)"})], "scratch", same_kind=False)
        if check.name == "columns"
    ]
    assert found.ok and "types are not compared" in found.message
    [found] = [
        check
        for check in compare(wanted, [table("a", columns={"no": "int"})], "scratch", same_kind=False)
        if check.name == "columns"
    ]
    assert not found.ok


def test_compare_objects_when_there_is_nothing_to_compare_with_then_it_says_so() -> None:
    facts = {"views": {"count": 1, "sha256": "x"}, "types": {"count": 0, "sha256": "y"}}
    assert compare_objects(manifest(), facts, facts).message == "The same as in the manifest: 1 views."
    none = {"types": facts["types"]}
    assert compare_objects(manifest(), none, none).message == "The same as in the manifest: none beside tables."
    assert "holds no fingerprint" in compare_objects(manifest(), {}, facts).message
    for options in ({"includeTables": ["a"]}, {"dataOnly": True}, {"routines": False}):
        assert "a selection of them" in compare_objects(manifest(**options), facts, {}).message
    assert "the views differ (0 instead of 1, or others)" in compare_objects(manifest(), facts, {}).message
