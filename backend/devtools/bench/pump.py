"""The least any compressed, hashed backup has to do, in three threads and nothing around them."""

from __future__ import annotations

import hashlib
import os
import queue
import subprocess
import threading
from pathlib import Path

from isal import isal_zlib

from dbbackup.pipeline.process import big_pipe

_CHUNK = 1 << 20
_AHEAD = 4


def bare_pump(argv: list[str], env: dict[str, str], path: Path) -> None:
    """Run the tool; hash and gzip its output into the file, synced and removed again.

    No check of the archive, no second destination, no way to cancel, no error told. Raises
    CalledProcessError when the tool fails.
    """
    read_fd, write_fd = big_pipe()
    tool = subprocess.Popen(argv, env=env, stdout=write_fd, stderr=subprocess.DEVNULL)
    os.close(write_fd)
    plain: queue.Queue[bytes] = queue.Queue(_AHEAD)
    packed: queue.Queue[bytes] = queue.Queue(_AHEAD)
    threads = [
        threading.Thread(target=_read, args=(read_fd, plain)),
        threading.Thread(target=_pack, args=(plain, packed)),
        threading.Thread(target=_write, args=(packed, path)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.close(read_fd)
    path.unlink()
    if tool.wait() != 0:
        raise subprocess.CalledProcessError(tool.returncode, argv)


def _read(fd: int, plain: queue.Queue[bytes]) -> None:
    while chunk := os.read(fd, _CHUNK):
        plain.put(chunk)
    plain.put(b"")


def _pack(plain: queue.Queue[bytes], packed: queue.Queue[bytes]) -> None:
    codec = isal_zlib.compressobj(1, wbits=31)
    hashes = hashlib.sha256(), hashlib.sha256()
    while chunk := plain.get():
        hashes[0].update(chunk)
        if piece := codec.compress(chunk):
            hashes[1].update(piece)
            packed.put(piece)
    packed.put(codec.flush())
    packed.put(b"")


def _write(packed: queue.Queue[bytes], path: Path) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    while piece := packed.get():
        view = memoryview(piece)
        while view:
            view = view[os.write(fd, view) :]
    os.fsync(fd)
    os.close(fd)
