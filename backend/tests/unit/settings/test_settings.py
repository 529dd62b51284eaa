"""Reading the environment: every variable, the _FILE forms, all complaints at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbbackup.core.docker_access import DockerTls
from dbbackup.core.errors import ValidationError
from dbbackup.settings import load
from devtools.servers.tls import make_server_tls

KEY = {"ENCRYPTION_KEY": "k" * 32}
S3 = {"S3_BUCKET": "b", "S3_ACCESS_KEY_ID": "a", "S3_SECRET_ACCESS_KEY": "s"}


def complaints(**variables: str) -> dict[str, str]:
    with pytest.raises(ValidationError) as raised:
        load({**KEY, **variables})
    assert all(detail.field in raised.value.message for detail in raised.value.details)
    return {detail.field: detail.message for detail in raised.value.details}


def test_load_when_only_the_key_is_set_then_defaults() -> None:
    settings = load(KEY)
    assert settings.storage_path == Path("/app/data/backups")
    assert settings.work_path == Path("/app/data/backups/.work")
    assert settings.database_path == Path("/app/data/db/app.db")
    assert (settings.host, settings.port, settings.timezone) == ("127.0.0.1", 3000, "UTC")
    assert (settings.log_level, settings.log_format, settings.fixed) == ("info", "text", {})
    assert (settings.s3, settings.allowed_origins, settings.client_dirs, settings.static_dir) == (None, (), (), None)
    assert (settings.auth_mode, settings.admin_username, settings.trusted_proxies) == ("local", "", ())
    assert "kkkk" not in repr(settings)


def test_load_when_everything_is_set_then_everything_is_taken(tmp_path: Path) -> None:
    (tmp_path / "index.html").touch()
    settings = load(
        {
            **KEY,
            **S3,
            "BACKUP_STORAGE_PATH": "/data/b",
            "DATABASE_PATH": "/data/c.db",
            "HOSTNAME": "0.0.0.0",
            "PORT": "8080",
            "TZ": "Europe/Berlin",
            "LOG_LEVEL": "DEBUG",
            "LOG_FORMAT": "json",
            "S3_REGION": "eu-west-1",
            "S3_ENDPOINT": "https://s3.example.com",
            "CORS_ORIGINS": "https://a.example/, https://b.example",
            "CLIENT_PATH": "/opt/a:/opt/b",
            "STATIC_PATH": str(tmp_path),
            "MAX_CONCURRENT_BACKUPS": "5",
            "STOP_GRACE_SECONDS": "0",
            "AUTH_MODE": "none",
            "ADMIN_USERNAME": "root",
            "ADMIN_PASSWORD": "correct horse",
            "TRUSTED_PROXIES": "10.0.0.7, fd00::/8",
            "AUTO_DISCOVER": "false",
            "DOCKER_HOST": "tcp://socket-proxy:2375",
        }
    )
    assert settings.s3 is not None
    assert (settings.s3.bucket, settings.s3.region, settings.s3.endpoint) == (
        "b",
        "eu-west-1",
        "https://s3.example.com",
    )
    assert (settings.s3.access_key.reveal(), settings.s3.secret_key.reveal()) == ("a", "s")
    assert settings.allowed_origins == ("https://a.example", "https://b.example")
    assert settings.client_dirs == (Path("/opt/a"), Path("/opt/b"))
    assert settings.static_dir == tmp_path
    assert settings.fixed == {"backup.maxConcurrent": 5, "discovery.auto": False}
    assert settings.docker_host == "tcp://socket-proxy:2375"
    assert (settings.auth_mode, settings.admin_username) == ("none", "root")
    assert settings.admin_password.reveal() == "correct horse"
    assert settings.trusted_proxies == ("10.0.0.7/32", "fd00::/8")
    assert (settings.host, settings.port, settings.log_level, settings.stop_grace) == ("0.0.0.0", 8080, "debug", 0.0)


def test_load_when_hostname_is_the_containers_name_then_loopback() -> None:
    assert load({**KEY, "HOSTNAME": "3f2a9c"}).host == "127.0.0.1"


def test_load_when_a_socket_is_named_then_it_takes_the_place_of_address_and_port() -> None:
    settings = load({**KEY, "SOCKET_PATH": "/run/dbbackup/api.sock", "HOSTNAME": "3f2a9c"})
    assert settings.socket_path == Path("/run/dbbackup/api.sock")
    assert settings.is_local
    assert "takes the place" in complaints(SOCKET_PATH="/s", PORT="3000")["SOCKET_PATH"]
    assert "takes the place" in complaints(SOCKET_PATH="/s", HOSTNAME="0.0.0.0")["SOCKET_PATH"]
    assert "107 bytes" in complaints(SOCKET_PATH="/" + "s" * 107)["SOCKET_PATH"]


def test_is_local_when_the_address_is_of_a_network_then_not() -> None:
    assert load({**KEY, "HOSTNAME": "::1"}).is_local
    assert not load({**KEY, "HOSTNAME": "0.0.0.0"}).is_local


def test_load_when_secrets_come_in_files_then_they_are_read(tmp_path: Path) -> None:
    for name in ("key", "access", "secret"):
        (tmp_path / name).write_text(name * 12 + "\r\n")
    settings = load(
        {
            "ENCRYPTION_KEY_FILE": str(tmp_path / "key"),
            "S3_BUCKET": "b",
            "S3_ACCESS_KEY_ID_FILE": str(tmp_path / "access"),
            "S3_SECRET_ACCESS_KEY_FILE": str(tmp_path / "secret"),
        }
    )
    assert settings.encryption_key.reveal() == "key" * 12
    assert settings.s3 is not None
    assert settings.s3.secret_key.reveal() == "secret" * 12
    assert settings.s3.region == "us-east-1"


def test_load_when_a_file_cannot_be_read_then_the_variable_is_named(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert "No such file" in complaints(ENCRYPTION_KEY="", ENCRYPTION_KEY_FILE="/none")["ENCRYPTION_KEY_FILE"]
    found = complaints(**S3 | {"S3_SECRET_ACCESS_KEY": ""}, S3_SECRET_ACCESS_KEY_FILE=str(tmp_path / "binary"))
    assert "UTF-8" in found["S3_SECRET_ACCESS_KEY_FILE"]
    assert "not both" in complaints(ENCRYPTION_KEY_FILE="/none")["ENCRYPTION_KEY"]


def test_load_when_much_is_wrong_then_all_of_it_is_told_at_once() -> None:
    wrong = {
        "ENCRYPTION_KEY": "short",
        "PORT": "80000",
        "TZ": "Mars/Olympus",
        "LOG_LEVEL": "loud",
        "LOG_FORMAT": "xml",
        "MAX_CONCURRENT_BACKUPS": "0",
        "STOP_GRACE_SECONDS": "-1",
        "S3_BUCKET": "b",
        "S3_ENDPOINT": "s3.example.com",
        "AUTH_MODE": "open",
        "ADMIN_USERNAME": "root",
        "TRUSTED_PROXIES": "10.0.0.0/8, proxy",
        "CORS_ORIGINS": "https://a.example, *",
        "AUTO_DISCOVER": "perhaps",
        "DOCKER_HOST": "tcp://me:secret@proxy:2375",
        "DATABASE_URL": "mysql://me:secret@server/name",
        "STATIC_PATH": "/nowhere",
    }
    found = complaints(**wrong)
    assert found.keys() == (wrong.keys() - {"S3_BUCKET", "ADMIN_USERNAME"}) | {
        "S3_ACCESS_KEY_ID",
        "S3_SECRET_ACCESS_KEY",
        "ADMIN_PASSWORD",
    }
    assert "openssl rand" in found["ENCRYPTION_KEY"]
    assert "only 5 characters" in found["ENCRYPTION_KEY"]
    assert "secret@" not in found["DOCKER_HOST"]
    assert "secret" not in found["DATABASE_URL"]


def test_load_when_a_setting_of_the_page_is_no_value_of_its_kind_then_it_is_named() -> None:
    assert "must be a number" in complaints(MAX_CONCURRENT_BACKUPS="many")["MAX_CONCURRENT_BACKUPS"]
    assert "MAX_CONCURRENT_BACKUPS: Expected" in complaints(MAX_CONCURRENT_BACKUPS="2.5")["MAX_CONCURRENT_BACKUPS"]


def test_load_when_the_key_is_missing_then_says_how_to_make_one() -> None:
    assert "is missing" in complaints(ENCRYPTION_KEY="")["ENCRYPTION_KEY"]


def test_load_when_docker_is_asked_by_ssh_or_half_by_tls_then_it_says_what_to_set(tmp_path: Path) -> None:
    assert "cannot be ssh://" in complaints(DOCKER_HOST="ssh://me@nas")["DOCKER_HOST"]
    tcp = {"DOCKER_HOST": "tcp://nas:2376"}
    assert "must be 1" in complaints(**tcp, DOCKER_CERT_PATH=str(tmp_path))["DOCKER_TLS_VERIFY"]
    assert "is missing" in complaints(**tcp, DOCKER_TLS_VERIFY="1")["DOCKER_CERT_PATH"]
    both = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}
    assert "tcp://" in complaints(**both)["DOCKER_HOST"]
    assert "ca.pem: No such file" in complaints(**tcp, **both)["DOCKER_CERT_PATH"]
    one, other = make_server_tls(), make_server_tls()
    for name, text in (("ca", "nothing"), ("cert", one.certificate_pem), ("key", other.key_pem)):
        (tmp_path / f"{name}.pem").write_text(text)
    assert "ca.pem holds no certificate" in complaints(**tcp, **both)["DOCKER_CERT_PATH"]
    (tmp_path / "ca.pem").write_text(one.ca_pem)
    assert "are not a certificate and its key" in complaints(**tcp, **both)["DOCKER_CERT_PATH"]
    (tmp_path / "key.pem").write_text(one.key_pem)
    settings = load({**KEY, **tcp, **both})
    assert settings.docker.tls == DockerTls.below(tmp_path)
    assert load({**KEY, **tcp, "DOCKER_TLS_VERIFY": "0"}).docker.tls is None


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://me:hush@server/name", "must begin with postgresql+asyncpg://"),
        ("/data/app.db", "must begin with postgresql+asyncpg://"),
        ("postgresql+asyncpg://me:hush@server", "names no database"),
        ("postgresql+asyncpg://server/name", "names no user"),
        ("postgresql+asyncpg://me:hush@/name", "names no host"),
        ("postgresql+asyncpg://me:hu/sh@server/name", "is no URL"),
        ("postgresql+asyncpg://me:hush@server/name?pool=3", "may have the options sslmode and sslrootcert only"),
        ("postgresql+asyncpg://me:hush@server/name?sslmode=perhaps", "must have one of disable, allow"),
    ],
)
def test_load_when_the_database_url_is_wrong_then_it_is_told_without_the_password(url: str, says: str) -> None:
    told = complaints(**{**KEY, "DATABASE_URL": url})["DATABASE_URL"]
    assert says in told
    assert "hush" not in told


def test_load_when_the_database_url_is_in_a_file_then_its_parts_are_read_and_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql+asyncpg://me:p%40ss%2Fword-4711@[::1]:6432/my%20name?ssl=verify-full\n")
    found = load({**KEY, "DATABASE_URL_FILE": str(file)})
    url = found.database_url
    assert url is not None
    assert found.catalogue is url
    assert (url.host, url.port, url.username, url.name) == ("::1", 6432, "me", "my name")
    assert (url.password.reveal(), url.options) == ("p@ss/word-4711", (("sslmode", "verify-full"),))
    assert url.dsn.reveal() == "postgresql://me:p%40ss%2Fword-4711@[::1]:6432/my%20name?sslmode=verify-full"
    assert "4711" not in f"{found!r} {url} {url!r}"
    assert [secret.reveal() for secret in found.database_secrets] == ["p@ss/word-4711", "p%40ss%2Fword-4711"]
    assert file in found.secret_files
