"""Owns a real MySQL server for tests: the one unpacked into the cache, or the system's own."""

from typing import ClassVar

from devtools.servers.accounts import Account, reachable_copy
from devtools.servers.mysql_binaries import mysql_root, own_loader
from devtools.servers.mysql_family import MysqlFamilyServer
from devtools.servers.mysql_home import Programs, version_of


class MysqlServer(MysqlFamilyServer):
    """A running MySQL; see the base class. It offers TLS without `ssl` as well, with an authority of its own."""

    title = "MySQL"
    engine = "mysql"
    client = "mysql"
    dump_tool = "mysqldump"
    more_settings: ClassVar[dict[str, str]] = {
        "innodb_redo_log_capacity": "32M",
        "mysqlx": "OFF",
        "secure_file_priv": "",
    }

    @classmethod
    def programs(cls, account: Account | None) -> Programs:
        """Find the programs; the server's are copied where `account` cannot reach them."""
        root = mysql_root()
        runnable = reachable_copy(root, account)
        server = [*own_loader(runnable), runnable / "usr/sbin/mysqld"]
        # mysqld looks for its files where it was built to be, unless told.
        options = [f"--basedir={runnable / 'usr'}", f"--plugin-dir={runnable / 'usr/lib/mysql/plugin'}"]
        return Programs(
            version=version_of(server),
            bin_dir=root / "usr/bin",
            server=server,
            options=options,
            initialise=[*server, "--no-defaults", *options, "--initialize-insecure", "--innodb-flush-method=nosync"],
        )
