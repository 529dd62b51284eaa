"""The journal of a run, kept in the catalogue."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete

from dbbackup.core.journal import JournalKind
from dbbackup.db.models import RunJournal
from dbbackup.db.session import Catalogue


class CatalogueJournal:
    """Writes what a run is about to leave outside; every entry is its own committed transaction."""

    def __init__(self, catalogue: Catalogue, execution_id: str) -> None:
        self._catalogue = catalogue
        self._id = execution_id

    async def note(self, kind: JournalKind, **facts: Any) -> None:
        """Write an entry; it is committed when this returns."""
        async with self._catalogue.transaction() as session:
            session.add(RunJournal(execution_id=self._id, kind=kind, facts=facts))

    async def clear(self, *, storage_id: str | None = None) -> None:
        """Forget all entries, or those about one storage: everything there is finished or cleaned up."""
        entries = delete(RunJournal).where(RunJournal.execution_id == self._id)
        if storage_id is not None:
            entries = entries.where(RunJournal.facts["storageId"].as_string() == storage_id)
        async with self._catalogue.transaction() as session:
            await session.execute(entries)
