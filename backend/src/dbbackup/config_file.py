"""Reads `config.json`: the advanced settings, weaker than the page and the environment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dbbackup.core.errors import FieldError, ValidationError
from dbbackup.core.live_settings import Value, build, specs

DEFAULT_PATH = Path("/app/data/config.json")
VARIABLES = {
    "server.port": "PORT",
    "server.hostname": "HOSTNAME",
    "scheduler.timezone": "TZ",
    "backup.tempDirectory": "TEMP_DIRECTORY",
}
"""Keys that stand for a variable: read once at the start, like it."""
_MAX_BYTES = 1 << 20


def read_config(path: Path) -> dict[str, Value]:
    """Return the file's values by their dotted keys.

    Raises:
        ValidationError: the file cannot be read or is no such JSON, or naming every key that does not exist and
            every value that does not fit.
    """
    problems: list[FieldError] = []
    values = _flatten(_parse(path), problems)
    for key in values.keys() & VARIABLES.keys():
        if isinstance(values[key], bool) or not isinstance(values[key], int | str):
            problems.append(FieldError(key, f"{key} must be a text or a number, not {json.dumps(values[key])}."))
    try:
        build({key: value for key, value in values.items() if key not in VARIABLES})
    except ValidationError as error:
        problems += error.details
    if problems:
        listing = [FieldError(p.field, f"{path}: {p.message}") for p in problems]
        raise ValidationError(" ".join(p.message for p in listing), details=listing)
    return values


def _parse(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValidationError.of("CONFIG_FILE", f"{path} is larger than 1 MiB: that is no configuration.")
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValidationError.of("CONFIG_FILE", f"Cannot read {path}: {error.strerror}.") from error
    except ValueError as error:
        raise ValidationError.of("CONFIG_FILE", f"{path} is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise ValidationError.of(
            "CONFIG_FILE",
            f'{path} must hold one JSON object with sections, such as {{"backup": {{"maxConcurrent": 3}}}}.',
        )
    return content


def _flatten(content: dict[str, Any], problems: list[FieldError]) -> dict[str, Any]:
    known = {*specs(), *VARIABLES}
    values = {}
    for section, entries in content.items():
        if not isinstance(entries, dict):
            problems.append(FieldError(section, f"{section} is not a section with settings in it."))
            continue
        for name, value in entries.items():
            key = f"{section}.{name}"
            if key in known:
                values[key] = value
            else:
                problems.append(FieldError(key, f"There is no setting {key}."))
    return values
