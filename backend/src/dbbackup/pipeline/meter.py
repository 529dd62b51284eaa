"""Counts and hashes bytes on their way, and holds the end back until they are proven right."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from dbbackup.core.errors import IntegrityError


class Meter:
    """Counts bytes and computes their SHA-256; passes them on unchanged."""

    def __init__(self, on_bytes: Callable[[int], None] | None = None) -> None:
        self.size = 0
        self._hash = hashlib.sha256()
        self._on_bytes = on_bytes

    @property
    def sha256(self) -> str:
        """Return the hash of all bytes so far, in hex."""
        return self._hash.hexdigest()

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Take and pass on a chunk."""
        self._hash.update(chunk)
        self.size += len(chunk)
        if self._on_bytes:
            self._on_bytes(self.size)
        return (chunk,)

    def finish(self) -> Iterable[bytes]:
        """Nothing is left."""
        return ()


class Verifier(Meter):
    """A meter that knows what must come: the last chunk goes on only when size and hash are right.

    So a tool behind it never gets the end of a stream that is not the one that was written, and
    can be killed before it acts on it.
    """

    def __init__(self, what: str, size: int, sha256: str, on_bytes: Callable[[int], None] | None = None) -> None:
        super().__init__(on_bytes)
        self._what = what
        self._expected = (size, sha256)
        self._held = b""

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Take a chunk and pass on the one before it."""
        super().update(chunk)
        if self.size > self._expected[0]:
            raise self._error()
        held, self._held = self._held, chunk
        return (held,)

    def finish(self) -> Iterable[bytes]:
        """Pass on the last chunk. Raises IntegrityError when the bytes are not the ones expected."""
        if (self.size, self.sha256) != self._expected:
            raise self._error()
        return (self._held,)

    def _error(self) -> IntegrityError:
        return IntegrityError(
            f"{self._what} is not what was written when the backup was made (size or SHA-256 differ):"
            " it was altered or damaged. Nothing of it was used. Restore from another copy or another backup."
        )
