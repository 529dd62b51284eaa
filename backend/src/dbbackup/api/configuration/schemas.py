"""What the API shows of an import."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from dbbackup.api.envelope import Envelope
from dbbackup.services.config_import import Action


class ConfigFieldChange(Struct, kw_only=True, rename="camel"):
    """One field before and after, cut when it is long; of a secret both are null."""

    field: str
    before: str | None
    after: str | None
    secret: bool


class ConfigRecordChange(Struct, kw_only=True, rename="camel"):
    """What becomes of one record of the file."""

    kind: str
    """`s3-config`, `retention-policy`, `encryption-key`, `database`, `schedule`, `notification-channel`, `setting`."""
    id: str
    name: str
    action: Action
    """`skipped`: the environment sets it here."""
    fields: list[ConfigFieldChange]
    """What differs, of one that is changed."""
    warning: str | None


class ConfigRecordProblem(Struct, kw_only=True, rename="camel"):
    """Why one record cannot be imported; with such a one nothing is."""

    kind: str
    name: str
    field: str | None
    message: str


class ConfigImport(Struct, kw_only=True, rename="camel"):
    """The difference between the file and this instance, in the order in which records come in."""

    dry_run: bool
    exported_at: datetime
    program: str
    """Version of the program that exported it."""
    instance_id: str
    """Instance it comes from."""
    own: bool
    """Whether that is this one."""
    added: int
    changed: int
    same: int
    skipped: int
    changes: list[ConfigRecordChange]
    problems: list[ConfigRecordProblem]


class ConfigImportEnvelope(Envelope, kw_only=True, rename="camel"):
    """What changed, or would."""

    data: ConfigImport
