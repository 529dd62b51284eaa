"""Owns the choice of free ports on 127.0.0.1, among all processes of one user that ask here."""

import fcntl
import os
import random
import socket
import tempfile
import threading
from functools import cache
from pathlib import Path

# Below Linux's ephemeral range (32768 and up): an outgoing connection of another process can never take a
# port between our probe and the server's bind.
_LOWEST, _HIGHEST = 20_000, 32_000

_handed_out: set[int] = set()
_lock = threading.Lock()
_random = random.SystemRandom()


def free_port() -> int:
    """Return a port nobody listens on, and that no process which still lives was given before."""
    with _lock:
        for _ in range(2_000):
            port = _random.randrange(_LOWEST, _HIGHEST)
            if port not in _handed_out and _claim(port) and _is_free(port):
                _handed_out.add(port)
                return port
    raise RuntimeError(f"no free port between {_LOWEST} and {_HIGHEST} on 127.0.0.1")


def free_ports(count: int) -> list[int]:
    """Return `count` different free ports."""
    return [free_port() for _ in range(count)]


def _claim(port: int) -> bool:
    """Lock the byte of a shared file that stands for the port; the kernel lets go when this process ends."""
    try:
        fcntl.lockf(_claims(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


@cache
def _claims() -> int:
    # Open to the end: to close any descriptor of the file would let go of all its locks.
    path = Path(tempfile.gettempdir()) / f"dbbackup-ports-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
