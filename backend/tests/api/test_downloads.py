"""Downloads: whole, in ranges, every part, from every copy."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

import pytest

from devtools.servers import PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up


@pytest.fixture(scope="module")
def backup(app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer) -> Any:
    bucket = add_bucket(app, seaweed)
    return back_up(app, add_database(app, postgres), uploadToS3=None, s3ConfigIds=[bucket["id"]])


@pytest.fixture(scope="module")
def whole(app: RunningApp, backup: Any) -> bytes:
    return app.api.request("GET", f"/backups/{backup['id']}/download").content


def test_download_when_whole_then_the_bytes_are_those_of_the_manifest(
    app: RunningApp, backup: Any, whole: bytes
) -> None:
    answer = app.api.request("GET", f"/backups/{backup['id']}/download")
    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(len(whole))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"] == "no-store"
    assert backup["fileName"] in answer.headers["content-disposition"]
    assert hashlib.sha256(answer.content).hexdigest() == backup["sha256"]
    assert hashlib.sha256(gzip.decompress(answer.content)).hexdigest() == backup["plainSha256"]


def test_download_when_a_part_is_named_then_that_part_comes_from_each_copy(app: RunningApp, backup: Any) -> None:
    path = f"/backups/{backup['id']}/download"
    for copy in backup["copies"]:
        for part in backup["parts"]:
            content = app.api.request("GET", path, params={"part": part["name"], "copyId": copy["id"]}).content
            assert hashlib.sha256(content).hexdigest() == part["sha256"]
        text = app.api.request("GET", path, params={"part": "manifest", "copyId": copy["id"]}).content
        manifest = json.loads(text)
        assert manifest["backupId"] == backup["id"]
        assert [part["sha256"] for part in manifest["parts"]] == [part["sha256"] for part in backup["parts"]]


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=5-", 5, None),
        ("bytes=-7", -7, None),
        ("bytes=10-10", 10, 11),
        ("bytes=3-99999999999", 3, None),
        ("bytes=-99999999999", 0, None),
    ],
)
def test_download_when_a_range_is_asked_then_only_that_comes(
    app: RunningApp, backup: Any, whole: bytes, header: str, start: int, stop: int | None
) -> None:
    for copy in backup["copies"]:
        answer = app.api.request(
            "GET", f"/backups/{backup['id']}/download", params={"copyId": copy["id"]}, headers={"range": header}
        )
        expected = whole[start:stop]
        first = start % len(whole)
        assert answer.status_code == 206
        assert answer.content == expected
        assert answer.headers["content-range"] == f"bytes {first}-{first + len(expected) - 1}/{len(whole)}"
        assert answer.headers["content-length"] == str(len(expected))


@pytest.mark.parametrize("header", ["bytes=0-1,4-5", "bytes=9-2", "bytes=-", "lines=1-2", "bytes=a-b", ""])
def test_download_when_the_range_is_several_or_nonsense_then_the_whole_comes(
    app: RunningApp, backup: Any, whole: bytes, header: str
) -> None:
    answer = app.api.request("GET", f"/backups/{backup['id']}/download", headers={"range": header})
    assert (answer.status_code, answer.content) == (200, whole)


def test_download_when_the_range_is_after_the_end_then_refused(app: RunningApp, backup: Any, whole: bytes) -> None:
    for header in (f"bytes={len(whole)}-", "bytes=99999999999-", "bytes=-0"):
        answer = app.api.request("GET", f"/backups/{backup['id']}/download", headers={"range": header})
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{len(whole)}"
        assert str(len(whole)) in answer.json()["error"]["message"]


def test_download_when_part_or_copy_is_unknown_then_not_found(app: RunningApp, backup: Any) -> None:
    path = f"/backups/{backup['id']}/download"
    app.api.refused(
        "GET", path, status=404, code="NOT_FOUND", says="globals, database, manifest", params={"part": "../x"}
    )
    app.api.refused("GET", path, status=404, code="NOT_FOUND", says="no copy x", params={"copyId": "x"})


def test_download_when_the_file_is_gone_then_says_so(app: RunningApp, postgres: PostgresServer) -> None:
    backup = back_up(app, add_database(app, postgres))
    for file in app.settings.storage_path.rglob(backup["fileName"]):
        file.unlink()
    app.api.refused(
        "GET", f"/backups/{backup['id']}/download", status=502, code="BACKUP_ERROR", says="no longer in the storage"
    )
