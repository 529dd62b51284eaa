"""What the sessions of one catalogue remember, and which changes of the history make it untrue."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Hashable
from datetime import datetime
from typing import Any, Final, NamedTuple

from dbbackup.core.spans import EVERYTHING, Span

_MOST = 64
_MOST_CHANGES = 4000
ALL: Final = "*"
"""In place of the id of a database: of all of them, or nobody knows of which."""
OF_RESTORES: Final = "restores"
"""In place of the id of a database: of restores and verifications, and of no backup."""


class Change(NamedTuple):
    """That a backup of this database, None: of none, changed, which was made, ended or was deleted then.

    Of one that has not ended the moment is None. A moment is kept to the hour: spans begin and end with one.
    """

    moment: datetime | None
    database_id: str | None


ANYTHING = None
"""A change that nobody knows the place of."""


class Memory:
    """Keeps values by a key and the span of time they are about, and what has changed since.

    `version` grows with each commit that changed the history.
    """

    def __init__(self) -> None:
        self.version = 0
        self.kept: OrderedDict[Hashable, dict[Span, tuple[int, Any]]] = OrderedDict()
        self._changes: OrderedDict[Change | None, int] = OrderedDict()
        self._dropped = 0

    def change(self, changes: Collection[Change | None]) -> None:
        """Note what a commit changed; of what changes again and again, the last time counts."""
        self.version += 1
        for change in changes:
            place = Change(_hour(change.moment), change.database_id) if change else ANYTHING
            self._changes[place] = self.version
            self._changes.move_to_end(place)
        while len(self._changes) > _MOST_CHANGES:
            _, self._dropped = self._changes.popitem(last=False)

    def get(self, key: Hashable, span: Span, database_id: str | None) -> tuple[Any] | None:
        """Return what is kept, if it is true still; `database_id`: only its backups matter, OF_RESTORES: only those."""
        found = self.kept.get(key, {}).get(span)
        if found is None or not self._is_true(found[0], span, database_id):
            return None
        self.kept.move_to_end(key)
        # So the next look goes through what changes from now on alone.
        self.kept[key][span] = (self.version, found[1])
        return (found[1],)

    def put(self, key: Hashable, span: Span, seen: int, value: Any) -> None:
        """Keep what was read when this was the version."""
        self.kept.setdefault(key, {})[span] = (seen, value)
        self.kept.move_to_end(key)

    def tidy(self, key: Hashable, spans: Collection[Span], most: int | None = None) -> None:
        """Drop other spans of the key, and keys not asked for the longest: over all, and of those that begin alike."""
        if len(self.kept[key]) > len(spans):
            self.kept[key] = {span: value for span, value in self.kept[key].items() if span in spans}
        if len(self.kept) > _MOST:
            self.kept.popitem(last=False)
        if most is not None and isinstance(key, tuple):
            alike = [other for other in self.kept if isinstance(other, tuple) and other[0] == key[0]]
            for other in alike[:-most]:
                del self.kept[other]

    def changed_since(self, seen: int) -> set[str | None] | None:
        """Return the databases that backups changed of after this version; None: of all, or nobody knows."""
        found: set[str | None] = set()
        for change, version in reversed(self._changes.items()):
            if version <= seen:
                return found
            if change is ANYTHING or change.database_id == ALL:
                return None
            found.add(change.database_id)
        return found if seen >= self._dropped else None

    def _is_true(self, seen: int, span: Span, database_id: str | None) -> bool:
        if seen == self.version:
            return True
        for change, version in reversed(self._changes.items()):
            if version <= seen:
                return True
            if change is ANYTHING or _touches(change, span, database_id):
                return False
        return seen >= self._dropped


def _hour(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(minute=0, second=0, microsecond=0)


def _touches(change: Change, span: Span, database_id: str | None) -> bool:
    if change.database_id == ALL or change.database_id == database_id:
        return span.holds(change.moment)
    if OF_RESTORES in (database_id, change.database_id):
        return database_id == ALL and span is EVERYTHING
    return database_id == ALL and span.holds(change.moment)
