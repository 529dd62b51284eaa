"""What the API shows of a backup's contents."""

from __future__ import annotations

from msgspec import Struct

from dbbackup.api.envelope import Envelope
from dbbackup.engines.contents import ContentsObject


class BackupContents(Struct, kw_only=True, rename="camel"):
    """The objects of a backup that can be restored alone; `engine` is the source's."""

    engine: str
    database: str
    objects: list[ContentsObject]


class BackupContentsEnvelope(Envelope, kw_only=True, rename="camel"):
    """What is in a backup."""

    data: BackupContents
