"""Owns a real directory server for tests: OpenLDAP's slapd with people, groups and the memberOf overlay."""

import atexit
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import ldap3

from devtools.servers.binaries import CACHE, MissingBinaryError
from devtools.servers.children import Child, spawn
from devtools.servers.ports import free_ports
from devtools.servers.tls import make_server_tls

BASE = "dc=example,dc=com"
PEOPLE, GROUPS = f"ou=people,{BASE}", f"ou=groups,{BASE}"
_UNPACKED = CACHE / "slapd" / "root"


@dataclass(eq=False, kw_only=True)
class SlapdServer:
    """A running directory; make one with `start`, use it as a context manager.

    `bind_dn` may look everybody up. The log holds every operation (`BIND dn=…`, `SRCH …`).
    """

    port: int
    tls_port: int
    ca_pem: str
    bind_dn: str
    password: str = field(repr=False)
    _child: Child = field(repr=False)
    _home: Path = field(repr=False)

    @classmethod
    def start(cls, people: dict[str, dict[str, str]], groups: dict[str, list[str]]) -> Self:
        """Start on free ports. `people` are names with attributes, `groups` names with members.

        Raises MissingBinaryError, ServerStartError.
        """
        root, home, password = _root(), Path(tempfile.mkdtemp(prefix="dbbackup-slapd-")), secrets.token_hex(12)
        port, tls_port = free_ports(2)
        tls = make_server_tls()
        for name, text in (("ca", tls.ca_pem), ("certificate", tls.certificate_pem), ("key", tls.key_pem)):
            (home / f"{name}.pem").write_text(text)
        (home / "db").mkdir()
        (home / "slapd.conf").write_text(_configuration(root, home, password))
        urls = f"ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{tls_port}/"
        argv: list[str | Path] = [root / "usr/sbin/slapd", "-f", home / "slapd.conf", "-h", urls, "-d", "stats"]
        child = spawn(argv, log=home / "log", cwd=home, env=_environment(root))
        bind_dn = f"cn=admin,{BASE}"
        made = cls(
            port=port,
            tls_port=tls_port,
            ca_pem=tls.ca_pem,
            bind_dn=bind_dn,
            password=password,
            _child=child,
            _home=home,
        )
        atexit.register(made.stop)
        child.wait_until(made._answers, 20, "slapd")
        made._fill(people, groups)
        return made

    def log(self) -> str:
        """Return what was done so far."""
        return self._child.log.read_text(errors="replace")

    def stop(self) -> None:
        """End it. May be called again."""
        self._child.stop(signal.SIGTERM, 5)
        shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _connection(self) -> Any:
        server = ldap3.Server("127.0.0.1", port=self.port, get_info=ldap3.NONE, connect_timeout=5)
        return ldap3.Connection(server, self.bind_dn, self.password, auto_bind=True)

    def _answers(self) -> bool:
        try:
            self._connection().unbind()
        except ldap3.core.exceptions.LDAPException:
            return False
        return True

    def _fill(self, people: dict[str, dict[str, str]], groups: dict[str, list[str]]) -> None:
        connection = self._connection()

        def add(dn: str, classes: list[str], attributes: dict[str, Any]) -> None:
            if not connection.add(dn, classes, attributes):
                raise RuntimeError(f"slapd refuses {dn}: {connection.result}")

        add(BASE, ["dcObject", "organization"], {"o": "Example"})
        for dn in (PEOPLE, GROUPS):
            add(dn, ["organizationalUnit"], {})
        for name, attributes in people.items():
            add(f"uid={name},{PEOPLE}", ["inetOrgPerson"], {"cn": name, "sn": name, **attributes})
        for name, members in groups.items():
            add(f"cn={name},{GROUPS}", ["groupOfNames"], {"member": [f"uid={member},{PEOPLE}" for member in members]})
        connection.unbind()


def _root() -> Path:
    for root in (_UNPACKED, Path("/")):
        if (root / "usr/sbin/slapd").is_file():
            return root
    raise MissingBinaryError("slapd is not installed: run `make servers` (elsewhere than on Debian: install slapd)")


def _environment(root: Path) -> dict[str, str]:
    libraries = ":".join(str(folder) for folder in (root / "usr/lib").glob("*-linux-gnu"))
    return {**os.environ, **({"LD_LIBRARY_PATH": libraries} if root != Path("/") else {})}


def _configuration(root: Path, home: Path, password: str) -> str:
    schemas = "\n".join(f"include {root}/etc/ldap/schema/{name}.schema" for name in ("core", "cosine", "inetorgperson"))
    return f"""
{schemas}
modulepath {root}/usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {home}/pid
TLSCACertificateFile {home}/ca.pem
TLSCertificateFile {home}/certificate.pem
TLSCertificateKeyFile {home}/key.pem
# As some servers do, so that it is seen that nobody gets in by it.
allow bind_anon_dn
database mdb
suffix "{BASE}"
directory {home}/db
rootdn "cn=admin,{BASE}"
rootpw {password}
overlay memberof
"""


def install_slapd() -> Path:
    """Unpack Debian's package beside the system, so that no service is set up; return its root.

    Raises MissingBinaryError where apt has no such package.
    """
    if (_UNPACKED / "usr/sbin/slapd").is_file():
        return _root()
    with tempfile.TemporaryDirectory(prefix=".slapd-", dir=CACHE) as scratch:
        fetched = subprocess.run(
            ["apt-get", "-qq", "-oAPT::Sandbox::User=root", "download", "slapd"],
            cwd=scratch,
            capture_output=True,
            text=True,
            check=False,
        )
        packages = list(Path(scratch).glob("slapd_*.deb"))
        if fetched.returncode != 0 or not packages:
            raise MissingBinaryError(f"slapd cannot be fetched: {fetched.stderr.strip()}\nrun `apt-get update`")
        unpacked = Path(scratch) / "root"
        subprocess.run(["dpkg-deb", "-x", packages[0], unpacked], check=True)
        _UNPACKED.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(_UNPACKED, ignore_errors=True)
        unpacked.rename(_UNPACKED)
    return _UNPACKED
