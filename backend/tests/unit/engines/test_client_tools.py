"""Finding client tools in folders, and choosing among them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dbbackup.core.errors import ToolMissingError
from dbbackup.engines import build_registry
from dbbackup.engines.postgresql_tools import TOOLS, PostgresqlTools
from dbbackup.engines.tools import ToolFinder, embedded_version, folders_of_path, major_of

VERSION_OF = embedded_version(rb"\(PostgreSQL\) (\d+(?:\.\d+|devel|beta\d+|rc\d+))")


def install(folder: Path, version: str, tools: tuple[str, ...] = TOOLS) -> Path:
    folder.mkdir(parents=True)
    for tool in tools:
        (folder / tool).write_bytes(b"\x7fELF\0" + f"{tool} (PostgreSQL) {version} (Debian)".encode() + b"\0")
    return folder


def choosing(*folders: Path) -> PostgresqlTools:
    return PostgresqlTools(ToolFinder(TOOLS, lambda: folders, VERSION_OF))


def test_choose_prefers_the_servers_own_major_and_the_first_folder(tmp_path: Path) -> None:
    newer, first, second = tmp_path / "18", tmp_path / "15a", tmp_path / "15b"
    install(newer, "18.6"), install(first, "15.2"), install(second, "15.9")
    chosen = choosing(newer, first, second).choose("15.19 (Debian 15.19-1)")
    assert (chosen.version, chosen.folder, chosen.exact, chosen.note) == ("15.2", str(first), True, None)


def test_choose_takes_the_next_newer_major_and_says_what_that_means(tmp_path: Path) -> None:
    folders = [install(tmp_path / v, v) for v in ("18.6", "17beta2", "14.1")]
    chosen = choosing(*folders).choose("15.1")
    assert (chosen.version, chosen.exact) == ("17beta2", False)
    assert chosen.note is not None and "may not go back into a server 15" in chosen.note


def test_choose_without_a_fitting_tool_names_what_to_install_and_what_there_is(tmp_path: Path) -> None:
    old = install(tmp_path / "14", "14.1")
    with pytest.raises(ToolMissingError, match=r"postgresql-client-16.*Found: 14\.1 in .*/14\."):
        choosing(old).choose("16.0")
    with pytest.raises(ToolMissingError, match=r"Found: none\."):
        choosing().choose("16.0")


def test_find_passes_over_folders_that_are_not_whole(tmp_path: Path) -> None:
    partial = install(tmp_path / "partial", "15.1", ("pg_dump", "pg_restore"))
    mixed = install(tmp_path / "mixed", "15.1")
    (mixed / "pg_restore").write_bytes(b"(PostgreSQL) 16.1")
    wrapper = tmp_path / "wrapper"
    wrapper.mkdir()
    for tool in TOOLS:
        (wrapper / tool).write_text("#!/usr/bin/perl\nexec 'pg_dump'")
    assert ToolFinder(TOOLS, lambda: [partial, mixed, wrapper, tmp_path / "none"], VERSION_OF).find() == []


def test_find_sees_a_folder_once_and_reads_a_file_again_only_when_it_changed(tmp_path: Path) -> None:
    folder = install(tmp_path / "15", "15.1")
    (tmp_path / "link").symlink_to(folder)
    reads: list[Path] = []

    def version_of(tool: Path) -> str | None:
        reads.append(tool)
        return VERSION_OF(tool)

    finder = ToolFinder(TOOLS, lambda: [tmp_path / "link", folder], version_of)
    assert [(found.version, found.major) for found in finder.find()] == [("15.1", 15)]
    finder.find()
    assert len(reads) == 3
    for tool in TOOLS:
        (folder / tool).write_bytes(b"(PostgreSQL) 15.22\0")
    assert finder.find()[0].version == "15.22"


def test_embedded_version_of_what_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert VERSION_OF(tmp_path) is None


def test_major_of_text_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not a version"):
        major_of("unknown")


def test_folders_of_path_keeps_absolute_ones() -> None:
    assert folders_of_path("/a::b:/c") == [Path("/a"), Path("/c")]


def test_registry_looks_into_the_given_folders_first_and_then_along_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, on_path = install(tmp_path / "given", "97.1"), install(tmp_path / "path", "98.1")
    monkeypatch.setenv("PATH", f"{on_path}:{os.environ['PATH']}")
    engines = build_registry([given])
    assert {name: engine.type for name, engine in engines.items()} == {name: name for name in engines}
    assert engines["postgresql"].type == "postgresql"
    assert engines["postgresql"].choose_tools("97.0").folder == str(given)
    assert engines["postgresql"].choose_tools("98.0").folder == str(on_path)
