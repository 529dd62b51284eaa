"""`dbbackup serve` on a port: it has it from the first moment, or does not start."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from dbbackup.commands.serving import _listen
from dbbackup.core.errors import ConflictError
from dbbackup.settings import load
from devtools.servers.ports import free_port


def test_listen_when_the_program_starts_then_nobody_can_take_its_port_before_it_serves(tmp_path: Path) -> None:
    settings = load({"BACKUP_STORAGE_PATH": str(tmp_path), "PORT": str(free_port()), "ENCRYPTION_KEY": "k" * 40})
    with _listen(settings), socket.socket() as other:
        # As servers do: it would let both have the port as long as neither listens.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            other.bind((settings.host, settings.port))
        with pytest.raises(ConflictError, match="Choose another PORT or HOSTNAME"):
            _listen(settings)
