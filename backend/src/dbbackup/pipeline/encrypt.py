"""Encryption in the age v1 format, which the `age` tool opens (https://age-encryption.org/v1)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from dbbackup.core.age_keys import Identity, Recipient
from dbbackup.core.errors import IntegrityError
from dbbackup.pipeline.encrypt_header import FILE_KEY_BYTES, header_end, open_header, payload_key, seal_header
from dbbackup.pipeline.stream import Stream, Transform, closing

EXTENSION = "age"
_CHUNK = 64 << 10
_TAG = 16
_NONCE = 16
_BATCH = 16
"""Chunks a piece: about 1 MiB leaves at once."""


def encryptor(recipients: Sequence[Recipient]) -> Transform:
    """Return the transform that encrypts to all of the recipients; each of them alone can open the result."""
    return _Encryptor(recipients)


def decryptor(identities: Sequence[Identity]) -> Transform:
    """Return the transform that decrypts; it gives authenticated bytes only, and refuses an end that is none.

    It raises IntegrityError for a file that was altered or cut, KeyMissingError when no identity opens it.
    """
    return _Decryptor(identities)


async def check_opens(stream: Stream, identities: Sequence[Identity]) -> None:
    """Read no more than the header of an encrypted file, and try to open it.

    Raises:
        IntegrityError: it is no whole and unaltered header.
        KeyMissingError: none of the identities opens it.
    """
    head = bytearray()
    async with closing(stream) as chunks:
        async for chunk in chunks:
            head += chunk
            if (end := header_end(head)) is not None:
                open_header(bytes(head[:end]), identities)
                return
    raise _cut_off()


class _Encryptor:
    def __init__(self, recipients: Sequence[Recipient]) -> None:
        file_key, nonce = os.urandom(FILE_KEY_BYTES), os.urandom(_NONCE)
        self._head = seal_header(file_key, recipients) + nonce
        self._chunks = _Chunks(ChaCha20Poly1305(payload_key(file_key, nonce)).encrypt, _CHUNK)

    def update(self, chunk: bytes) -> Iterator[bytes]:
        yield self._take_head()
        yield from self._chunks.take(chunk)

    def finish(self) -> Iterator[bytes]:
        yield self._take_head()
        yield self._chunks.last()

    def _take_head(self) -> bytes:
        head, self._head = self._head, b""
        return head


class _Decryptor:
    def __init__(self, identities: Sequence[Identity]) -> None:
        self._identities = identities
        self._head = bytearray()
        self._chunks: _Chunks | None = None

    def update(self, chunk: bytes) -> Iterator[bytes]:
        if self._chunks is None:
            self._head += chunk
            self._chunks = self._open()
            if self._chunks is None:
                return
            chunk, self._head = bytes(self._head), bytearray()
        yield from self._chunks.take(chunk)

    def finish(self) -> Iterator[bytes]:
        if self._chunks is None or self._chunks.empty:
            raise _cut_off()
        first = self._chunks.counter == 0
        plain = self._chunks.last()
        if not plain and not first:
            raise IntegrityError("The encrypted file ends with an empty chunk: it was altered.")
        yield plain

    def _open(self) -> _Chunks | None:
        """Open the header once it is there, and leave in `_head` what follows it."""
        end = header_end(self._head)
        if end is None or len(self._head) < end + _NONCE:
            return None
        file_key = open_header(bytes(self._head[:end]), self._identities)
        nonce = bytes(self._head[end : end + _NONCE])
        del self._head[: end + _NONCE]
        return _Chunks(ChaCha20Poly1305(payload_key(file_key, nonce)).decrypt, _CHUNK + _TAG)


class _Chunks:
    """Cuts bytes into chunks and puts each through the cipher, numbered, the last one marked as such.

    What may still be the last chunk waits until more follows or the end is told.
    """

    def __init__(self, cipher: Callable[[bytes, memoryview, None], bytes], size: int) -> None:
        self.counter = 0
        self._cipher = cipher
        self._size = size
        self._held = b""

    @property
    def empty(self) -> bool:
        """Return whether nothing came since the last chunk."""
        return not self._held

    def take(self, data: bytes) -> Iterator[bytes]:
        """Take bytes and give what is ready, in pieces of about 1 MiB."""
        size = self._size
        # Only what completes the chunk that was begun is copied; whole ones are read where they lie.
        lacking = size - len(self._held)
        if len(data) <= lacking:
            self._held += data
            return
        view = memoryview(data)
        blocks = [memoryview(self._held + data[:lacking])]
        end = len(data) - ((len(data) - lacking - 1) % size + 1)
        blocks += (view[start : start + size] for start in range(lacking, end, size))
        self._held = data[end:]
        for first in range(0, len(blocks), _BATCH):
            ready: list[bytes] = []
            try:
                ready.extend(self._turn(block, b"\0") for block in blocks[first : first + _BATCH])
            finally:
                # What came before an altered chunk is authentic.
                yield b"".join(ready)

    def last(self) -> bytes:
        """Take what is held as the last chunk."""
        return self._turn(memoryview(self._held), b"\1")

    def _turn(self, chunk: memoryview, flag: bytes) -> bytes:
        nonce = self.counter.to_bytes(11, "big") + flag
        self.counter += 1
        try:
            return self._cipher(nonce, chunk, None)
        except InvalidTag as error:
            raise IntegrityError(
                f"Chunk {self.counter} of the encrypted file cannot be decrypted: it was altered, damaged or cut off."
                " Restore from another copy or another backup."
            ) from error


def _cut_off() -> IntegrityError:
    return IntegrityError("The encrypted file ends too early: it was cut off. Restore from another copy.")
