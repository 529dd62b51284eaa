"""The commands by which an encrypted backup is recovered by hand, run as the documentation has them."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from devtools.servers import PostgresServer, client_dirs
from tests.api.running_app import RunningApp
from tests.api.support import add_database, back_up, make_database
from tests.api.test_encryption_keys import KEYS, download, generate

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "recover-without-this-product.md"
MARK = "<!-- The test of this page runs the commands from here to the end of this section as they stand. -->"
MANIFEST_PAGE = PAGE.parents[1] / "reference" / "manifest.md"
MANIFEST_MARK = "<!-- The test of this page runs these commands as they stand. -->"
COUNT = "SELECT count(*), sum(id), max(note) FROM item"


def documented(ending: str = "age", wanted: int = 3) -> str:
    """Return the commands of the section."""
    page = PAGE.read_text().partition(f"\n## If the files end in .{ending}\n")[2]
    section = page.partition(MARK)[2].partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert len(blocks) == wanted, "the section changed: look whether all of it is still tested"
    return "".join(blocks)


def run(commands: str, folder: Path, server: PostgresServer, name: str) -> subprocess.CompletedProcess[str]:
    clients = next(path for path in client_dirs() if "/15/" in f"{path}/")
    env = {
        "PATH": f"{clients}:{os.environ['PATH']}",
        "NAME": name,
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGUSER": server.superuser,
        "PGPASSWORD": server.password,
    }
    script = f"set -e\n{commands}"
    # A short one: gpg's agent makes its socket below, and the path of a socket has 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="dbb-") as short:
        env["TMPDIR"] = short
        return subprocess.run(["bash", "-c", script], cwd=folder, env=env, capture_output=True, text=True, check=False)


def save(app: RunningApp, backup: Any, folder: Path) -> str:
    """Download all files of the backup; return the name they have in common."""
    for part in ("database", "globals", "manifest"):
        answer = app.api.http.get(f"/api/backups/{backup['id']}/download?part={part}")
        file = answer.headers["content-disposition"].rpartition("''")[2]
        (folder / file).write_bytes(answer.content)
    name: str = backup["fileName"].partition(".")[0]
    return name


def test_recovery_by_hand_when_done_as_documented_then_the_rows_are_back(
    app: RunningApp, postgres: PostgresServer, tmp_path: Path
) -> None:
    (tmp_path / "key.txt").write_text(download(app, generate(app)))
    source = make_database(postgres)
    backup = back_up(app, add_database(app, postgres, source))
    name = save(app, backup, tmp_path)
    done = run(documented(), tmp_path, postgres, name)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": OK") == 2
    assert postgres.psql(COUNT, database="shop_recovered") == postgres.psql(COUNT, database=source)
    for part in ("dump", "globals.sql"):
        unpacked = subprocess.run(["gunzip", "-c", tmp_path / f"{name}.{part}.gz"], capture_output=True, check=True)
        assert len(unpacked.stdout) > 100
    postgres.psql("DROP DATABASE shop_recovered")


def test_recovery_by_hand_when_encrypted_with_openpgp_then_done_as_documented_the_rows_are_back(
    app: RunningApp, postgres: PostgresServer, tmp_path: Path
) -> None:
    key = app.api.post(KEYS, {"name": "By hand", "kind": "openpgp"})
    answer = app.api.http.post(f"/api{KEYS}/{key['id']}/download")
    (tmp_path / "key.asc").write_text(answer.text)
    source = make_database(postgres)
    backup = back_up(app, add_database(app, postgres, source), encryption="openpgp")
    name = save(app, backup, tmp_path)
    done = run(documented("gpg", 4), tmp_path, postgres, name)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": OK") == 2
    assert postgres.psql(COUNT, database="shop_recovered") == postgres.psql(COUNT, database=source)
    assert (tmp_path / f"{name}.globals.sql.gz").stat().st_size > 0
    postgres.psql("DROP DATABASE shop_recovered")


def test_recovery_by_hand_when_the_key_is_another_then_nothing_comes_out(
    app: RunningApp, postgres: PostgresServer, tmp_path: Path
) -> None:
    download(app, generate(app))
    name = save(app, back_up(app, add_database(app, postgres)), tmp_path)
    subprocess.run(["age-keygen", "-o", tmp_path / "key.txt"], check=True, capture_output=True)
    done = run(documented(), tmp_path, postgres, name)
    assert done.returncode != 0
    assert "no identity matched" in done.stderr
    assert postgres.psql("SELECT to_regclass('item') IS NULL", database="shop_recovered") == "t"
    postgres.psql("DROP DATABASE shop_recovered")


def test_signature_when_checked_as_documented_then_it_holds_and_an_altered_manifest_does_not(
    app: RunningApp, postgres: PostgresServer, tmp_path: Path
) -> None:
    section = MANIFEST_PAGE.read_text().partition(MANIFEST_MARK)[2].partition("\n## ")[0]
    [commands] = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    backup = back_up(app, add_database(app, postgres), encryption="none")
    save(app, backup, tmp_path)
    (tmp_path / "signing-key.pem").write_text(app.api.get("/recovery/signing-key")["pem"])
    name = backup["fileName"].removesuffix(".dump.gz")
    assert "Signature Verified Successfully" in run(commands, tmp_path, postgres, name).stdout
    manifest = tmp_path / f"{backup['fileName']}.json"
    manifest.write_text(manifest.read_text().replace('"rows": 200,', '"rows": 201,'))
    altered = run(commands, tmp_path, postgres, name)
    assert altered.returncode != 0
    assert "Signature Verification Failure" in altered.stdout + altered.stderr
