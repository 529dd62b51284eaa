"""Brings one record of a configuration file into the catalogue: each kind as its own service does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, get_args

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import AppError, ConflictError, FieldError, ValidationError
from dbbackup.core.naming import slug
from dbbackup.core.run_limits import overrides, saved_form
from dbbackup.core.secret import Secret
from dbbackup.db.models import BackupSchedule, DatabaseConfig, EncryptionKey, KeyState, S3Config
from dbbackup.db.session import after_commit
from dbbackup.notifiers import NOTIFIERS, AnyInput
from dbbackup.services import encryption_keys, notification_channels, retention_policies, s3_configs, schedules
from dbbackup.services.changes import announce
from dbbackup.services.config_values import DATABASE, Values
from dbbackup.services.connections import seal_password
from dbbackup.services.context import Context
from dbbackup.services.databases import free_slug
from dbbackup.services.inputs import EncryptionKeyImport
from dbbackup.services.notification_inputs import NotificationChannelInput, NotificationChannelUpdate
from dbbackup.services.pings import seal_ping_url
from dbbackup.services.retention_inputs import RetentionPolicyInput, RetentionPolicyUpdate
from dbbackup.services.s3_inputs import S3ConfigInput, S3ConfigUpdate

_CONNECTION = {"host", "port", "database_name", "username", "password", "tls_mode", "tls_ca"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A record of the file: what it shall be, and which fields differ from the record here, if there is one."""

    id: str
    values: Values
    row: Any | None
    changed: frozenset[str] = frozenset()

    def texts(self) -> Values:
        """Return the values with the secrets as text, for inputs."""
        return {name: v.reveal() if isinstance(v, Secret) else v for name, v in self.values.items()}


Apply = Callable[[AsyncSession, Context, Wanted], Awaitable[str | None]]
"""Adds or changes a record and returns a warning, if there is one. Raises AppError when it cannot be."""


async def apply_s3_config(session: AsyncSession, ctx: Context, wanted: Wanted) -> str | None:
    """The default one of this instance stays the default one."""
    values = wanted.texts()
    if wanted.row is None:
        taken = await session.scalar(select(S3Config.name).where(S3Config.is_default))
        lost = taken if taken and values["is_default"] else None
        values["is_default"] = values["is_default"] and not taken
        await s3_configs.add_config(session, ctx, _convert(values, S3ConfigInput), wanted.id)
        return f"{lost} stays the default S3 config." if lost else None
    given = {name: values[name] for name in wanted.changed if name != "is_default"}
    await s3_configs.change_config(session, ctx, wanted.row.id, _convert(given, S3ConfigUpdate))
    return None


async def apply_retention_policy(session: AsyncSession, ctx: Context, wanted: Wanted) -> str | None:
    """As a person adds or changes it."""
    if wanted.row is None:
        await retention_policies.add_policy(session, ctx, _convert(wanted.values, RetentionPolicyInput), wanted.id)
    else:
        given = {name: wanted.values[name] for name in wanted.changed}
        await retention_policies.change_policy(session, ctx, wanted.row.id, _convert(given, RetentionPolicyUpdate))
    return None


async def apply_encryption_key(session: AsyncSession, ctx: Context, wanted: Wanted) -> str | None:
    """A key that is active here stays so; a private part that is here stays, and one that comes joins its recipient."""
    values, row = wanted.texts(), wanted.row
    if row is not None and row.recipient != values["recipient"]:
        raise ConflictError(f"{row.name} is another key here.", details=[FieldError("recipient", "It is another one.")])
    identity = values["identity"]
    if row is None:
        form = EncryptionKeyImport(
            name=values["name"],
            comment=values["comment"],
            recipient=values["public_key"] or values["recipient"],
            recovery=values["recovery"],
        )
        row = await encryption_keys.import_key(session, ctx, form, wanted.id)
        if values["state"] == KeyState.RETIRED:
            row.state = KeyState.RETIRED
    else:
        await _refuse_taken(session, EncryptionKey, row, values["name"])
        row.name, row.comment = values["name"], values["comment"]
        announce(session, ctx, "encryption-key", row.id, "updated")
    if identity and row.identity_sealed is None:
        await encryption_keys.import_key(session, ctx, EncryptionKeyImport(name=row.name, identity=identity))
    if values["state"] != row.state:
        return f"{row.name} is {row.state} here and stays so."
    return None


async def apply_database(session: AsyncSession, ctx: Context, wanted: Wanted) -> str | None:
    """Without a test of the connection: the server may be reachable from here only later."""
    values, row = dict(wanted.values), wanted.row
    password = values.pop("password")
    values.pop("verify_target_id")
    values["dump_options"] = ctx.engines[values["type"]].parse_dump_options(values["dump_options"])
    try:
        values["limits"] = saved_form(overrides(values["limits"]))
    except msgspec.ValidationError as error:
        raise ValidationError.of("limits", f"The limits cannot be used: {error}.") from error
    if row is None:
        wished = values.pop("slug")
        row = DatabaseConfig(id=wanted.id, slug=await free_slug(session, slug(wished)), **values)
        session.add(row)
    else:
        if "type" in wanted.changed:
            text = f"{row.name} is of the type {row.type} here, with backups of that type."
            raise ConflictError(text, details=[FieldError("type", text)])
        await _refuse_taken(session, DatabaseConfig, row, values["name"])
        for name in wanted.changed & values.keys() - {"slug"}:
            setattr(row, name, values[name])
    if wanted.row is None or wanted.changed & _CONNECTION:
        row.password_sealed = seal_password(ctx, row.id, password.reveal() if password else "")
        row.reachable, row.checked_at, row.last_error = None, None, None
    await session.flush()
    announce(session, ctx, DATABASE.name, row.id, "created" if wanted.row is None else "updated")
    return None


async def apply_schedule(session: AsyncSession, ctx: Context, wanted: Wanted) -> str | None:
    """Its next slot is the next one from now; what could not be backed up today is told, not refused."""
    values, row = dict(wanted.values), wanted.row
    url = values.pop("ping_url")
    changed = set(wanted.changed) if row is not None else set(schedules.FIELDS)
    if row is None:
        row = BackupSchedule(id=wanted.id, **values)
    else:
        for name in wanted.changed & values.keys():
            setattr(row, name, values[name])
    row.ping_url_sealed = seal_ping_url(ctx, row.id, url.reveal() if url else None)
    with session.no_autoflush:
        await schedules.check(session, ctx, row, changed - {*schedules.BACKUP})
        warning = await _would_fail(session, ctx, row)
    if changed & {*schedules.TIMING, "enabled"}:
        schedules.restart(row)
    session.add(row)
    await session.flush()
    announce(session, ctx, "schedule", row.id, "created" if wanted.row is None else "updated")
    after_commit(session, ctx.runtime.schedules_changed.set)
    return warning


async def apply_notification_channel(session: AsyncSession, ctx: Context, wanted: Wanted) -> str | None:
    """As a person adds or changes it."""
    values = dict(wanted.values)
    secrets = values.pop("secrets")
    values["settings"] = _channel_settings(values.pop("kind"), values["settings"], secrets)
    if wanted.row is None:
        form = _convert(values, NotificationChannelInput)
        await notification_channels.add_channel(session, ctx, form, wanted.id)
        return None
    given = {name: values[name] for name in wanted.changed & values.keys()} | {"settings": values["settings"]}
    await notification_channels.change_channel(session, ctx, wanted.row.id, _convert(given, NotificationChannelUpdate))
    return None


def _channel_settings(kind: str, settings: dict[str, Any], secrets: Secret | None) -> dict[str, Any]:
    """Return the settings as a form has them: with the secrets, and null for those there are none of."""
    forms = {str(form.__struct_config__.tag): form for form in get_args(AnyInput)}
    if kind not in forms:
        raise ValidationError.of("kind", f"There are no channels of the kind {kind}. There are: {', '.join(forms)}.")
    opened = msgspec.json.decode(secrets.reveal()) if secrets else {}
    names = dict(zip(forms[kind].__struct_fields__, forms[kind].__struct_encode_fields__, strict=True))
    blank = {encoded: None for name, encoded in names.items() if name in NOTIFIERS[kind].secrets}
    return {**settings, "kind": kind, **blank, **{names.get(name, name): text for name, text in opened.items()}}


async def _would_fail(session: AsyncSession, ctx: Context, schedule: BackupSchedule) -> str | None:
    try:
        await schedules.prepare_run(session, ctx, schedule)
    except AppError as error:
        return f"Its backups would fail now: {error.message}"
    return None


async def _refuse_taken(session: AsyncSession, model: type[Any], row: Any, name: str) -> None:
    if name != row.name and await session.scalar(select(model.id).where(model.name == name)):
        text = f"Another one is called {name} here, and {row.name} would get that name."
        raise ConflictError(text, details=[FieldError("name", text)])


def _convert(values: Values, form: type[Any]) -> Any:
    """Return the form of a service. Raises ValidationError: an older or newer program allowed more."""
    names = dict(zip(form.__struct_fields__, form.__struct_encode_fields__, strict=True))
    try:
        return msgspec.convert({names[name]: value for name, value in values.items()}, form)
    except msgspec.ValidationError as error:
        raise ValidationError.of("file", f"{str(error).replace('`$.', '`')}.") from error
