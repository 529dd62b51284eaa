"""Owns a real MariaDB server for tests, the system's own (Debian and Ubuntu: `mariadb-server`)."""

import shutil
from pathlib import Path
from typing import ClassVar

from devtools.servers.accounts import Account
from devtools.servers.binaries import MissingBinaryError
from devtools.servers.mysql_family import MysqlFamilyServer
from devtools.servers.mysql_home import Programs, version_of

_PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"


class MariadbServer(MysqlFamilyServer):
    """A running MariaDB; see the base class."""

    title = "MariaDB"
    engine = "mariadb"
    client = "mariadb"
    dump_tool = "mariadb-dump"
    more_settings: ClassVar[dict[str, str]] = {
        "innodb_log_file_size": "32M",
        # As Debian's package and the official image have it; the server's own is latin1.
        "character_set_server": "utf8mb4",
        "collation_server": "utf8mb4_general_ci",
    }

    @classmethod
    def programs(cls, account: Account | None) -> Programs:
        """Find the installed server and its tools, which everybody can reach."""
        server, maker, client = (_find(name) for name in ("mariadbd", "mariadb-install-db", "mariadb"))
        return Programs(
            version=version_of([server]),
            bin_dir=client.parent,
            server=[server],
            options=[],
            initialise=[
                *(maker, "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"),
                f"--innodb-log-file-size={cls.more_settings['innodb_log_file_size']}",
            ],
            # New data has roots for the loopback's addresses and this machine's name, without a password.
            first_statements=[
                "DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost';",
                "FLUSH PRIVILEGES;",
            ],
        )


def _find(name: str) -> Path:
    found = shutil.which(name, path=_PLACES)
    if found is None:
        raise MissingBinaryError(f"{name} of MariaDB is not installed: run `make setup`")
    return Path(found)
