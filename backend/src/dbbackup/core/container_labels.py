"""The labels `db-backup.*` that configure backups from the compose file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dbbackup.core import cron
from dbbackup.core.errors import ValidationError
from dbbackup.core.zones import zone_named

PREFIX = "db-backup."
NAMES = ("enable", "schedule", "timezone", "retention", "s3", "database", "username", "password-env")
ALL_DATABASES = "*"
_TIERS = {"h": "keep_hourly", "d": "keep_daily", "w": "keep_weekly", "m": "keep_monthly", "y": "keep_yearly"}
_SHORT_FORM = re.compile(r"\d{1,3}[hdwmy](/\d{1,3}[hdwmy])*")
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True, slots=True)
class LabelNotice:
    """Something wrong with what a container's labels ask for; `label` is empty where it is no single one."""

    container: str
    label: str
    message: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What the labels of one container ask for."""

    enabled: bool
    databases: tuple[str, ...] = ()
    """Empty: the one its image was told to make, else all; `*` alone: all."""
    schedule_type: str | None = "daily"
    """None: no schedule."""
    cron_expression: str | None = None
    timezone: str | None = None
    retention: str | None = None
    """The name of a policy, or a short form such as `24h/7d/4w/12m`; None: the standard policy."""
    s3: bool | tuple[str, ...] | None = None
    """Whether to the default S3 config, or the names of some; None: to the default one if there is one."""
    username: str | None = None
    password_variable: str | None = None


def read_labels(container: str, labels: Mapping[str, str]) -> tuple[Wish | None, list[LabelNotice]]:
    """Return what a container's labels ask for, None when they say nothing of backups or hold a mistake.

    A mistake is never guessed at: each one gives a notice, and nothing of the container's is touched.
    """
    own = {name.removeprefix(PREFIX): value.strip() for name, value in labels.items() if name.startswith(PREFIX)}
    if not own:
        return None, []
    values: dict[str, Any] = {}
    notices = []
    for name, text in own.items():
        try:
            values |= _READERS.get(name, _unknown)(text)
        except ValidationError as error:
            notices.append(LabelNotice(container, PREFIX + name, error.message))
    if notices:
        return None, notices
    # Another label alone is no wish: what is not switched on stays as it is.
    return Wish(**({"enabled": False} | values)), []


def short_form(text: str) -> dict[str, int] | None:
    """Return the numbers of a retention such as `24h/7d/4w/12m` by tier; None when it is no such thing."""
    if not _SHORT_FORM.fullmatch(text):
        return None
    kept = dict.fromkeys(_TIERS.values(), 0)
    for part in text.split("/"):
        kept[_TIERS[part[-1]]] = int(part[:-1])
    return kept


def _unknown(_text: str) -> dict[str, Any]:
    raise ValidationError(f"there is no such label; there are {', '.join(PREFIX + name for name in NAMES)}")


def _enable(text: str) -> dict[str, Any]:
    return {"enabled": _truth(text)}


def _schedule(text: str) -> dict[str, Any]:
    word = text.lower()
    if word == "none":
        return {"schedule_type": None}
    if word in cron.PRESETS:
        return {"schedule_type": word, "cron_expression": None}
    try:
        cron.parse(text)
    except ValidationError as error:
        raise ValidationError(
            f"{text!r} is neither {', '.join(cron.PRESETS)} or none, nor a cron expression: {error.message}"
        ) from error
    return {"schedule_type": "custom", "cron_expression": text}


def _timezone(text: str) -> dict[str, Any]:
    zone_named(text)
    return {"timezone": text}


def _retention(text: str) -> dict[str, Any]:
    if not text:
        raise ValidationError("name a retention policy, or write what to keep: 24h/7d/4w/12m")
    kept = short_form(text)
    if kept is not None and not any(kept.values()):
        raise ValidationError(f"{text!r} would keep nothing: name at least one hour, day, week, month or year")
    return {"retention": text}


def _s3(text: str) -> dict[str, Any]:
    if text.lower() in (*_TRUE, *_FALSE):
        return {"s3": _truth(text)}
    return {"s3": _names(text, "true, false, or names of S3 configs separated by commas")}


def _databases(text: str) -> dict[str, Any]:
    names = _names(text, f"names of databases separated by commas, or {ALL_DATABASES} for all")
    if ALL_DATABASES in names and len(names) > 1:
        raise ValidationError(f"{ALL_DATABASES} means all databases: name no others beside it")
    return {"databases": names}


def _username(text: str) -> dict[str, Any]:
    if not text:
        raise ValidationError("name the user to sign in as, or leave the label out")
    return {"username": text}


def _password_variable(text: str) -> dict[str, Any]:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        # What stands here may be the password itself, written there by mistake.
        raise ValidationError("name the variable of this container that holds the password, not the password itself")
    return {"password_variable": text}


def _names(text: str, wanted: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(filter(None, (part.strip() for part in text.split(",")))))
    if not names:
        raise ValidationError(f"it is empty: write {wanted}")
    return names


def _truth(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValidationError(f"write true or false, not {text!r}")


_READERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "enable": _enable,
    "schedule": _schedule,
    "timezone": _timezone,
    "retention": _retention,
    "s3": _s3,
    "database": _databases,
    "username": _username,
    "password-env": _password_variable,
}
