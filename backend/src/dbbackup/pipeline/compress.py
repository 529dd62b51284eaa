"""Compression in formats that any standard tool opens."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Protocol

from isal import igzip_lib, isal_zlib
from zlib_ng import zlib_ng

from dbbackup.core.errors import IntegrityError, InternalError
from dbbackup.pipeline.stream import Transform

if sys.version_info >= (3, 14):  # pragma: no cover - one branch per Python version
    from compression import zstd
else:  # pragma: no cover
    from backports import zstd

EXTENSIONS = {"gzip": "gz", "zstd": "zst", "none": ""}
DEFAULT_LEVELS = {"gzip": 1, "zstd": 3}
MAX_PIECE = 1 << 20
"""Bytes; up to four stages of a restore hold one each."""
_ISAL_MAX = 3
_GZIP_WBITS = 31
"""The gzip header and trailer around deflate, for zlib's `wbits`."""


def compressor(name: str, level: int | None) -> Transform | None:
    """Return the transform that compresses, None for `none` whatever the level.

    gzip levels 1 to 3 are ISA-L's (about 500 MB/s a core), 4 to 9 zlib-ng's (smaller and much
    slower); every gunzip opens both.
    """
    if name not in EXTENSIONS:
        raise InternalError(f"This version cannot write {name!r} compression.")
    if name == "none":
        return None
    level = DEFAULT_LEVELS[name] if level is None else level
    if name == "zstd":
        # Without the checksum most flipped bits go unseen by zstd itself.
        options: dict[int, int] = {
            zstd.CompressionParameter.compression_level: level,
            zstd.CompressionParameter.checksum_flag: 1,
        }
        return _Compressor(zstd.ZstdCompressor(options=options))
    if level <= _ISAL_MAX:
        return _Compressor(isal_zlib.compressobj(level, wbits=_GZIP_WBITS))
    return _Compressor(zlib_ng.compressobj(level, wbits=_GZIP_WBITS))


def decompressor(name: str) -> Transform | None:
    """Return the transform that undoes `compressor`, None for `none`."""
    if name == "none":
        return None
    if name == "zstd":
        return _Decompressor(zstd.ZstdDecompressor(), (zstd.ZstdError, EOFError))
    if name == "gzip":
        errors = (igzip_lib.IsalError, EOFError)
        return _Decompressor(igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP), errors)  # type: ignore[arg-type]  # isal's stubs call the class an instance
    raise InternalError(f"This version cannot read {name!r} compression.")


class _CompressObject(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


class _DecompressObject(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Compressor:
    def __init__(self, codec: _CompressObject) -> None:
        self._codec = codec

    def update(self, chunk: bytes) -> Iterable[bytes]:
        return (self._codec.compress(chunk),)

    def finish(self) -> Iterable[bytes]:
        return (self._codec.flush(),)


class _Decompressor:
    """Gives bounded pieces whatever the ratio, and refuses an end that is none."""

    def __init__(self, codec: _DecompressObject, errors: tuple[type[Exception], ...]) -> None:
        self._codec = codec
        self._errors = errors

    def update(self, chunk: bytes) -> Iterator[bytes]:
        try:
            if self._codec.eof:
                raise IntegrityError("The compressed file goes on after its end: it was altered or damaged.")
            yield self._codec.decompress(chunk, MAX_PIECE)
            while not self._codec.eof and not self._codec.needs_input:
                yield self._codec.decompress(b"", MAX_PIECE)
        except self._errors as error:
            raise IntegrityError(f"The compressed file cannot be read ({error}): it was altered or damaged.") from error
        if self._ended_within_chunk():
            raise IntegrityError("The compressed file goes on after its end: it was altered or damaged.")

    def finish(self) -> Iterable[bytes]:
        if not self._codec.eof:
            raise IntegrityError("The compressed file ends too early: it was cut off.")
        return ()

    def _ended_within_chunk(self) -> bool:
        return self._codec.eof and bool(self._codec.unused_data)
