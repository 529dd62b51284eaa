"""What level 3 sees of the cells and what it does not, level 4, other servers, and what must not live in a copy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from dbbackup.core import manifest as manifests
from dbbackup.core import signing
from dbbackup.core.signing import SigningKey
from dbbackup.db.models import BackupExecution
from devtools.servers import MariadbServer, PostgresServer
from tests.api.running_app import RunningApp
from tests.api.support import add_database, back_up, make_database, unique
from tests.api.test_verifications import forge, local_path, names, scratch, verify

_LARGE = """
CREATE TABLE large (id integer PRIMARY KEY, note text);
INSERT INTO large SELECT n, 'cell ' || n FROM generate_series(100000, 112000) n;
ANALYZE large;
"""


@pytest.fixture(scope="module")
def source(postgres: PostgresServer) -> str:
    name = make_database(postgres)
    postgres.psql(_LARGE, database=name)
    return name


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer, source: str) -> Any:
    return add_database(app, postgres, source)


@pytest.fixture
def backup(app: RunningApp, database: Any) -> Any:
    return back_up(app, database, compression="none")


def sampled(postgres: PostgresServer, source: str, backup: Any, *, wanted: bool) -> int:
    """Return a row of the large table that is in the sample, or one that is not."""
    [sample] = [table["sample"] for table in backup["tables"] if table["name"] == "large"]
    assert (sample["key"], sample["every"]) == (["id"], 12)
    assert 700 < sample["rows"] < 1300
    chosen = f'hashtextextended((id)::text COLLATE "C", 0) % {sample["every"]} = 0'
    return int(postgres.psql(f"SELECT min(id) FROM large WHERE ({chosen}) = {wanted}", database=source))


def changed_cell(row: int) -> Any:
    """Return a change of the dump that alters this row's cell and nothing else."""
    old, new = f"\tcell {row}\n".encode(), f"\tCELL {row}\n".encode()

    def change(data: bytes) -> bytes:
        assert data.count(old) == 1
        return data.replace(old, new)

    return change


def test_verify_when_a_sampled_cell_was_altered_and_all_hashes_with_it_then_level_3_sees_it(
    app: RunningApp, postgres: PostgresServer, source: str, backup: Any
) -> None:
    for change, table in (
        (changed_cell(sampled(postgres, source, backup, wanted=True)), "large"),
        (lambda data: data.replace(b"note 17\n", b"note 71\n"), "item"),
    ):
        made = back_up(app, {"id": backup["databaseId"]}, compression="none")
        forge(app, made, change)
        assert verify(app, made, 2)["status"] == "completed"
        failed = verify(app, made, 3)
        assert (failed["status"], failed["checks"][-2]["ok"]) == ("failed", False)
        assert (
            f"The sampled rows are not those of the manifest: those of public.{table} differ"
            in (failed["errorMessage"])
        )
        assert app.api.get(f"/backups/{made['id']}")["damage"] == failed["errorMessage"]
    assert scratch(postgres) == []


def test_verify_when_an_unsampled_cell_was_altered_then_only_the_signature_sees_it(
    app: RunningApp, postgres: PostgresServer, source: str, backup: Any
) -> None:
    """What the documentation says: level 3 sees the sampled rows; whoever lacks the key cannot sign the others."""
    change = changed_cell(sampled(postgres, source, backup, wanted=False))
    forge(app, backup, change)
    done = verify(app, backup, 3)
    assert done["status"] == "completed", done["errorMessage"]
    other = back_up(app, {"id": backup["databaseId"]}, compression="none")
    forge(app, other, change, key=SigningKey.generate())
    failed = verify(app, other, 1)
    assert (failed["status"], names(failed)[-1]) == ("failed", "signature")
    assert "signed with another key" in failed["errorMessage"]
    seen = app.api.get(f"/backups/{other['id']}")
    assert (seen["signature"]["state"], seen["damage"]) == ("foreign", failed["errorMessage"])
    findings = app.api.post(
        "/restores/preflight",
        {"databaseId": backup["databaseId"], "backupId": other["id"], "options": {"newDatabase": unique()}},
    )["findings"]
    assert [f["level"] for f in findings if f["code"] == "signature-foreign"] == ["warning"]


def test_backup_when_made_then_it_is_signed_and_its_key_is_shown(app: RunningApp, backup: Any) -> None:
    key = app.api.get("/recovery/signing-key")
    assert backup["signature"]["state"] == "own"
    assert backup["signature"]["fingerprint"] == key["fingerprint"]
    assert key["pem"].startswith("-----BEGIN PUBLIC KEY-----")
    assert all(table["rowsExact"] for table in backup["tables"])


@pytest.mark.parametrize(("state", "level"), [("unknown", "warning"), ("unsigned", "warning"), ("wrong", "error")])
def test_signature_when_not_ours_then_shown_and_only_a_wrong_one_refused(
    app: RunningApp, backup: Any, state: str, level: str
) -> None:
    beside = local_path(app, backup).with_name(local_path(app, backup).name + manifests.SUFFIX)
    old = manifests.decode(beside.read_bytes())
    elsewhere = msgspec.structs.replace(old, instance_id="zzzz", version=manifests.UNSIGNED, signature=None)
    signed = manifests.sign(elsewhere, SigningKey.generate())
    made = {
        "unknown": signed,
        "unsigned": elsewhere,
        "wrong": msgspec.structs.replace(signed, label="altered"),
    }[state]
    beside.write_bytes(manifests.encode(made))

    async def note() -> None:
        async with app.ctx.catalogue.transaction() as session:
            (await session.get_one(BackupExecution, backup["id"])).manifest = manifests.to_dict(made)

    app.run(note())
    shown = app.api.get(f"/backups/{backup['id']}")["signature"]
    assert shown["state"] == state
    fingerprint = signing.fingerprint(signed.signature.public_key) if signed.signature else ""
    assert shown["fingerprint"] == (fingerprint if state == "unknown" else None)
    answer = app.api.post(
        "/restores/preflight",
        {"databaseId": backup["databaseId"], "backupId": backup["id"], "options": {"newDatabase": unique()}},
    )
    assert [f["level"] for f in answer["findings"] if f["code"] == f"signature-{state}"] == [level]
    assert verify(app, backup, 1)["status"] == ("failed" if state == "wrong" else "completed")


def prove(app: RunningApp, database: Any, **statements: str) -> Any:
    asked = [{"name": name.replace("_", " "), "sql": sql} for name, sql in statements.items()]
    return app.api.put(f"/databases/{database['id']}/proof", {"assertions": asked})


def test_assertions_when_they_hold_then_level_4_is_proven(
    app: RunningApp, postgres: PostgresServer, backup: Any
) -> None:
    database = {"id": backup["databaseId"]}
    shown = prove(
        app,
        database,
        there_are_notes="SELECT count(*) = 200 FROM item;",
        none_empty="-- no\nSELECT 1 FROM item WHERE note = ''",
    )
    assert [assertion["name"] for assertion in shown["assertions"]] == ["there are notes", "none empty"]
    done = verify(app, backup, 4)
    assert done["status"] == "completed", done["errorMessage"]
    assert [c["message"] for c in done["checks"][-2:]] == ["there are notes: holds.", "none empty: holds."]
    assert app.api.get(f"/backups/{backup['id']}")["verifiedLevel"] == 4
    proven = app.api.get(f"/databases/{database['id']}")
    assert proven["rtoSeconds"] == done["restoreSeconds"] == proven["lastRestoreSeconds"]
    assert 0 <= proven["rpoSeconds"] < 600
    assert scratch(postgres) == []


def test_assertions_when_they_do_not_hold_or_would_write_then_each_says_why_and_the_backup_is_not_damaged(
    app: RunningApp, postgres: PostgresServer, backup: Any
) -> None:
    database = {"id": backup["databaseId"]}
    app.api.put("/system/settings", {"values": {"verify.assertionSeconds": 1}})
    prove(
        app,
        database,
        false="SELECT false",
        rows="SELECT id FROM item",
        writes="SELECT setval('s', 1) FROM pg_class",
        two="SELECT 1) q; DROP TABLE item; --",
        slow="SELECT pg_sleep(20)",
        null="SELECT NULL",
    )
    failed = verify(app, backup, 4)
    app.api.put("/system/settings", {"values": {"verify.assertionSeconds": None}})
    said = {c["message"].partition(":")[0]: c["message"] for c in failed["checks"] if c["name"] == "assertion"}
    assert failed["status"] == "failed"
    assert said["false"] == said["null"].replace("null", "false") == "false: it is not true."
    assert "it gave rows" in said["rows"]
    assert "the server refused it" in said["writes"]
    assert "the server refused it" in said["two"]
    assert said["slow"] == "slow: it took longer than 1 s."
    assert app.api.get(f"/backups/{backup['id']}")["damage"] is None
    assert scratch(postgres) == []


def test_proof_when_asked_wrongly_then_it_is_refused(app: RunningApp, postgres: PostgresServer) -> None:
    database = add_database(app, postgres)
    path = f"/databases/{database['id']}/proof"
    bad = [{"name": "a", "sql": "DROP TABLE item"}, {"name": "a", "sql": "COPY item TO PROGRAM 'x'"}]
    app.api.refused(
        "PUT",
        path,
        {"assertions": bad},
        status=400,
        code="VALIDATION_ERROR",
        fields={"assertions[0].sql", "assertions[1].sql", "assertions[1].name"},
    )
    nowhere = {"assertions": [], "verifyTargetId": unique()}
    app.api.refused("PUT", path, nowhere, status=400, code="VALIDATION_ERROR", fields={"verifyTargetId"})
    made = back_up(app, database)
    path = f"/backups/{made['id']}/verify"
    app.api.refused("POST", path, {"level": 4}, status=409, code="CONFLICT", says="no assertions")
    app.api.refused("POST", path, {"level": 1, "targetDatabaseId": database["id"]}, status=400, code="VALIDATION_ERROR")
    app.api.refused("POST", path, {"level": 3, "targetDatabaseId": unique()}, status=404, code="NOT_FOUND")


def test_verify_when_another_server_is_the_target_then_the_copy_is_made_there(
    app: RunningApp, postgres: PostgresServer, newer_postgres: PostgresServer, backup: Any
) -> None:
    other = add_database(app, newer_postgres, "postgres")
    shown = app.api.put(f"/databases/{backup['databaseId']}/proof", {"assertions": [], "verifyTargetId": other["id"]})
    assert shown["verifyTargetId"] == other["id"]
    done = verify(app, backup, 3)
    assert done["status"] == "completed", done["errorMessage"]
    assert (done["targetId"], done["targetName"]) == (other["id"], other["name"])
    assert any(f"on the server of {other['name']}" in line["message"] for line in done["logTail"])
    here = verify(app, backup, 3, targetDatabaseId=backup["databaseId"])
    assert here["targetId"] == backup["databaseId"]
    assert scratch(postgres) == scratch(newer_postgres) == []
    # Its own server is no other one.
    shown = app.api.put(
        f"/databases/{backup['databaseId']}/proof",
        {"assertions": [], "verifyTargetId": backup["databaseId"]},
    )
    assert shown["verifyTargetId"] is None


def test_verify_when_the_database_reaches_out_then_the_copy_does_not(app: RunningApp, postgres: PostgresServer) -> None:
    name = make_database(postgres)
    postgres.psql(
        """CREATE EXTENSION postgres_fdw;
        CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
        CREATE USER MAPPING FOR postgres SERVER away OPTIONS (user 'u', password 'hush-hush');
        CREATE FOREIGN TABLE far (id int) SERVER away;
        CREATE MATERIALIZED VIEW seen AS SELECT * FROM far WITH NO DATA;
        CREATE SUBSCRIPTION listening CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p
            WITH (connect = false, slot_name = NONE, enabled = false)""",
        database=name,
    )
    made = back_up(app, add_database(app, postgres, name))
    done = verify(app, made, 3)
    assert done["status"] == "completed", done["errorMessage"]
    # A subscription would forbid dropping the copy; dropping the subscription would reach out to its publisher.
    assert scratch(postgres) == []
    postgres.psql("DROP SUBSCRIPTION listening", database=name)


@pytest.fixture(scope="module")
def family(app: RunningApp, mariadb: MariadbServer) -> Iterator[Any]:
    name = unique("source")
    mariadb.sql(f"CREATE DATABASE {name}")
    mariadb.sql("CREATE TABLE item (id INT PRIMARY KEY); INSERT INTO item VALUES (1), (2)", database=name)
    app.secrets.add(mariadb.password)
    form = {
        "name": unique("Database"),
        "type": "mariadb",
        "host": mariadb.host,
        "port": mariadb.port,
        "database": name,
        "username": mariadb.superuser,
        "password": mariadb.password,
    }
    yield app.api.post("/databases", form)
    mariadb.sql(f"DROP DATABASE {name}")


def test_assertions_when_mariadb_then_they_read_the_copy_and_cannot_reach_the_source(
    app: RunningApp, mariadb: MariadbServer, family: Any, database: Any
) -> None:
    app.api.put("/system/settings", {"values": {"verify.assertionSeconds": 1}})
    prove(
        app,
        family,
        two="SELECT COUNT(*) = 2 FROM item",
        drops=f"SELECT 1) q; DROP TABLE {family['database']}.item; -- ",
        slow="SELECT SLEEP(20)",
    )
    made = back_up(app, family)
    failed = verify(app, made, 4)
    app.api.put("/system/settings", {"values": {"verify.assertionSeconds": None}})
    said = [c["message"] for c in failed["checks"] if c["name"] == "assertion"]
    assert said[0] == "two: holds."
    assert "the server refused it" in said[1]
    assert said[2].startswith("slow: ")
    assert "holds" not in said[2]
    assert mariadb.sql("SELECT COUNT(*) FROM item", database=family["database"]).split()[-1] == "2"
    app.api.refused(
        "POST",
        f"/backups/{made['id']}/verify",
        {"level": 3, "targetDatabaseId": database["id"]},
        status=409,
        code="CONFLICT",
        says="does not fit its server",
    )
