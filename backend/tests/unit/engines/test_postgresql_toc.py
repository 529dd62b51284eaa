"""Tests of engines.postgresql_toc and postgresql_selection, on archives made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dbbackup.core.errors import RestoreError, ValidationError
from dbbackup.core.secret import Secret
from dbbackup.engines.contents import ObjectName, Selection, parse_selection, selection_of
from dbbackup.engines.postgresql_commands import restore_command
from dbbackup.engines.postgresql_options import parse_restore_options
from dbbackup.engines.postgresql_selection import ArchiveContents, taken_entries
from dbbackup.engines.postgresql_toc import MAX_TOC, Toc, TocReader
from dbbackup.engines.values import Connection, ToolInfo
from tests.unit.engines.archives import Made, archive, manifest_of, number

TABLE = Made(1, "TABLE", "odd name")


def read(data: bytes) -> Toc:
    reader = TocReader()
    reader.feed(data)
    return reader.finish()


@pytest.mark.parametrize("version", [(1, 12), (1, 13), (1, 14), (1, 15), (1, 16)])
def test_read_when_the_version_is_known_then_names_and_needs_are_there(version: tuple[int, int]) -> None:
    toc = read(archive(TABLE, Made(2, "TABLE DATA", "odd name", needs=(1,)), version=version))
    assert (toc.database, toc.server_version, toc.tool_version) == ("shop", "15.2 (Debian)", "15.3")
    assert [(e.id, e.kind, e.schema, e.name, e.needs) for e in toc.entries] == [
        (1, "TABLE", "public", "odd name", ()),
        (2, "TABLE DATA", "public", "odd name", (1,)),
    ]


def test_read_when_it_comes_byte_by_byte_then_it_is_the_same() -> None:
    data = archive(TABLE)
    reader = TocReader()
    for byte in data:
        reader.feed(bytes([byte]))
    assert reader.finish() == read(data)
    reader.feed(b"rows")
    assert reader.done


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no archive at all", "no archive"),
        (archive(version=(1, 11)), "older than"),
        (archive(version=(1, 17)), "newer than"),
        (archive(form=3), "damaged"),
        (archive(count=-1), "damaged"),
        (archive(TABLE)[:-12], "cut off"),
        (archive(Made(1, "TABLE", "t")).replace(b"\x01\x01\x00\x00\x00\x01", b"\x02\x01\x00\x00\x00\x01"), "damaged"),
        (archive(Made(1, "TABLE", "t", needs=(7,))).replace(b"\x007", b"\x00x"), "damaged"),
        (archive()[:-5] + number(1) + number(1) + number(0) + number(MAX_TOC + 1), "damaged"),
    ],
)
def test_read_when_it_is_damaged_then_it_says_so(data: bytes, words: str) -> None:
    with pytest.raises(RestoreError, match=words):
        read(data)


def test_read_when_it_never_ends_then_it_is_refused() -> None:
    reader = TocReader()
    reader.feed(archive(count=1))
    with pytest.raises(RestoreError, match="longer than 64 MiB"):
        reader.feed(number(1) + number(0) + number(MAX_TOC) + bytes(MAX_TOC))


SHOP = archive(
    Made(1, "ENCODING", "ENCODING", ""),
    Made(2, "SCHEMA", "sales", ""),
    Made(3, "EXTENSION", "hstore", ""),
    Made(4, "TYPE", "mood", owner="typist"),
    Made(5, "FUNCTION", "f()"),
    Made(6, "TABLE", "a", needs=(4, 3, 999)),
    Made(7, "TABLE", "b", "sales", needs=(2,)),
    Made(8, "SEQUENCE", "a_id", needs=(6,)),
    Made(9, "SEQUENCE OWNED BY", "a_id", needs=(8,)),
    Made(10, "DEFAULT", "a id", needs=(6, 8)),
    Made(11, "TABLE DATA", "a", needs=(6,)),
    Made(12, "TABLE DATA", "b", "sales", needs=(7,)),
    Made(13, "SEQUENCE SET", "a_id", needs=(8,)),
    Made(14, "CONSTRAINT", "a a_pkey", needs=(6,)),
    Made(15, "TRIGGER", "a t", needs=(6, 5)),
    Made(16, "FK CONSTRAINT", "b b_a", "sales", needs=(7, 14, 6)),
    Made(17, "ACL", "TABLE a", needs=(6,), definition='GRANT SELECT ON TABLE a TO "Odd ""x"; GRANT ALL TO PUBLIC'),
    Made(18, "VIEW", "v", needs=(6,)),
    Made(19, "TABLE", "parts"),
    Made(20, "TABLE", "part", needs=(19,)),
    Made(21, "TABLE ATTACH", "part", needs=(20, 19)),
    Made(22, "TABLE DATA", "part", needs=(20,)),
    Made(23, "BLOB", "16400", ""),
    Made(24, "COMMENT", "DATABASE shop", "", needs=(998,)),
)  # fmt: skip


def taken(*objects: tuple[str, str, str], schemas: tuple[str, ...] = ()) -> set[int]:
    chosen = [ObjectName(kind=kind, schema=schema, name=name) for kind, schema, name in objects]
    return taken_entries(read(SHOP), Selection(schemas=list(schemas), objects=chosen))


def test_selection_when_a_table_is_chosen_then_what_belongs_to_it_and_what_it_needs_comes() -> None:
    assert taken(("table", "public", "a")) == {1, 3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, 17}


def test_selection_when_the_referenced_table_is_not_chosen_then_the_foreign_key_is_left_out() -> None:
    assert 16 not in taken(schemas=("sales",))
    assert 16 not in taken(("view", "public", "v"), schemas=("sales",))
    assert 16 in taken(("table", "public", "a"), schemas=("sales",))


def test_selection_when_only_a_view_is_chosen_then_its_table_comes_without_rows() -> None:
    found = taken(("view", "public", "v"))
    assert {18, 6, 8, 14} <= found
    assert not {11, 13} & found


def test_selection_when_a_partitioned_table_is_chosen_then_its_partitions_come() -> None:
    assert taken(("table", "public", "parts")) == {1, 19, 20, 21, 22}
    assert taken(("table", "public", "part")) == {1, 19, 20, 21, 22}


def test_contents_when_something_is_chosen_then_it_says_what_comes_and_what_does_not() -> None:
    reader = ArchiveContents(manifest_of())
    reader.feed(SHOP)
    needs = {o.name: o.needs for o in reader.objects()}
    assert "a_id" not in needs
    assert needs["a"] == ["extension hstore", "function public.f()", "type public.mood"]
    chosen = reader.choose(Selection(schemas=["sales"], objects=[ObjectName(kind="view", schema="public", name="v")]))
    assert chosen.tables == [("sales", "b")]
    assert chosen.owners == {"app", "typist"}
    assert (chosen.grantees, chosen.extensions) == ({'Odd "x'}, {"hstore"})
    codes = {finding.code for finding in chosen.findings}
    assert codes == {
        "selection", "selection-needs", "selection-foreign-keys", "selection-large-objects", "selection-functions",
    }  # fmt: skip
    wrong = reader.choose(Selection(schemas=["nowhere"]))
    assert [f.code for f in wrong.findings] == ["selection-unknown"]
    assert {f.code for f in reader.choose(Selection(schemas=["sales"])).findings} >= {"selection-foreign-keys"}


def test_contents_when_a_table_stands_alone_then_there_is_nothing_to_warn_of() -> None:
    reader = ArchiveContents(manifest_of())
    reader.feed(archive(TABLE))
    assert [f.code for f in reader.choose(Selection(schemas=["public"])).findings] == ["selection"]


def test_restore_when_a_selection_has_no_file_to_read_then_it_is_refused(tmp_path: Path) -> None:
    options = {**parse_restore_options({"newDatabase": "x"}), "selection": {"schemas": ["a"]}}
    target, tools = (
        Connection("h", 1, "d", "u", Secret("")),
        ToolInfo(version="15.1", folder="/", exact=True, note=None),
    )
    with pytest.raises(RestoreError, match="read from a file"):
        restore_command(target, tools, manifest_of(), options, None, tmp_path)


def test_parse_selection_when_it_is_none_then_it_is_refused() -> None:
    raws: list[Any] = [None, [], {"schemas": "x"}, {"objects": [{}]}, {}, {"other": []}]
    for raw in raws:
        with pytest.raises(ValidationError):
            parse_selection(raw)
    assert selection_of({}) is None
    assert selection_of({"selection": {"schemas": ["a"]}}) == Selection(schemas=["a"])
