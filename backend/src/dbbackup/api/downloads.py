"""Streams a stored file as an HTTP answer, whole or one range of it (RFC 9110, section 14)."""

from __future__ import annotations

import re
from urllib.parse import quote

from litestar.exceptions import HTTPException
from litestar.response import Stream

from dbbackup.services.downloads import StoredPart

_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


def download(part: StoredPart, range_header: str | None) -> Stream:
    """Return the answer: 206 for one range, 200 for everything else.

    Raises:
        HTTPException: 416, the range begins after the end of the file.
    """
    span = parse_range(range_header, part.size)
    start, stop = span or (0, part.size)
    headers = {
        "accept-ranges": "bytes",
        "content-length": str(stop - start),
        "content-disposition": f"attachment; filename*=UTF-8''{quote(part.file_name)}",
        # Backups must neither be kept by a proxy nor be guessed to be a page.
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    if span:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{part.size}"
    return Stream(
        part.read(start, stop - start),
        status_code=206 if span else 200,
        media_type="application/octet-stream",
        headers=headers,
    )


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return start and end (exclusive) of a single byte range, None where the whole is meant.

    Several ranges, other units and nonsense are ignored, as the RFC allows.
    """
    match = _RANGE.match((header or "").strip())
    if not match or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    # The last N bytes; the last 0 bytes are a range after the end.
    start = int(first) if first else size - min(size, int(last))
    stop = min(int(last) + 1, size) if first and last else size
    if start >= size:
        raise HTTPException(
            f"The file has {size} bytes: the range begins after its end.",
            status_code=416,
            headers={"content-range": f"bytes */{size}"},
        )
    return (start, stop) if stop > start else None
