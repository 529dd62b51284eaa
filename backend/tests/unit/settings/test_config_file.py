"""config.json: weaker than the environment, refused by name when something in it is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dbbackup.core.errors import ValidationError
from dbbackup.settings import Settings, load

KEY = {"ENCRYPTION_KEY": "k" * 32}


def settings(tmp_path: Path, content: Any, **variables: str) -> Settings:
    path = tmp_path / "config.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return load({**KEY, "CONFIG_FILE": str(path), **variables})


def complaints(tmp_path: Path, content: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as raised:
        settings(tmp_path, content)
    return {detail.field: detail.message for detail in raised.value.details}


def test_file_when_it_sets_variables_then_the_environment_is_stronger(tmp_path: Path) -> None:
    content = {
        "server": {"port": 3100, "hostname": "0.0.0.0"},
        "scheduler": {"timezone": "Europe/Berlin"},
        "backup": {"maxConcurrent": 5, "tempDirectory": "/var/tmp"},
    }
    found = settings(tmp_path, content)
    assert (found.port, found.host, found.timezone) == (3100, "0.0.0.0", "Europe/Berlin")
    assert (found.filed, found.fixed) == ({"backup.maxConcurrent": 5}, {})
    assert found.work_path.parent == Path("/var/tmp")
    other = settings(tmp_path, content, PORT="3200", MAX_CONCURRENT_BACKUPS="7", DATABASE_PATH="/elsewhere/app.db")
    assert (other.port, other.fixed) == (3200, {"backup.maxConcurrent": 7})
    assert other.work_path != found.work_path


def test_file_when_keys_or_values_are_wrong_then_all_are_named(tmp_path: Path) -> None:
    found = complaints(
        tmp_path, {"backup": {"maxConcurrent": 0, "colour": 1}, "server": {"port": True}, "logging": "loud"}
    )
    assert found.keys() == {"backup.maxConcurrent", "backup.colour", "server.port", "logging"}
    assert "There is no setting backup.colour." in found["backup.colour"]
    assert "config.json" in found["server.port"]
    assert "PORT must be a whole number" in complaints(tmp_path, {"server": {"port": 99999}})["PORT"]


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "is not JSON"), ("[]", "one JSON object"), (" " * ((1 << 20) + 1), "larger than 1 MiB")],
)
def test_file_when_it_is_no_configuration_then_refused(tmp_path: Path, content: str, words: str) -> None:
    assert words in complaints(tmp_path, content)["CONFIG_FILE"]


def test_file_when_named_and_missing_then_refused_and_when_not_named_then_not_needed(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="Cannot read"):
        load({**KEY, "CONFIG_FILE": str(tmp_path / "none.json")})
    assert load(KEY).filed == {}
