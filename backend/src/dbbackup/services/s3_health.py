"""Whether S3 answers, without letting everybody wait who asks while it does not."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime

from dbbackup.core.errors import AppError
from dbbackup.db.models import S3Config
from dbbackup.services.storages import StoragePool

_SECONDS = 5.0
"""So long does a look wait for the bucket; the storage's own patience outlasts minutes."""
_PATIENCE = 0.5
"""So long does who has an earlier answer wait for a newer one."""
_FRESH = 60.0
"""So long is an answer good enough for that."""
_PROBE = ".dbbackup-health"
"""Nothing has that name: that the bucket says so is the answer."""


@dataclass(frozen=True, slots=True)
class S3Answer:
    """What a look at a bucket found."""

    ok: bool
    message: str


@dataclass(slots=True)
class _Known:
    answer: S3Answer
    seen: float
    """Monotonic."""
    changed: datetime
    """Of the config: what was found with another endpoint or key says nothing."""


class S3Health:
    """Looks at buckets, once at a time for each config: who asks meanwhile shares the look."""

    def __init__(self) -> None:
        self._looks: dict[tuple[str, datetime], asyncio.Task[S3Answer]] = {}
        self._known: dict[str, _Known] = {}

    async def ask(self, storages: StoragePool, config: S3Config) -> S3Answer:
        """Return whether the bucket answers: within half a second after an answer of the last minute, else five."""
        key = config.id, config.updated_at
        if (look := self._looks.get(key)) is None:
            look = self._looks[key] = asyncio.create_task(self._look(storages, config.id, config.bucket, key[1]))
            look.add_done_callback(lambda _: self._looks.pop(key, None))
        known = self._known.get(config.id)
        if known is None or known.changed != config.updated_at or time.monotonic() - known.seen > _FRESH:
            known = None
        await asyncio.wait([look], timeout=_PATIENCE if known else None)
        if known is None or look.done():
            return look.result()
        ago = time.monotonic() - known.seen
        return S3Answer(known.answer.ok, f"{known.answer.message} (That was {ago:.0f} s ago: it is being asked again.)")

    async def _look(self, storages: StoragePool, config_id: str, bucket: str, changed: datetime) -> S3Answer:
        answer = await _ask(storages, config_id, bucket)
        self._known[config_id] = _Known(answer, time.monotonic(), changed)
        return answer


async def _ask(storages: StoragePool, config_id: str, bucket: str) -> S3Answer:
    try:
        async with asyncio.timeout(_SECONDS):
            storage = await storages.open(config_id)
            await storage.stat(_PROBE)
    except AppError as error:
        return S3Answer(False, error.message)
    except TimeoutError:
        return S3Answer(False, f"The bucket {bucket} did not answer within {_SECONDS:g} s.")
    return S3Answer(True, f"The bucket {bucket} answers.")
