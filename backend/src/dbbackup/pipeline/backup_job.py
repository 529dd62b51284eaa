"""What one backup needs to know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dbbackup.core.age_keys import Recipient
from dbbackup.core.manifest import SourceFacts
from dbbackup.core.signing import SigningKey
from dbbackup.engines.base import Engine
from dbbackup.engines.values import Command, Connection, Divisible, DumpPart, Reading, ToolInfo
from dbbackup.pipeline.fanout import STALL_SECONDS
from dbbackup.pipeline.gpg import GpgRecipients
from dbbackup.pipeline.process import Workshop
from dbbackup.storages.base import Storage


@dataclass(frozen=True, slots=True)
class Target:
    """Where a copy goes: the folder is a key prefix without a final slash."""

    copy_id: str
    storage: Storage
    folder: str


def dump_parts(job: BackupJob, snapshot: str | None) -> Sequence[DumpPart]:
    """Return what the engine dumps with the job's tools over its connection."""
    return job.engine.dump(
        job.connection, job.tools, job.options, job.workshop.folder, job.source, snapshot, job.divisible
    )


@dataclass(frozen=True, slots=True)
class BackupJob:
    """Everything one backup needs to know."""

    backup_id: str
    instance_id: str
    run_token: str
    type: str
    label: str | None
    stem: str
    compression: str
    compression_level: int | None
    options: dict[str, Any]
    engine: Engine
    connection: Connection
    tools: ToolInfo
    source: SourceFacts
    targets: Sequence[Target]
    workshop: Workshop
    started_at: datetime
    expected_size: int
    recipients: Sequence[Recipient] = ()
    """Whom the files are encrypted to with age."""
    openpgp: GpgRecipients | None = None
    """The same for OpenPGP; neither: they are not encrypted."""
    reading: Reading | None = None
    """The look at the source that is held open; None: it is dumped on its own, and nothing is counted beside."""
    divisible: Divisible | None = None
    """What of the source may be dumped by several tools at once; None: one tool dumps it."""
    count_seconds: float = 0.0
    hash_rows: bool = True
    signing_key: SigningKey | None = None
    """Whose signature the manifest gets; None: it is not signed."""
    tags: dict[str, str] = field(default_factory=dict)
    stall_seconds: float = STALL_SECONDS
    parts: Callable[[BackupJob, str | None], Sequence[DumpPart]] = dump_parts
    """Returns what is dumped, in this snapshot."""
    carry: Callable[[Command], Command] = lambda command: command
    """Makes of a dump tool's command one that has it run elsewhere, to the same effect."""
    read_rate: Callable[[], float] = float
    """Returns how many bytes a second may be read from the dump tool; 0 is no limit."""
