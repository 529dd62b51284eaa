"""S3 configs: add, test, change, delete, browse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from msgspec import UNSET
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import AddressRefusedError, ConflictError, FieldError, NotFoundError, ValidationError
from dbbackup.core.naming import new_id
from dbbackup.core.secret import Secret
from dbbackup.db.models import BackupCopy, BackupSchedule, CopyState, DatabaseConfig, S3Config
from dbbackup.db.session import after_commit
from dbbackup.net.resolve import refuse_forbidden
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.s3_checks import check_config
from dbbackup.services.s3_inputs import S3ConfigInput, S3ConfigUpdate, S3TestInput
from dbbackup.services.storages import s3_settings
from dbbackup.storages.base import CheckStep
from dbbackup.storages.s3 import S3Storage
from dbbackup.storages.s3_client import Patience
from dbbackup.storages.s3_settings import S3Settings

_PLAIN = (
    "name",
    "region",
    "bucket",
    "endpoint",
    "path_style",
    "path_prefix",
    "sse_mode",
    "kms_key_id",
    "storage_class",
    "tag_objects",
    "object_lock_mode",
    "object_lock_days",
    "upload_limit",
    "download_limit",
    "allow_http",
    "delete_versions",
    "enabled",
    "is_default",
)
_PLACE = {"bucket": "bucket", "endpoint": "endpoint", "path_prefix": "pathPrefix"}
"""Where the objects are: not to be changed under copies that lie there."""
_SETTING_NAMES = {
    "path_prefix": "prefix",
    "sse_mode": "sse",
    "kms_key_id": "kms_key",
    "object_lock_mode": "lock_mode",
    "object_lock_days": "lock_for",
}
"""Fields that a storage's settings call otherwise."""
_SECRETS = ("access_key", "secret_key", "customer_key")
_IMPATIENT = Patience(attempts=2, connect=5.0, answer=20.0)


async def get_config(session: AsyncSession, config_id: str) -> S3Config:
    """Return the config. Raises NotFoundError."""
    config = await session.get(S3Config, config_id)
    if config is None:
        raise NotFoundError(f"There is no S3 config {config_id}. It may have been deleted: reload the list.")
    return config


async def config_named(session: AsyncSession, name: str) -> S3Config:
    """Return the config of that name. Raises NotFoundError naming those there are."""
    found = {config.name: config for config in await list_configs(session)}
    if name not in found:
        raise NotFoundError(f"There is no S3 config {name}. There is: {', '.join(found) or 'none'}.")
    return found[name]


async def list_configs(session: AsyncSession) -> list[S3Config]:
    """Return all configs, the default first, then by name."""
    order = (S3Config.is_default.desc(), func.lower(S3Config.name))
    return list(await session.scalars(select(S3Config).order_by(*order)))


async def copy_counts(session: AsyncSession) -> dict[str, int]:
    """Return how many copies lie in each config."""
    query = (
        select(BackupCopy.s3_config_id, func.count())
        .where(BackupCopy.s3_config_id.is_not(None), BackupCopy.state == CopyState.COMPLETE)
        .group_by(BackupCopy.s3_config_id)
    )
    return {config_id: count for config_id, count in await session.execute(query) if config_id}


async def add_config(
    session: AsyncSession, ctx: Context, data: S3ConfigInput, config_id: str | None = None
) -> S3Config:
    """Save a config; the first one becomes the default.

    Raises:
        ConflictError: the name is taken.
        ValidationError: the endpoint is no URL, or http without `allowHttp`.
    """
    check_config({n: getattr(data, n) for n in (*_PLAIN, "customer_key")}, has_customer_key=False)
    await _refuse_forbidden(ctx, data.endpoint)
    await _refuse_taken_name(session, data.name)
    config = S3Config(id=config_id or new_id(), **{name: getattr(data, name) for name in _PLAIN})
    config.path_prefix = data.path_prefix.strip("/")
    config.access_key_sealed = _seal(ctx, config.id, "access_key_sealed", data.access_key)
    config.secret_key_sealed = _seal(ctx, config.id, "secret_key_sealed", data.secret_key)
    if data.customer_key:
        config.customer_key_sealed = _seal(ctx, config.id, "customer_key_sealed", data.customer_key)
    first = not await session.scalar(select(func.count()).select_from(S3Config))
    if data.is_default or first:
        await _make_default(session, config)
    session.add(config)
    await session.flush()
    announce(session, ctx, "s3-config", config.id, "created")
    return config


async def change_config(session: AsyncSession, ctx: Context, config_id: str, data: S3ConfigUpdate) -> S3Config:
    """Change the given fields.

    Raises:
        NotFoundError, ValidationError.
        ConflictError: the name is taken, or bucket or endpoint would change under stored copies.
    """
    config = await get_config(session, config_id)
    given = {name: value for name in _PLAIN if (value := getattr(data, name)) is not UNSET}
    if given.get("name", config.name) != config.name:
        await _refuse_taken_name(session, given["name"])
    if "path_prefix" in given:
        given["path_prefix"] = given["path_prefix"].strip("/")
    moved = [
        json for field, json in _PLACE.items() if given.get(field, getattr(config, field)) != getattr(config, field)
    ]
    if moved and await _holds_files(session, config_id):
        raise ConflictError(
            "Copies of backups lie in this bucket: it cannot be moved. Add a second S3 config for the new place.",
            details=[FieldError(field, "Cannot change while copies lie there.") for field in moved],
        )
    merged: dict[str, Any] = {n: given.get(n, getattr(config, n)) for n in _PLAIN}
    new_key = data.customer_key if data.customer_key is not UNSET else None
    check_config(merged | {"customer_key": new_key}, has_customer_key=config.customer_key_sealed is not None)
    await _refuse_other_key(session, ctx, config, merged["sse_mode"], new_key)
    if "endpoint" in given:
        await _refuse_forbidden(ctx, merged["endpoint"])
    if given.pop("is_default", None):
        await _make_default(session, config)
    for name, value in given.items():
        setattr(config, name, value)
    for name in _SECRETS:
        if (value := getattr(data, name)) is not UNSET and value is not None:
            setattr(config, f"{name}_sealed", _seal(ctx, config.id, f"{name}_sealed", value))
    if config.sse_mode != "SSE-C":
        config.customer_key_sealed = None
    await session.flush()
    up, down = config.upload_limit, config.download_limit
    after_commit(session, lambda: ctx.storages.limit(config_id, up=up, down=down))
    announce(session, ctx, "s3-config", config.id, "updated")
    return config


async def delete_config(session: AsyncSession, ctx: Context, config_id: str) -> None:
    """Delete a config that no copy lies in.

    Raises:
        NotFoundError.
        ConflictError: copies lie there or are on their way, or a schedule names it.
    """
    config = await get_config(session, config_id)
    used = select(func.count()).where(
        BackupCopy.s3_config_id == config_id, BackupCopy.state.not_in((CopyState.DELETED, CopyState.FAILED))
    )
    count = await session.scalar(used.select_from(BackupCopy)) or 0
    if count:
        raise ConflictError(
            f"{count} backup {'copy lies' if count == 1 else 'copies lie'} in {config.name}."
            " Delete those backups first, or disable the config instead."
        )
    await _refuse_needed(session, config)
    await session.execute(delete(BackupCopy).where(BackupCopy.s3_config_id == config_id))
    await session.delete(config)
    await session.flush()
    announce(session, ctx, "s3-config", config_id, "deleted")


@asynccontextmanager
async def opened(session: AsyncSession, ctx: Context, config_id: str) -> AsyncIterator[S3Storage]:
    """Open the storage of a config to look into it: impatient, because a person waits. Raises NotFoundError."""
    config = await get_config(session, config_id)
    storage = ctx.storages.build(s3_settings(config, ctx.sealer), _IMPATIENT)
    try:
        yield storage
    finally:
        await storage.close()


async def check_saved(session: AsyncSession, ctx: Context, config_id: str) -> list[CheckStep]:
    """Try everything a backup needs on a saved config."""
    config = await get_config(session, config_id)
    return await _check_storage(ctx, s3_settings(config, ctx.sealer))


async def check_unsaved(session: AsyncSession, ctx: Context, data: S3TestInput) -> list[CheckStep]:
    """The same for a form that is not saved; what is left out comes from the saved config."""
    if data.s3_config_id:
        base = s3_settings(await get_config(session, data.s3_config_id), ctx.sealer)
    else:
        missing = [
            FieldError(json, "Fill this in.")
            for name, json in (("bucket", "bucket"), ("access_key", "accessKey"), ("secret_key", "secretKey"))
            if getattr(data, name) is UNSET
        ]
        if missing:
            raise ValidationError("The S3 config is not complete.", details=missing)
        base = S3Settings(id="unsaved", region="us-east-1", bucket="", access_key=Secret(""), secret_key=Secret(""))
    given = {f: v for f in S3TestInput.__struct_fields__ if (v := getattr(data, f)) is not UNSET}
    given.pop("s3_config_id", None)
    if given.get("object_lock_days"):
        given["object_lock_days"] = timedelta(days=given["object_lock_days"])
    for name, setting in _SETTING_NAMES.items():
        if name in given:
            given[setting] = given.pop(name)
    for key in _SECRETS:
        if given.get(key):
            given[key] = Secret(given[key])
    values = {f: getattr(base, f) for f in base.__dataclass_fields__} | given
    columns = {column: values[setting] for column, setting in _SETTING_NAMES.items()}
    has_key = values["customer_key"] is not None
    check_config(values | columns | {"customer_key": None}, has_customer_key=has_key)
    await _refuse_forbidden(ctx, values["endpoint"])
    return await _check_storage(ctx, S3Settings(**values))


async def _refuse_other_key(
    session: AsyncSession, ctx: Context, config: S3Config, sse_mode: str, new_key: str | None
) -> None:
    """Objects under a customer key open with that key only: neither it nor the mode changes under stored copies."""
    had, has = config.sse_mode == "SSE-C", sse_mode == "SSE-C"
    known = s3_settings(config, ctx.sealer).customer_key
    same_key = new_key is None or (known is not None and known.reveal() == new_key)
    if (had == has and (not has or same_key)) or not await _holds_files(session, config.id):
        return
    field = "sseMode" if had != has else "customerKey"
    raise ConflictError(
        "Copies of backups lie in this bucket, which open with the present encryption only: it cannot be changed to or"
        " from SSE-C, and the customer key cannot be changed. Add a second S3 config instead.",
        details=[FieldError(field, "Cannot change while copies lie there.")],
    )


async def _holds_files(session: AsyncSession, config_id: str) -> bool:
    lying = (CopyState.COMPLETE, CopyState.DAMAGED, CopyState.WRITING, CopyState.DELETING)
    query = select(BackupCopy.id).where(BackupCopy.s3_config_id == config_id, BackupCopy.state.in_(lying))
    return await session.scalar(query.limit(1)) is not None


async def _check_storage(ctx: Context, settings: S3Settings) -> list[CheckStep]:
    storage = ctx.storages.build(settings)
    try:
        return await storage.check()
    finally:
        await storage.close()


async def _refuse_forbidden(ctx: Context, endpoint: str | None) -> None:
    """Raise ValidationError for an endpoint that is never connected to; the storage judges again at each connection."""
    if not endpoint:
        return
    try:
        await refuse_forbidden(urlsplit(endpoint).hostname or "", 0, ctx.private_net)
    except AddressRefusedError as error:
        raise ValidationError.of("endpoint", error.message) from error


async def _make_default(session: AsyncSession, config: S3Config) -> None:
    """Only one may be the default: the others are told before this one is."""
    await session.execute(update(S3Config).where(S3Config.is_default).values(is_default=False))
    config.is_default = True


async def _refuse_needed(session: AsyncSession, config: S3Config) -> None:
    """Their ids are in a list of JSON, where no foreign key can hold them."""
    query = select(BackupSchedule.s3_config_ids, DatabaseConfig.name).join(
        DatabaseConfig, DatabaseConfig.id == BackupSchedule.database_id
    )
    users = {name for ids, name in (await session.execute(query)) if config.id in (ids or ())}
    if users:
        raise ConflictError(
            f"Schedules of {', '.join(sorted(users))} back up to {config.name}. Choose another place there first."
        )


async def _refuse_taken_name(session: AsyncSession, name: str) -> None:
    if await session.scalar(select(S3Config.id).where(S3Config.name == name)):
        raise ConflictError(
            f"There is already an S3 config called {name}.", details=[FieldError("name", "This name is taken.")]
        )


def _seal(ctx: Context, config_id: str, column: str, value: str) -> str:
    return ctx.sealer.seal(Secret(value), table="s3_config", row_id=config_id, column=column)


def access_key(ctx: Context, config: S3Config) -> Secret:
    """Return the access key id, of which the page shows the last characters."""
    return ctx.sealer.open(config.access_key_sealed, table="s3_config", row_id=config.id, column="access_key_sealed")
