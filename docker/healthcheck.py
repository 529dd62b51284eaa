"""Asks the API whether it lives, the way it listens: by its socket, or by its port. Exit code 0 when it does."""

import os
import socket
import sys

path = os.environ.get("SOCKET_PATH")
with socket.socket(socket.AF_UNIX if path else socket.AF_INET) as connection:
    connection.settimeout(4)
    connection.connect(path or ("127.0.0.1", int(os.environ.get("PORT") or 3000)))
    connection.sendall(b"GET /api/health/live HTTP/1.0\r\nHost: localhost\r\n\r\n")
    status = connection.recv(64).split(b"\r\n")[0].decode("latin-1")
print(status)
sys.exit(" 200 " not in f"{status} ")
