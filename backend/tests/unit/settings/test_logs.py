"""The program's log: text and JSON, the libraries' own messages, and no secret anywhere."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator

import pytest
from loguru import logger

from dbbackup import logs
from dbbackup.core.secret import Secret

SECRET = 'he said "open, sesame"'


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    root, handlers = logging.getLogger(), list(logging.getLogger().handlers)
    yield
    logger.remove()
    logger.configure(extra={}, patcher=lambda _: None)
    logger.add(sys.stderr)
    root.handlers[:] = handlers
    root.setLevel(logging.WARNING)


def say_everything() -> None:
    logger.bind(category="backup", operation="run-7").info("The key is {}", SECRET)
    logger.info("postgresql://me:hunter2@host/db password=hunter2")
    logging.getLogger("sqlalchemy.engine").warning("slow: %s", SECRET)
    logging.getLogger("something").log(35, "an own level")
    try:
        raise ValueError(f"refused {SECRET}")
    except ValueError as error:
        logger.opt(exception=error).error("It failed")


def test_configure_when_text_then_lines_with_category_and_ids_and_no_secret(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("info", "text", [Secret(SECRET)])
    say_everything()
    logger.debug("not shown")
    text = capsys.readouterr().err
    assert "sesame" not in text
    assert "hunter2" not in text
    assert "backup      [run-7] The key is ***" in text
    assert "database    slow: ***" in text
    assert "an own level" in text
    assert "ValueError: refused ***" in text
    assert "not shown" not in text


def test_configure_when_json_then_one_object_a_line_and_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("debug", "json", [Secret(SECRET)])
    say_everything()
    text = capsys.readouterr().err
    records = [json.loads(line)["record"] for line in text.splitlines()]
    assert "sesame" not in text
    assert "hunter2" not in text
    assert records[0]["extra"]["operation"] == "run-7"
    assert records[0]["message"] == "The key is ***"
    assert "ValueError: refused ***" in records[-1]["message"]
