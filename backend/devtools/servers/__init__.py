"""Real servers on free 127.0.0.1 ports, for tests, the demo, benches and browser tests alike."""

from devtools.servers.binaries import MissingBinaryError
from devtools.servers.children import ServerStartError
from devtools.servers.clients import client_dirs
from devtools.servers.fault_proxy import FaultProxy
from devtools.servers.http_receiver import HttpReceiver, Received, Reply
from devtools.servers.mail_server import MailServer
from devtools.servers.mariadb import MariadbServer
from devtools.servers.mysql import MysqlServer
from devtools.servers.mysql_family import MysqlFamilyServer
from devtools.servers.ports import free_port, free_ports
from devtools.servers.postgresql import PostgresServer
from devtools.servers.seaweedfs import SeaweedServer

__all__ = [
    "FaultProxy",
    "HttpReceiver",
    "MailServer",
    "MariadbServer",
    "MissingBinaryError",
    "MysqlFamilyServer",
    "MysqlServer",
    "PostgresServer",
    "Received",
    "Reply",
    "SeaweedServer",
    "ServerStartError",
    "client_dirs",
    "free_port",
    "free_ports",
]
