"""The recovery kit: what is in it, who gets it, and that its commands restore as they stand."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools.servers import MariadbServer, PostgresServer, client_dirs
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up, form, make_database, unique
from tests.api.test_encryption_keys import generate
from tests.api.test_verifications import flip, local_path

COUNT = "SELECT count(*), sum(id), max(note) FROM item"


@pytest.fixture(scope="module")
def family(mariadb: MariadbServer) -> Iterator[str]:
    name = unique("source")
    mariadb.sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    mariadb.sql(
        "CREATE TABLE item (id INT PRIMARY KEY, note TEXT); INSERT INTO item VALUES (1, 'a'), (2, 'ü')", database=name
    )
    yield name
    mariadb.sql(f"DROP DATABASE {name}; DROP DATABASE IF EXISTS recovered")


def kit(app: RunningApp, folder: Path) -> Path:
    answer = app.api.http.post("/api/recovery/kit", json={"confirm": True})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert f"recovery-kit_{app.ctx.instance_id}_" in answer.headers["content-disposition"]
    # with Info-ZIP's modes: as `unzip` does it
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        for info in archive.infolist():
            path = Path(archive.extract(info, folder / "kit"))
            path.chmod(info.external_attr >> 16)
    return folder / "kit"


def section(unpacked: Path, name: str) -> str:
    """Return the commands of a backup in the kit's own how-to, in order."""
    text = (unpacked / "README.md").read_text().partition(f"\n## {name},")[2].partition("\n## ")[0]
    commands = "\n".join(re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    assert "KIT=/path/to/this/kit" in commands
    return commands.replace("/path/to/this/kit", str(unpacked))


def run(commands: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clients = next(path for path in client_dirs() if "/15/" in f"{path}/")
    env = {"PATH": f"{clients}:{os.environ['PATH']}", "HOME": str(folder), **environment}
    return subprocess.run(
        ["bash", "-c", f"set -e\n{commands}"], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def connected(server: PostgresServer) -> dict[str, str]:
    return {
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGUSER": server.superuser,
        "PGPASSWORD": server.password,
    }


def files_of(app: RunningApp, backup: Any, folder: Path) -> Path:
    folder.mkdir()
    for part in backup["parts"]:
        answer = app.api.http.get(f"/api/backups/{backup['id']}/download?part={part['name']}")
        (folder / part["file"]).write_bytes(answer.content)
    return folder


@pytest.mark.parametrize(("kind", "ending"), [("age", "txt"), ("openpgp", "asc")])
def test_kit_when_its_commands_are_run_then_an_encrypted_database_is_back(
    app: RunningApp, postgres: PostgresServer, tmp_path: Path, kind: str, ending: str
) -> None:
    other, key = generate(app, kind=kind), generate(app, kind=kind)
    for made in (other, key):
        assert app.api.http.post(f"/api/encryption-keys/{made['id']}/download").status_code == 200
    app.api.post(f"/encryption-keys/{key['id']}/activate")
    source = make_database(postgres)
    database = add_database(app, postgres, source)
    backup = back_up(app, database, encryption=kind)
    unpacked = kit(app, tmp_path)
    assert len(list((unpacked / "keys").glob(f"*.{ending}"))) == 2
    assert (next((unpacked / "keys").iterdir())).stat().st_mode & 0o077 == 0
    done = run(section(unpacked, database["name"]), files_of(app, backup, tmp_path / "files"), **connected(postgres))
    assert done.returncode == 0, done.stderr
    assert "Signature Verified Successfully" in done.stdout
    assert done.stdout.count(": OK") == 2
    assert postgres.psql(COUNT, database="recovered") == postgres.psql(COUNT, database=source)
    postgres.psql("DROP DATABASE recovered")
    [line] = [
        entry for entry in json.loads((unpacked / "index.json").read_text()) if entry["database"] == database["name"]
    ]
    assert line["recipients"] == [key["recipient"]]
    assert Path(line["places"][0]["folder"]) == local_path(app, backup).parent


def test_kit_when_its_commands_are_run_then_a_mariadb_database_is_back(
    app: RunningApp, mariadb: MariadbServer, family: str, tmp_path: Path
) -> None:
    app.secrets.add(mariadb.password)
    entry = {
        "name": unique("Database"),
        "type": "mariadb",
        "host": mariadb.host,
        "port": mariadb.port,
        "database": family,
        "username": mariadb.superuser,
        "password": mariadb.password,
    }
    database = app.api.post("/databases", entry)
    backup = back_up(app, database, compression="zstd", encryption="none")
    unpacked = kit(app, tmp_path)
    folder = files_of(app, backup, tmp_path / "files")
    (folder / ".my.cnf").write_text(
        f"[client]\nhost={mariadb.host}\nport={mariadb.port}\nprotocol=tcp\nuser={mariadb.superuser}\n"
        f"password={mariadb.password}\n"
    )
    done = run(section(unpacked, database["name"]), folder)
    assert done.returncode == 0, done.stderr
    assert mariadb.sql("SELECT GROUP_CONCAT(note) FROM item", database="recovered") == mariadb.sql(
        "SELECT GROUP_CONCAT(note) FROM item", database=family
    )


def test_check_when_file_or_manifest_was_altered_then_it_says_so(
    app: RunningApp, postgres: PostgresServer, tmp_path: Path
) -> None:
    backup = back_up(app, add_database(app, postgres), encryption="none")
    unpacked = kit(app, tmp_path)
    folder = files_of(app, backup, tmp_path / "files")
    [manifest] = unpacked.glob(f"manifests/*/{backup['fileName']}.json")
    text = manifest.read_text()
    (folder / manifest.name).write_text(text.replace('"type": "manual"', '"type": "weekly"'))
    check = f'"{unpacked}/check-manifest.sh" {manifest.name}'
    forged = run(check, folder)
    assert forged.returncode != 0
    assert "Signature Verification Failure" in forged.stdout + forged.stderr
    (folder / manifest.name).write_text(text)
    assert run(check, folder).returncode == 0
    flip(folder / backup["fileName"], 50)
    damaged = run(check, folder)
    assert damaged.returncode != 0
    assert f"{backup['fileName']}: FAILED" in damaged.stdout
    shown = app.api.get("/recovery/signing-key")
    by_hand = run('openssl pkey -pubin -in "$KIT"/signing-key.pem -outform DER | sha256sum', folder, KIT=str(unpacked))
    assert by_hand.stdout.split()[0] == shown["fingerprint"]


def test_kit_when_not_confirmed_or_nothing_is_there_then_refused_or_empty(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    with RunningApp.start(tmp_path / "app") as app:
        for body in ({}, {"confirm": False}):
            app.api.refused("POST", "/recovery/kit", body, status=400, code="VALIDATION_ERROR", fields={"confirm"})
        unpacked = kit(app, tmp_path)
        assert "There was no complete backup" in (unpacked / "README.md").read_text()
        assert json.loads((unpacked / "index.json").read_text()) == []
        first = app.api.get("/recovery/signing-key")
        assert app.api.post("/databases", form(postgres))["assertions"] == []
    with RunningApp.start(tmp_path / "app") as again:
        assert again.api.get("/recovery/signing-key") == first


def test_kit_when_a_copy_is_in_s3_then_it_says_where(
    app: RunningApp, postgres: PostgresServer, seaweed: Any, tmp_path: Path
) -> None:
    bucket = add_bucket(app, seaweed, pathPrefix="team")
    database = add_database(app, postgres)
    back_up(app, database, uploadToS3=True, s3ConfigIds=[bucket["id"]], encryption="none")
    text = (kit(app, tmp_path) / "README.md").read_text()
    assert f"the bucket `{bucket['bucket']}` at {seaweed.endpoint}, below `team/" in text
