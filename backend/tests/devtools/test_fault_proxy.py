"""Puts each fault on a real connection and checks what the two sides see."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from devtools.servers import FaultProxy


class _Target:
    """A server that echoes what it is sent, or, asked to by `flood`, sends without end."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.flood = False
        self.flooded = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            while self.flood:
                self.flooded += connection.send(b"f" * 65536)
            while data := connection.recv(65536):
                connection.sendall(data)
        except OSError:
            pass
        finally:
            connection.close()


@pytest.fixture
def target() -> Iterator[_Target]:
    made = _Target()
    yield made
    made.listener.close()


@pytest.fixture
def proxy(target: _Target) -> Iterator[FaultProxy]:
    with FaultProxy.start("127.0.0.1", target.port) as running:
        yield running


def _connect(proxy: FaultProxy) -> socket.socket:
    return socket.create_connection((proxy.host, proxy.port), timeout=10)


def _exchange(connection: socket.socket, data: bytes) -> bytes:
    """Send `data`, close our half, and read to the end."""

    def send() -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    received = bytearray()
    while more := connection.recv(65536):
        received += more
    sender.join()
    return bytes(received)


def test_without_faults_everything_passes_unchanged(proxy: FaultProxy) -> None:
    data = bytes(range(256)) * 20_000
    with _connect(proxy) as connection:
        assert _exchange(connection, data) == data
    assert proxy.bytes_passed("to_target") == proxy.bytes_passed("to_client") == len(data)
    assert proxy.connections == 1


def test_latency_delays_each_direction_without_slowing_the_flow(proxy: FaultProxy) -> None:
    proxy.set_latency(0.2)
    data = b"x" * 10_000_000
    with _connect(proxy) as connection:
        began = time.monotonic()
        assert _exchange(connection, data) == data
    assert 0.4 <= time.monotonic() - began < 300


def test_rate_bounds_the_flow_until_it_is_lifted(proxy: FaultProxy) -> None:
    proxy.set_rate(100_000)
    with _connect(proxy) as connection:
        began = time.monotonic()
        assert len(_exchange(connection, b"x" * 50_000)) == 50_000
    assert time.monotonic() - began >= 0.4
    proxy.heal()
    with _connect(proxy) as connection:
        began = time.monotonic()
        assert len(_exchange(connection, b"x" * 5_000_000)) == 5_000_000
    assert time.monotonic() - began < 30


def test_cut_after_resets_the_connection_and_then_lets_the_next_one_pass(proxy: FaultProxy) -> None:
    proxy.cut_after(to_target=100_000, times=1)
    with _connect(proxy) as connection, pytest.raises(ConnectionError):
        connection.sendall(b"x" * 50_000_000)
    assert proxy.bytes_passed("to_target") == 100_000
    with _connect(proxy) as connection:
        assert len(_exchange(connection, b"x" * 200_000)) == 200_000


def test_cut_after_towards_the_client_counts_from_when_it_was_set(proxy: FaultProxy) -> None:
    with _connect(proxy) as connection:
        connection.sendall(b"x" * 10)
        assert connection.recv(10, socket.MSG_WAITALL) == b"x" * 10
        proxy.cut_after(to_client=5)
        connection.sendall(b"y" * 10)
        with pytest.raises(ConnectionError):
            while connection.recv(10):
                pass
    assert proxy.bytes_passed("to_client") == 15


def test_stall_holds_everything_back_until_healed(proxy: FaultProxy) -> None:
    with _connect(proxy) as connection:
        proxy.stall()
        connection.sendall(b"held")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(4)
        proxy.heal()
        connection.settimeout(5)
        assert connection.recv(4) == b"held"


def test_stall_does_not_buffer_what_the_target_sends(proxy: FaultProxy, target: _Target) -> None:
    target.flood = True
    proxy.stall()
    with _connect(proxy):
        time.sleep(0.5)
        sent = target.flooded
        time.sleep(0.3)
        assert target.flooded == sent
    # A MiB of ours; the rest lies in the kernel's socket buffers.
    assert sent < 16_000_000


def test_refuse_closes_the_port_and_heal_opens_the_same_one(proxy: FaultProxy) -> None:
    with _connect(proxy) as connection:
        connection.sendall(b"x")
        connection.recv(1)
        proxy.refuse()
        with pytest.raises(ConnectionError):
            connection.recv(1)
        with pytest.raises(ConnectionRefusedError):
            _connect(proxy)
        proxy.heal()
    with _connect(proxy) as connection:
        assert _exchange(connection, b"again") == b"again"


def test_drop_resets_open_connections_only(proxy: FaultProxy) -> None:
    with _connect(proxy) as connection:
        connection.sendall(b"x")
        connection.recv(1)
        proxy.drop()
        with pytest.raises(ConnectionError):
            connection.recv(1)
    with _connect(proxy) as connection:
        assert _exchange(connection, b"again") == b"again"
