"""The journal of a run, kept in the catalogue."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Delete, Insert, delete, insert
from sqlalchemy.exc import DBAPIError, IntegrityError

from dbbackup.core.journal import JournalKind
from dbbackup.core.naming import new_id
from dbbackup.db.models import RunJournal
from dbbackup.db.session import Catalogue

_ATTEMPTS = 3


class CatalogueJournal:
    """Writes what a run is about to leave outside; every entry is its own committed transaction."""

    def __init__(self, catalogue: Catalogue, execution_id: str) -> None:
        self._catalogue = catalogue
        self._id = execution_id

    async def note(self, kind: JournalKind, **facts: Any) -> None:
        """Write an entry; it is committed when this returns."""
        await self._write(insert(RunJournal).values(id=new_id(), execution_id=self._id, kind=kind, facts=facts))

    async def clear(self, *, storage_id: str | None = None) -> None:
        """Forget all entries, or those about one storage: everything there is finished or cleaned up."""
        entries = delete(RunJournal).where(RunJournal.execution_id == self._id)
        if storage_id is not None:
            entries = entries.where(RunJournal.facts["storageId"].as_string() == storage_id)
        await self._write(entries)

    async def _write(self, statement: Insert | Delete) -> None:
        """Execute and commit; again when the connection is lost meanwhile, and nobody knows whether it was done."""
        for attempt in range(_ATTEMPTS):
            try:
                async with self._catalogue.transaction() as session:
                    await session.execute(statement)
            except IntegrityError:
                if not attempt:
                    raise
                return  # the entry is there: it was done the time before
            except DBAPIError as error:
                if not error.connection_invalidated or attempt + 1 == _ATTEMPTS:
                    raise
            else:
                return
