"""Opening a file of unknown make: layer by layer, by its bytes, within limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dbbackup.core.age_keys import Identity
from dbbackup.core.content import HEAD, Content, content_of, refusal
from dbbackup.core.errors import IntegrityError, RestoreError
from dbbackup.core.sizes import human_size
from dbbackup.pipeline.compress import decompressor
from dbbackup.pipeline.encrypt import decryptor
from dbbackup.pipeline.stream import Stream, Transform, closing

_COMPRESSED = {Content.GZIP: "gzip", Content.ZSTD: "zstd"}
_BOMB_FROM = 256 << 20
"""Bytes of output from which on the ratio is looked at."""
_BOMB_RATIO = 250
"""A dump shrinks 5 to 20 times; text of one line repeated reaches a thousand."""


class Layer:
    """Takes one layer off if it is of a kind expected here: encryption outside, compression inside."""

    def __init__(self, expected: frozenset[Content], identities: Sequence[Identity] = ()) -> None:
        self.found: Content | None = None
        """What it turned out to be; None until enough was seen, TEXT and PG_CUSTOM pass unchanged."""
        self._expected = expected
        self._identities = identities
        self._head = b""
        self._inner: Transform | None = None

    def update(self, chunk: bytes) -> Iterator[bytes]:
        """Take a chunk and give what is inside."""
        if self.found is None:
            self._head += chunk
            if len(self._head) < HEAD:
                return
            chunk = self._decide()
        yield from self._inner.update(chunk) if self._inner else (chunk,)

    def finish(self) -> Iterator[bytes]:
        """Give what is left; a layer that is cut off raises IntegrityError."""
        if self.found is None:
            head = self._decide()
            yield from self._inner.update(head) if self._inner else (head,)
        if self._inner:
            yield from self._inner.finish()

    def _decide(self) -> bytes:
        self.found = content_of(self._head)
        head, self._head = self._head, b""
        if self.found is Content.REFUSED:
            raise RestoreError(refusal(head) or "")
        if self.found in (Content.TEXT, Content.PG_CUSTOM):
            return head
        if self.found not in self._expected:
            raise RestoreError(
                f"Inside the file is another one in {self.found} format. Taken is a dump that is compressed once (gzip "
                "or zstd) and then encrypted (age, OpenPGP), or one of both: unpack the rest first."
            )
        if self.found is Content.AGE:
            self._inner = decryptor(self._identities)
        else:
            self._inner = decompressor(_COMPRESSED[self.found])
        return head


class Limit:
    """Lets no more bytes pass than allowed, and not too many for what came in (`stored` bytes, kept by the caller)."""

    def __init__(self, most: int) -> None:
        self.stored = 0
        self._most = most
        self._passed = 0

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Count and pass on. Raises RestoreError beyond the limit."""
        self._passed += len(chunk)
        if self._passed > self._most:
            raise RestoreError(
                f"Unpacked, the file is larger than the {human_size(self._most)} allowed (setting "
                "restore.uploadMaxUnpackedMib)."
            )
        if self._passed > _BOMB_FROM and self._passed > _BOMB_RATIO * self.stored:
            raise RestoreError(
                f"The file unpacks to more than {_BOMB_RATIO} times its size: no dump does, a compressed bomb does."
            )
        return (chunk,)

    def finish(self) -> Iterable[bytes]:
        """Nothing is left."""
        return ()


def layers(identities: Sequence[Identity], *, decrypted: bool = False) -> tuple[Layer, Layer, Layer]:
    """Return what takes off encryption, then compression, and finds that nothing more is around the dump.

    `decrypted`: the encryption was taken off already.
    """
    compressed = frozenset(_COMPRESSED)
    outer = compressed if decrypted else compressed | {Content.AGE}
    return Layer(outer, identities), Layer(compressed), Layer(frozenset())


async def outermost(stream: Stream) -> tuple[Content, Stream]:
    """Look at how a file begins; return that, and the file from its beginning on."""
    head = b""
    async for chunk in stream:
        head += chunk
        if len(head) >= HEAD:
            break
    return content_of(head), _again(head, stream)


async def _again(head: bytes, rest: Stream) -> Stream:
    async with closing(rest) as chunks:
        yield head
        async for chunk in chunks:
            yield chunk


def names_of(found: Sequence[Content | None]) -> tuple[str | None, str]:
    """Return encryption and compression, as the manifest names them, of the layers that were found.

    Raises:
        IntegrityError: compressed twice.
    """
    compressions = [_COMPRESSED[kind] for kind in found if kind in _COMPRESSED]
    if len(compressions) > 1:
        raise IntegrityError("The file is compressed twice: unpack it once, and upload that.")
    encryptions = [kind.value for kind in (Content.AGE, Content.OPENPGP) if kind in found]
    return (encryptions[0] if encryptions else None), (compressions or ["none"])[0]
