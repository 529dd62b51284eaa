"""The `dbbackup` command as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dbbackup.db.lock import InstanceLock
from devtools import catalogue_server

KEY = "k" * 40


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    # Not measured: that would double the time of every start.
    kept = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, "-m", "dbbackup", *arguments],
        env={**kept, "PYTHONPATH": "src", **variables},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def places(home: Path) -> dict[str, str]:
    return {
        "ENCRYPTION_KEY": KEY,
        "BACKUP_STORAGE_PATH": str(home / "backups"),
        "DATABASE_PATH": str(home / "db" / "app.db"),
        **catalogue_server.environment(home / "db" / "app.db"),
        "PORT": "0",
    }


def test_openapi_when_called_then_the_document_needs_no_configuration() -> None:
    done = run("openapi")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["openapi"].startswith("3.1")


def test_serve_when_the_configuration_is_bad_then_a_message_and_exit_code_1() -> None:
    done = run("serve", ENCRYPTION_KEY="short", PORT="x")
    assert done.returncode == 1
    assert done.stderr.startswith("dbbackup: The configuration cannot be used:")
    assert "ENCRYPTION_KEY" in done.stderr
    assert "PORT" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.sqlite("looks at the file")
def test_migrate_when_called_then_the_catalogue_is_made_and_private(tmp_path: Path) -> None:
    done = run("migrate", **places(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "db" / "app.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.sqlite("the folder and the lock of a file; those of a database are tested in tests/contract")
def test_serve_when_the_start_is_refused_then_a_message_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    bad_folder = run("serve", **places(tmp_path) | {"DATABASE_PATH": str(tmp_path / "file" / "app.db")})
    bad_storage = run("serve", **places(tmp_path) | {"BACKUP_STORAGE_PATH": str(tmp_path / "file" / "b")})
    with InstanceLock(tmp_path / "db" / "app.db"):
        taken = run("serve", **places(tmp_path))
    for done, words in (
        (bad_folder, "DATABASE_PATH"),
        (bad_storage, "BACKUP_STORAGE_PATH"),
        (taken, "already running"),
    ):
        assert done.returncode == 1
        assert words in done.stderr.splitlines()[-1]
        assert done.stderr.splitlines()[-1].startswith("dbbackup: ")
        assert "Traceback" not in done.stderr


def test_catalog_rebuild_when_called_then_it_tells_what_it_found(tmp_path: Path) -> None:
    folder = tmp_path / "backups" / "shop" / "2026" / "11"
    folder.mkdir(parents=True)
    (folder / "shop_manual_20261101_020000_abcdefghjkmn.dump.gz.json").write_text("{")
    done = run("catalog", "rebuild", "--dry-run", **places(tmp_path))
    assert done.returncode == 3
    assert done.stdout == "1 manifests found; 0 backups and 0 copies would be added, 0 copies known already.\n"
    assert "is not a manifest this version can read" in done.stderr
    unknown = run("catalog", "rebuild", "--s3", "offsite", **places(tmp_path))
    assert unknown.returncode == 1
    assert unknown.stderr.splitlines()[-1] == "dbbackup: There is no S3 config offsite. There is: none."
