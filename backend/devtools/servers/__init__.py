"""Real servers on free 127.0.0.1 ports, for tests, the demo, benches and browser tests alike."""

from devtools.servers.binaries import MissingBinaryError, client_dirs
from devtools.servers.children import ServerStartError
from devtools.servers.fault_proxy import FaultProxy
from devtools.servers.ports import free_port, free_ports
from devtools.servers.postgresql import PostgresServer
from devtools.servers.seaweedfs import SeaweedServer

__all__ = [
    "FaultProxy",
    "MissingBinaryError",
    "PostgresServer",
    "SeaweedServer",
    "ServerStartError",
    "client_dirs",
    "free_port",
    "free_ports",
]
