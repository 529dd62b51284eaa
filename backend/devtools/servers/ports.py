"""Owns the choice of free ports on 127.0.0.1."""

import random
import socket
import threading

# Below Linux's ephemeral range (32768 and up): an outgoing connection of another process can never take a
# port between our probe and the server's bind. Random, so that parallel test processes seldom collide.
_LOWEST, _HIGHEST = 20_000, 32_000

_handed_out: set[int] = set()
_lock = threading.Lock()
_random = random.SystemRandom()


def free_port() -> int:
    """Return a port nobody listens on and that this process has not been given before."""
    with _lock:
        for _ in range(2_000):
            port = _random.randrange(_LOWEST, _HIGHEST)
            if port not in _handed_out and _is_free(port):
                _handed_out.add(port)
                return port
    raise RuntimeError(f"no free port between {_LOWEST} and {_HIGHEST} on 127.0.0.1")


def free_ports(count: int) -> list[int]:
    """Return `count` different free ports."""
    return [free_port() for _ in range(count)]


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
