"""What Docker 26 answered to inspections of six containers (devtools/docker_answers.json), cut to what is read of it.

Two networks: `shop_default` with shop-db-1 (image postgres:15, labelled), blog-mariadb (mariadb:10.11, port published,
password in a file), cache (no database), stopped-db and own (where the product would run); `other` with by-port, an
image of no telling name that exposes 5432.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from dbbackup.core.containers import Container, parse

_ANSWERS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("docker_answers.json").read_text())


def answer(name: str) -> dict[str, Any]:
    """Return a copy of the answer about one container."""
    return copy.deepcopy(next(entry for entry in _ANSWERS if entry["Name"] == f"/{name}"))


def container(name: str, environment: dict[str, str] | None = None, **config: Any) -> Container:
    """Return one container, with another environment and other values of its `Config`."""
    inspected = answer(name)
    inspected["Config"] |= config
    if environment is not None:
        inspected["Config"]["Env"] = [f"{key}={value}" for key, value in environment.items()]
    return parse(inspected)


def everything() -> list[Container]:
    return [parse(copy.deepcopy(entry)) for entry in _ANSWERS]
