"""Imports a configuration file: shows what would change, or changes it, all in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import AppError, ConflictError, FieldError, ValidationError
from dbbackup.core.secret import Secret
from dbbackup.db.models import DatabaseConfig
from dbbackup.services import audit, live_settings
from dbbackup.services import config_apply as apply
from dbbackup.services import config_values as values
from dbbackup.services.audit_entry import note
from dbbackup.services.bootstrap import ENVIRONMENT_CONFIG
from dbbackup.services.config_apply import Apply, Wanted
from dbbackup.services.config_document import (
    ConfigDocument,
    FileSealer,
    ScheduleRecord,
    check_unaltered,
    decode,
    duplicates,
)
from dbbackup.services.config_inputs import ConfigImportInput
from dbbackup.services.config_values import KINDS, FieldChange, Kind, Values
from dbbackup.services.context import Context

Action = Literal["added", "changed", "same", "skipped"]
_SETTING = "setting"
_APPLY: Mapping[str, Apply] = {
    values.S3_CONFIG.name: apply.apply_s3_config,
    values.RETENTION_POLICY.name: apply.apply_retention_policy,
    values.ENCRYPTION_KEY.name: apply.apply_encryption_key,
    values.DATABASE.name: apply.apply_database,
    values.SCHEDULE.name: apply.apply_schedule,
    values.NOTIFICATION_CHANNEL.name: apply.apply_notification_channel,
}
_KEPT: Mapping[str, tuple[str, ...]] = {
    values.S3_CONFIG.name: ("is_default",),
    values.ENCRYPTION_KEY.name: ("state", "recovery"),
    values.DATABASE.name: ("slug",),
}
"""What stays as it is of a record that is here already."""


@dataclass(frozen=True, slots=True)
class RecordChange:
    """What becomes, or would become, of one record of the file."""

    kind: str
    id: str
    name: str
    action: Action
    fields: list[FieldChange] = field(default_factory=list)
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class RecordProblem:
    """Why one record cannot be imported."""

    kind: str
    name: str
    field: str | None
    message: str


@dataclass(slots=True)
class ConfigReport:
    """The difference between the file and what is here."""

    exported_at: datetime
    program: str
    instance_id: str
    changes: list[RecordChange] = field(default_factory=list)
    problems: list[RecordProblem] = field(default_factory=list)

    def count(self, action: Action) -> int:
        """Return how many records have this action."""
        return sum(change.action == action for change in self.changes)

    def complain(self, kind: str, name: str, error: AppError) -> None:
        """Add the problems of an error."""
        details = error.details or [FieldError("", error.message)]
        self.problems += [RecordProblem(kind, name, d.field or None, d.message) for d in details]


async def import_config(ctx: Context, data: ConfigImportInput) -> ConfigReport:
    """Bring the file's records here. They are known by their ids, then by their names; nothing is deleted.

    A dry run does the same and takes it back at the end: what it says is what happens.

    Raises:
        ValidationError: no proper file, another passphrase, or the file was altered.
        ConflictError: it is no dry run, and there are problems; nothing was changed.
    """
    document = decode(data.file)
    sealer = await asyncio.to_thread(FileSealer, Secret(data.passphrase), document.seal)
    check_unaltered(data.file, sealer)
    if twice := list(duplicates(document)):
        raise ValidationError.of("file", f"These ids stand in the file twice: {', '.join(twice)}.")
    note(dryRun=data.dry_run, fileOf=document.instance_id)
    async with ctx.catalogue.transaction() as session:
        report = await _Import(session, ctx, document, sealer).run()
        if report.problems and not data.dry_run:
            details = [FieldError(f"{p.kind}.{p.name}", p.message) for p in report.problems]
            told = " ".join(f"{p.name}: {p.message}" for p in report.problems[:5])
            raise ConflictError(f"Nothing was imported: {told}", details=details)
        if data.dry_run:
            await session.rollback()
        else:
            note(added=report.count("added"), changed=report.count("changed"))
            await audit.write_with(session, ctx)
    return report


class _Import:
    """One import in its transaction."""

    def __init__(self, session: AsyncSession, ctx: Context, document: ConfigDocument, sealer: FileSealer) -> None:
        self._session = session
        self._ctx = ctx
        self._document = document
        self._sealer = sealer
        self._ids: dict[str, dict[str, str]] = {}
        """By kind: the ids of the file, and what they are here."""
        self._report = ConfigReport(document.exported_at, document.program, document.instance_id)

    async def run(self) -> ConfigReport:
        for kind in KINDS:
            await self._take(kind)
        await self._set_settings()
        return self._report

    async def _take(self, kind: Kind) -> None:
        rows = list(await self._session.scalars(select(kind.model)))
        wanted = {record.id: record for record in getattr(self._document, kind.part)}
        read: dict[str, Values] = {}
        for id_, record in wanted.items():
            read[id_] = self._translated(kind, values.record_values(self._sealer, kind, record))
        pairs = _pairs(kind, read, rows)
        self._ids[kind.name] = {id_: pairs[id_].id if id_ in pairs else id_ for id_ in read}
        for id_, found in read.items():
            if kind is values.DATABASE:
                found["verify_target_id"] = self._ids[kind.name].get(found["verify_target_id"])
            await self._take_one(kind, self._name(wanted[id_]), Wanted(id_, found, pairs.get(id_)))
        if kind is values.DATABASE:
            await self._set_targets(read)

    async def _take_one(self, kind: Kind, name: str, wanted: Wanted) -> None:
        id_, found, row = wanted.id, wanted.values, wanted.row
        if kind is values.S3_CONFIG and self._is_of_environment(row):
            warning = "The S3_* variables set this one here: it stays as they say."
            self._report.changes.append(RecordChange(kind.name, row.id if row else id_, name, "skipped", [], warning))
            return
        differences: dict[str, FieldChange] = {}
        if row is not None:
            here = values.row_values(self._ctx, kind, row)
            found |= {kept: here[kept] for kept in _KEPT.get(kind.name, ())}
            if kind is values.ENCRYPTION_KEY and found["identity"] is None:
                found["identity"] = here["identity"]
            differences = values.compare(kind, here, found)
        action: Action = "added" if row is None else "changed" if differences else "same"
        told: str | None = None
        if action != "same":
            try:
                complete = replace(wanted, changed=frozenset(differences))
                told = await _APPLY[kind.name](self._session, self._ctx, complete)
            except AppError as error:
                self._report.complain(kind.name, name, error)
                return
        shown = list(differences.values())
        self._report.changes.append(RecordChange(kind.name, row.id if row else id_, name, action, shown, told))

    def _translated(self, kind: Kind, found: Values) -> Values:
        """Return the values with the ids of other records as they are here; what is missing here keeps its id."""
        if kind is values.SCHEDULE:
            found["database_id"] = self._here(values.DATABASE, found["database_id"])
            if found["retention_policy_id"]:
                found["retention_policy_id"] = self._here(values.RETENTION_POLICY, found["retention_policy_id"])
            if found["s3_config_ids"]:
                found["s3_config_ids"] = [self._here(values.S3_CONFIG, id_) for id_ in found["s3_config_ids"]]
        if kind is values.NOTIFICATION_CHANNEL and found["database_ids"]:
            # Of databases that were deleted the channel may still hold the ids.
            known = self._ids[values.DATABASE.name]
            found["database_ids"] = [known[id_] for id_ in found["database_ids"] if id_ in known]
        return found

    def _name(self, record: Any) -> str:
        """Return what people know a record of the file by."""
        if not isinstance(record, ScheduleRecord):
            return str(record.name)
        names = {database.id: database.name for database in self._document.databases}
        return f"{record.name or record.type} of {names.get(record.database_id, record.database_id)}"

    def _here(self, kind: Kind, id_: str) -> str:
        return self._ids[kind.name].get(id_, id_)

    def _is_of_environment(self, row: Any | None) -> bool:
        return row is not None and row.name == ENVIRONMENT_CONFIG and self._ctx.settings.s3 is not None

    async def _set_targets(self, read: Mapping[str, Values]) -> None:
        """Name on whose server copies are restored on the side: once all databases are there."""
        await self._session.flush()
        for id_, found in read.items():
            row = await self._session.get(DatabaseConfig, self._ids[values.DATABASE.name][id_])
            if row is not None:
                row.verify_target_id = found["verify_target_id"]
        await self._session.flush()

    async def _set_settings(self) -> None:
        """What the environment sets here stays as it says."""
        here = {found.spec.key: found for found in await live_settings.list_settings(self._session, self._ctx)}
        changed: dict[str, Any] = {}
        for key, value in self._document.settings.items():
            found = here.get(key)
            if found is not None and found.source == "environment":
                warning = f"{found.spec.environment} sets this one here: it stays as it says."
                self._report.changes.append(RecordChange(_SETTING, key, key, "skipped", [], warning))
            elif found is not None and found.source == "page" and found.value == value:
                self._report.changes.append(RecordChange(_SETTING, key, key, "same"))
            else:
                changed[key] = value
        if not changed:
            return
        try:
            await live_settings.change_settings(self._session, self._ctx, changed)
        except AppError as error:
            self._report.complain(_SETTING, "settings", error)
            return
        for key, value in changed.items():
            shown = FieldChange("value", str(here[key].value), str(value), secret=False)
            action: Action = "changed" if here[key].source == "page" else "added"
            self._report.changes.append(RecordChange(_SETTING, key, key, action, [shown]))


def _pairs(kind: Kind, read: Mapping[str, Values], rows: Iterable[Any]) -> dict[str, Any]:
    """Return the record here that each one of the file is, if there is one: the same id, else the same name."""
    by_id = {row.id: row for row in rows}
    pairs = {id_: by_id[id_] for id_ in read if id_ in by_id}
    left = {tuple(getattr(row, name) for name in kind.natural): row for row in by_id.values() if row.id not in pairs}
    for id_, found in read.items():
        key = tuple(found[name] for name in kind.natural)
        if id_ not in pairs and key in left:
            pairs[id_] = left.pop(key)
    return pairs
