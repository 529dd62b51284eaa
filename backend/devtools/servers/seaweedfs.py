"""Owns a real S3 server for tests: SeaweedFS, started, killed and restarted on the same port and data."""

import atexit
import contextlib
import json
import os
import secrets
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from devtools.servers.accounts import temporary_directory
from devtools.servers.binaries import weed
from devtools.servers.children import Child, ServerStartError, spawn
from devtools.servers.ports import free_ports

_HOST = "127.0.0.1"
_REGION = "us-east-1"
_START_PATIENCE = 120.0
_ATTEMPTS = 3
_PROBE_BUCKET = "readiness-probe"


@dataclass(frozen=True)
class _Ports:
    s3: int
    s3_grpc: int
    filer: int
    filer_grpc: int
    volume: int
    volume_grpc: int
    master: int
    master_grpc: int
    admin: int
    admin_grpc: int

    @classmethod
    def choose(cls, s3: int | None) -> Self:
        first, *others = free_ports(10)
        return cls(s3 or first, *others)

    def all(self) -> Iterator[int]:
        yield from vars(self).values()


@dataclass(eq=False, kw_only=True)
class SeaweedServer:
    """A running S3 server; make one with `start`, use it as a context manager.

    `access_key` may do everything; `readonly_access_key` (same secret) may only list and read. Buckets are
    never made by a write. SSE-S3, SSE-KMS, versioning, object lock and multipart uploads work.
    """

    endpoint: str
    port: int
    access_key: str
    readonly_access_key: str
    secret_key: str
    region: str
    data_dir: Path
    _ports: _Ports = field(repr=False)
    _sse_key: str = field(repr=False)
    _children: list[Child] = field(repr=False)
    _is_temporary: bool = field(repr=False)

    @classmethod
    def start(
        cls,
        *,
        data_dir: Path | None = None,
        port: int | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
    ) -> Self:
        """Start on a free port of 127.0.0.1 and return when an object can be written.

        Without `data_dir` a temporary one is made, and removed by `stop`; one from an earlier run may be
        given again. Raises MissingBinaryError or ServerStartError.
        """
        home = data_dir.absolute() if data_dir else temporary_directory("dbbackup-seaweedfs-", None)
        home.mkdir(parents=True, exist_ok=True)
        ports = _Ports.choose(port)
        server = cls(
            endpoint=f"http://{_HOST}:{ports.s3}",
            port=ports.s3,
            access_key=access_key or secrets.token_hex(10).upper(),
            readonly_access_key=secrets.token_hex(10).upper(),
            secret_key=secret_key or secrets.token_hex(20),
            region=_REGION,
            data_dir=home,
            _ports=ports,
            _sse_key=_lasting_sse_key(home),
            _children=[],
            _is_temporary=data_dir is None,
        )
        server._write_identities()
        atexit.register(server.stop)
        for attempt in range(_ATTEMPTS):
            try:
                server._launch()
                break
            except ServerStartError as error:
                server.kill()
                if port is not None or attempt + 1 == _ATTEMPTS or "address already in use" not in str(error):
                    server.stop()
                    raise
                server._move_to(_Ports.choose(None))
        return server

    @property
    def pid(self) -> int:
        """The process id of the S3 gateway."""
        return self._children[-1].pid

    def client(self, **config: Any) -> Any:
        """Return a synchronous botocore S3 client; `config` is that of botocore's Config."""
        return _session().create_client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(**{"retries": {"max_attempts": 0}, "s3": {"addressing_style": "path"}, **config}),
        )

    def create_bucket(self, name: str, *, versioning: bool = False, object_lock: bool = False) -> str:
        """Create a bucket (3 to 63 characters) and return its name; object lock implies versioning."""
        client = self.client()
        client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=object_lock)
        if versioning:
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def stop(self) -> None:
        """End the server and remove a temporary data directory. May be called again."""
        self.kill()
        atexit.unregister(self.stop)
        if self._is_temporary:
            shutil.rmtree(self.data_dir, ignore_errors=True)

    def kill(self) -> None:
        """SIGKILL everything, as if the machine lost power; the data stays for `restart`."""
        for child in self._children:
            # SeaweedFS waits for its heartbeats on an orderly shutdown; its data is safe either way.
            child.stop(signal.SIGKILL)
        for port in self._ports.all():
            for leftover in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                leftover.unlink(missing_ok=True)

    def restart(self) -> None:
        """Start again on the same port, keys and data, after ending what still runs."""
        self.kill()
        self._launch()
        atexit.register(self.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _launch(self) -> None:
        # `weed server` waits seconds for an election and cannot stop `mini` from making buckets on the first
        # write. So: the storage as `mini` (up in half a second), the gateway as a process of its own.
        self._children = [self._spawn("mini", _storage_options(self._ports, self.data_dir))]
        self._children.append(self._spawn("s3", _gateway_options(self._ports, self.data_dir)))
        storage, gateway = self._children
        # A write waits up to 5 s when the volume server's first heartbeat came before the master's election.
        probe = self.client(connect_timeout=2, read_timeout=10)
        gateway.wait_until(
            lambda: not storage.running or self._is_writable(probe), _START_PATIENCE, "SeaweedFS's S3 gateway"
        )
        if not storage.running:
            raise ServerStartError(f"SeaweedFS's storage ended:\n{storage.tail()}")

    def _spawn(self, command: str, options: list[str]) -> Child:
        return spawn(
            [weed(), command, *options],
            log=self.data_dir / f"{command}.log",
            cwd=self.data_dir,
            env={**os.environ, "WEED_S3_SSE_KEY": self._sse_key, "TMPDIR": str(self.data_dir)},
        )

    def _is_writable(self, client: Any) -> bool:
        try:
            with contextlib.suppress(client.exceptions.BucketAlreadyOwnedByYou):  # an earlier try got this far
                client.create_bucket(Bucket=_PROBE_BUCKET)
            client.put_object(Bucket=_PROBE_BUCKET, Key="probe", Body=b"ready?")
            client.delete_object(Bucket=_PROBE_BUCKET, Key="probe")
            client.delete_bucket(Bucket=_PROBE_BUCKET)
        except (BotoCoreError, ClientError):
            return False
        return True

    def _move_to(self, ports: _Ports) -> None:
        self._ports, self.port, self.endpoint = ports, ports.s3, f"http://{_HOST}:{ports.s3}"

    def _write_identities(self) -> None:
        everything = ["Admin", "Read", "Write", "List", "Tagging"]
        users = [("owner", self.access_key, everything), ("reader", self.readonly_access_key, ["Read", "List"])]
        identities = [
            {"name": name, "credentials": [{"accessKey": key, "secretKey": self.secret_key}], "actions": actions}
            for name, key, actions in users
        ]
        path = self.data_dir / "identities.json"
        path.touch(mode=0o600)
        # SSE-KMS with keys in memory: made when first asked for, gone with the process.
        kms = {"default_provider": "local", "providers": {"local": {"type": "local", "enableOnDemandCreate": True}}}
        path.write_text(json.dumps({"identities": identities, "kms": kms}))


@cache
def _session() -> botocore.session.Session:
    # It reads the description of the whole API once; that takes longer than most of what is asked.
    return botocore.session.Session()


def _lasting_sse_key(home: Path) -> str:
    """Return the key that objects at rest are sealed with: the same for every start on this data."""
    path = home / "sse.key"
    with contextlib.suppress(FileExistsError):
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_hex(32))
    return path.read_text()


def _storage_options(ports: _Ports, home: Path) -> list[str]:
    return [
        *(f"-ip={_HOST}", f"-ip.bind={_HOST}", f"-dir={home}"),
        *(f"-master.port={ports.master}", f"-master.port.grpc={ports.master_grpc}"),
        *(f"-volume.port={ports.volume}", f"-volume.port.grpc={ports.volume_grpc}"),
        *(f"-filer.port={ports.filer}", f"-filer.port.grpc={ports.filer_grpc}"),
        *(f"-admin.port={ports.admin}", f"-admin.port.grpc={ports.admin_grpc}"),
        *("-s3=false", "-webdav=false", "-admin.ui=false", "-master.telemetry=false"),
        *("-master.volumeSizeLimitMB=128", "-volume.preStopSeconds=0"),
    ]


def _gateway_options(ports: _Ports, home: Path) -> list[str]:
    return [
        *(f"-ip.bind={_HOST}", f"-port={ports.s3}", f"-port.grpc={ports.s3_grpc}"),
        *("-port.lance=0", "-port.iceberg=0", "-autoCreateBucket=false"),
        *(f"-filer={_HOST}:{ports.filer}.{ports.filer_grpc}", f"-config={home / 'identities.json'}"),
    ]
