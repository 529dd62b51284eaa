"""Sends the program's log to the console, as text or JSON, with the secrets taken out."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import TYPE_CHECKING

from loguru import logger

from dbbackup.core.logbook import Logbook, SystemLogLine
from dbbackup.core.masking import Masker
from dbbackup.core.secret import Secret

if TYPE_CHECKING:
    from loguru import Record

_TEXT = (
    "{time:YYYY-MM-DDTHH:mm:ss.SSSZZ} {level: <8} {extra[category]: <11} "
    "{extra[request]}{extra[operation]}{message}\n{exception}"
)
_OWN_CATEGORY = {
    "uvicorn": "http",
    "litestar": "http",
    "sqlalchemy": "database",
    "alembic": "database",
    "botocore": "s3",
}


def configure(level: str, format_: str, secrets: list[Secret], logbook: Logbook | None = None) -> None:
    """Send everything, the libraries' own messages included, masked to stderr and into the logbook.

    Args:
        level: debug, info, warning or error.
        format_: `text` for people, `json` for collectors (one object a line).
        secrets: what must never be printed, beside what looks like a password.
        logbook: keeps the newest lines for the page.
    """
    masker = Masker(secrets)

    def mask(record: Record) -> None:
        text = record["message"]
        if fault := record["exception"]:
            # Made text here, because a trace repeats what servers said, and that may be a password.
            text += "\n" + "".join(traceback.format_exception(fault.type, fault.value, fault.traceback)).rstrip()
            record["exception"] = None
        record["message"] = masker.mask(text)

    logger.remove()
    logger.configure(extra={"category": "application", "operation": "", "request": ""}, patcher=mask)
    if format_ == "json":
        logger.add(sys.stderr, level=level.upper(), serialize=True, backtrace=False, diagnose=False)
    else:
        # Neither values of variables nor frames of libraries: a trace must not print a password.
        logger.add(sys.stderr, level=level.upper(), format=_text, backtrace=False, diagnose=False)
    if logbook is not None:
        book = logbook
        logger.add(lambda message: _note(book, message.record), level=level.upper(), format="{message}")
    logging.basicConfig(handlers=[_Intercept()], level=logging.INFO, force=True)
    for noisy in ("uvicorn.error", "aiosqlite", "asyncio", "aiobotocore", "botocore", "boto3", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _text(record: Record) -> str:
    """Ids stand in brackets, and only where there are any."""
    extra = record["extra"]
    ids = "".join(f"[{{extra[{name}]}}] " for name in ("request", "operation") if extra.get(name))
    return _TEXT.replace("{extra[request]}{extra[operation]}", ids)


def _note(logbook: Logbook, record: Record) -> None:
    extra = record["extra"]
    logbook.add(
        lambda seq: SystemLogLine(
            seq=seq,
            at=record["time"],
            level=record["level"].name.lower(),
            category=str(extra["category"]),
            message=record["message"],
            request=str(extra["request"]),
            operation=str(extra["operation"]),
        )
    )


class _Intercept(logging.Handler):
    """Hands the standard library's log records over to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        category = _OWN_CATEGORY.get(record.name.partition(".")[0], "application")
        logger.bind(category=category).opt(exception=record.exc_info).log(level, "{}", record.getMessage())
