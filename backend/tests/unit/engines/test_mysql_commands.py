"""What is run for MySQL and MariaDB, and which tools run it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dbbackup.core.errors import BackupError, ToolMissingError
from dbbackup.core.manifest import SourceFacts, TableFacts
from dbbackup.core.secret import Secret
from dbbackup.engines import build_registry, mysql_commands
from dbbackup.engines.mysql import MYSQL
from dbbackup.engines.mysql_tools import MysqlTools
from dbbackup.engines.values import Command, Connection, TlsMode, ToolInfo

SOURCE = Connection("db.example", 3306, "-shop", "me", Secret('s"3\\cret'), TlsMode.REQUIRE)
TOOLS = ToolInfo(version="9.7.4", folder="/opt/tools", exact=True, note=None)
WORK = Path("/srv/run")
KINDS = ["mysql", "mariadb"]


def facts(**properties: Any) -> SourceFacts:
    table = TableFacts(schema="-shop", name="t", rows=0, rows_exact=False, size=0)
    return SourceFacts(
        config_id="c",
        config_name="c",
        slug="c",
        engine="mysql",
        server_version="9.7.4",
        host="h",
        port=1,
        database="-shop",
        size=0,
        tables=[table],
        roles=[],
        extensions=[],
        properties={"views": ["v"], "nonTransactional": [], **properties},
    )


def dump(kind: str, raw: dict[str, Any] | None = None, source: SourceFacts | None = None, **more: Any) -> Command:
    engine = build_registry([])[kind]
    options = engine.parse_dump_options(raw or {})
    (part,) = engine.dump(replace(SOURCE, **more), TOOLS, options, WORK, source)
    assert (part.name, part.format, part.extension) == ("database", "sql", "sql")
    return part.command


@pytest.mark.parametrize("kind", KINDS)
def test_credentials_are_in_a_file_that_comes_first(kind: str) -> None:
    command = dump(kind)
    assert command.argv[1] == "--defaults-file=/srv/run/client.cnf"
    assert "cret" not in " ".join(command.argv) + repr(command.env) + repr(command)
    assert rb'password="s\"3\\cret"' in command.files[WORK / "client.cnf"]
    assert command.argv[-2:] == ("--", "-shop")


def test_each_kind_has_its_own_flags() -> None:
    mysql, mariadb = dump("mysql"), dump("mariadb")
    assert mysql.argv[0] == "/opt/tools/mysqldump"
    assert mariadb.argv[0] == "/opt/tools/mariadb-dump"
    only = {"--set-gtid-purged=OFF", "--column-statistics=0"}
    assert only <= set(mysql.argv)
    assert not only & set(mariadb.argv)


@pytest.mark.parametrize("kind", KINDS)
def test_options_choose_what_is_dumped(kind: str) -> None:
    assert {"--routines", "--triggers", "--events", "--single-transaction", "--skip-lock-tables"} <= set(
        dump(kind).argv
    )
    only_data = dump(kind, {"dataOnly": True}).argv
    assert {"--no-create-info", "--skip-routines", "--skip-triggers", "--skip-events"} <= set(only_data)
    assert "--no-data" in dump(kind, {"schemaOnly": True}).argv
    chosen = dump(kind, {"includeTables": ["t", "v"]}, facts()).argv
    assert chosen[-4:] == ("--", "-shop", "t", "v")
    assert {"--skip-routines", "--triggers", "--skip-events"} <= set(chosen)
    assert "--ignore-table=-shop.t" in dump(kind, {"excludeTables": ["t"]}, facts()).argv
    assert "--default-character-set=latin1" in dump(kind, {"characterSet": "latin1"}).argv


def test_tables_without_transactions_are_locked() -> None:
    locked = dump("mysql", source=facts(nonTransactional=["m"])).argv
    assert "--lock-tables" in locked
    assert "--single-transaction" not in locked


@pytest.mark.parametrize("option", ["includeTables", "excludeTables"])
def test_an_unknown_table_is_an_error(option: str) -> None:
    with pytest.raises(BackupError, match=f"no table or view nope, which the option {option}"):
        dump("mysql", {option: ["t", "nope"]}, facts())


@pytest.mark.parametrize(
    ("mode", "mysql", "mariadb"),
    [
        (TlsMode.DISABLE, "ssl-mode=DISABLED\nget-server-public-key=ON", "skip-ssl"),
        (TlsMode.PREFER, "ssl-mode=PREFERRED\nget-server-public-key=ON", "ssl\nssl-verify-server-cert=0"),
        (TlsMode.REQUIRE, "ssl-mode=REQUIRED", "ssl\nssl-verify-server-cert=0"),
        (TlsMode.VERIFY_CA, "ssl-mode=VERIFY_CA\nssl-ca=", "ssl\nssl-verify-server-cert=0\nssl-ca="),
        (TlsMode.VERIFY_FULL, "ssl-mode=VERIFY_IDENTITY\nssl-ca=", "ssl\nssl-verify-server-cert=1\nssl-ca="),
    ],
)
def test_tls_modes_in_the_tools_words(mode: TlsMode, mysql: str, mariadb: str) -> None:
    for kind, words in (("mysql", mysql), ("mariadb", mariadb)):
        content = dump(kind, tls_mode=mode).files[WORK / "client.cnf"].decode()
        assert words in content
        assert ("ssl-ca" in content) is (mode in (TlsMode.VERIFY_CA, TlsMode.VERIFY_FULL))


def test_a_ca_bundle_makes_require_verify() -> None:
    command = dump("mysql", ca_pem="PEM")
    assert command.files[WORK / "server-ca.pem"] == b"PEM"
    assert b'ssl-mode=VERIFY_CA\nssl-ca="/srv/run/server-ca.pem"' in command.files[WORK / "client.cnf"]


def test_without_any_bundle_the_tool_is_given_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mysql_commands, "_SYSTEM_BUNDLES", (Path("/none"),))
    monkeypatch.setattr("ssl.get_default_verify_paths", lambda: type("Paths", (), {"cafile": None}))
    assert b"ssl-ca" not in dump("mysql", tls_mode=TlsMode.VERIFY_CA).files[WORK / "client.cnf"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_client_reads_stdin_and_knows_no_commands(kind: str) -> None:
    engine = build_registry([])[kind]
    options = engine.parse_restore_options({"newDatabase": "-copy"})
    command = engine.restore(SOURCE, TOOLS, None, options, None, WORK)  # type: ignore[arg-type]
    assert {"--binary-mode", "--batch", "--local-infile=0", "--database=-copy"} <= set(command.argv)
    assert not engine.wants_file(options)
    assert engine.list_contents(TOOLS, options, None) is None
    assert b"[mysql]\nloose-skip-system-command" in command.files[WORK / "client.cnf"] or kind == "mariadb"


def fake(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the tools of this machine."""
    monkeypatch.setattr("dbbackup.engines.mysql_tools._folders", lambda given: iter(given))


@pytest.mark.usefixtures("alone")
def test_tools_of_the_other_kind_do_not_count(tmp_path: Path) -> None:
    for name in ("mysql", "mysqldump"):  # as Debian has them
        fake(tmp_path, name, b"\x0010.11.19-MariaDB\x00 \x0010.11.19\x00")
    with pytest.raises(ToolMissingError, match="install mysqldump and mysql"):
        MysqlTools.installed(MYSQL, [tmp_path]).choose("9.7.4")


@pytest.mark.usefixtures("alone")
def test_the_nearest_tools_that_are_not_older_are_chosen(tmp_path: Path) -> None:
    folders = []
    for version in (b"5.7.44", b"8.0.36-0ubuntu0.22.04.1", b"8.4.3", b"9.7.4-2"):
        folder = tmp_path / version.decode()
        for name in ("mysql", "mysqldump"):
            fake(folder, name, b"ELF\x00" + version + b"\x00")
        folders.append(folder)
    tools = MysqlTools.installed(MYSQL, folders)
    for server, chosen, exact in (("8.0.30", "8.0.36", True), ("8.4.0-log", "8.4.3", True), ("8.1.0", "8.4.3", True)):
        assert (tools.choose(server).version, tools.choose(server).exact) == (chosen, exact)
    newest = tools.choose("10.1.0")
    assert (newest.version, newest.exact) == ("9.7.4", False)
    assert "older than the server (10.1.0)" in (newest.note or "")
    assert MysqlTools.installed(MYSQL, folders[:2]).choose("5.7.1").version == "8.0.36"
