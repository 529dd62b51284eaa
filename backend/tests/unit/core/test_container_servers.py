"""Which containers are database servers, and how their environments let people in."""

from __future__ import annotations

from typing import Any

import pytest

from dbbackup.core.container_servers import credentials, engine_types, image_name, server_port
from devtools.docker_answers import container


def no_file(_path: str) -> None:
    return None


@pytest.mark.parametrize(
    ("image", "types"),
    [
        ("postgres", ("postgresql",)),
        ("docker.io/library/postgres:16-alpine@sha256:ab", ("postgresql",)),
        ("localhost:5000/postgis/postgis:15-3.4", ("postgresql",)),
        ("timescale/timescaledb-ha:pg16", ("postgresql",)),
        ("pgvector/pgvector:pg17", ("postgresql",)),
        ("mysql:8.4", ("mysql",)),
        ("percona/percona-server:8.0", ("mysql",)),
        ("bitnami/mariadb:11", ("mariadb",)),
        ("edoburu/pgbouncer", ()),
        ("prometheuscommunity/postgres-exporter", ()),
        ("prodrigestivill/postgres-backup-local:16", ()),
        ("dpage/pgadmin4", ()),
    ],
)
def test_engine_types_when_the_image_tells_then_by_it(image: str, types: tuple[str, ...]) -> None:
    assert engine_types(container("shop-db-1", Image=image)) == types


def test_engine_types_when_the_image_does_not_tell_then_by_the_exposed_port() -> None:
    assert engine_types(container("by-port")) == ("postgresql",)
    assert engine_types(container("cache")) == ()
    assert engine_types(container("blog-mariadb", Image="company/db")) == ("mariadb", "mysql")
    assert engine_types(container("blog-mariadb", {}, Image="company/db")) == ("mysql", "mariadb")
    assert image_name("a/B:1") == "b"


def test_server_port_when_the_environment_moves_it_then_there() -> None:
    assert server_port(container("shop-db-1"), "postgresql") == 5432
    assert server_port(container("shop-db-1", {"PGPORT": "5433"}), "postgresql") == 5433
    assert server_port(container("blog-mariadb", {"MYSQL_TCP_PORT": "x"}), "mariadb") == 3306


@pytest.mark.parametrize(
    ("engine", "environment", "expected"),
    [
        ("postgresql", {"POSTGRES_PASSWORD": "p"}, ("postgres", "p", "postgres")),
        ("postgresql", {"POSTGRES_PASSWORD": "p", "POSTGRES_USER": "u"}, ("u", "p", "u")),
        ("postgresql", {"POSTGRES_PASSWORD": "p", "POSTGRES_DB": "d"}, ("postgres", "p", "d")),
        ("postgresql", {"POSTGRES_HOST_AUTH_METHOD": "trust"}, ("postgres", "", "postgres")),
        ("mysql", {"MYSQL_ROOT_PASSWORD": "r", "MYSQL_USER": "u", "MYSQL_PASSWORD": "p"}, ("root", "r", None)),
        ("mysql", {"MYSQL_USER": "u", "MYSQL_PASSWORD": "p", "MYSQL_DATABASE": "d"}, ("u", "p", "d")),
        (
            "mysql",
            {"MYSQL_ROOT_HOST": "localhost", "MYSQL_ROOT_PASSWORD": "r", "MYSQL_USER": "u", "MYSQL_PASSWORD": "p"},
            ("u", "p", None),
        ),
        ("mysql", {"MYSQL_ALLOW_EMPTY_PASSWORD": "yes"}, ("root", "", None)),
        ("mariadb", {"MYSQL_ROOT_PASSWORD": "r"}, ("root", "r", None)),
        ("mariadb", {"MARIADB_ROOT_PASSWORD": "m", "MYSQL_ROOT_PASSWORD": "r"}, ("root", "m", None)),
        ("mariadb", {"MARIADB_ALLOW_EMPTY_ROOT_PASSWORD": "1"}, ("root", "", None)),
    ],
)
def test_credentials_when_the_environment_holds_them_then_as_the_image_takes_them(
    engine: str, environment: dict[str, str], expected: tuple[Any, ...]
) -> None:
    found = credentials(container("shop-db-1", environment), engine, no_file)
    assert (found.username, found.password.reveal(), found.database) == expected
    assert found.missing is None


def test_credentials_when_they_are_in_a_file_then_it_is_read() -> None:
    files = {"/run/secrets/db_root": "from a file", "/run/secrets/user": "u"}
    found = credentials(container("blog-mariadb"), "mariadb", files.get)
    assert (found.username, found.password.reveal(), found.database) == ("root", "from a file", "blog")
    missing = credentials(container("blog-mariadb"), "mariadb", no_file).missing
    assert missing is not None
    assert "MARIADB_ROOT_PASSWORD_FILE names /run/secrets/db_root" in missing
    environment = {"POSTGRES_USER_FILE": "/run/secrets/user", "POSTGRES_PASSWORD": "p"}
    assert credentials(container("shop-db-1", environment), "postgresql", files.get).username == "u"


def test_credentials_when_there_are_none_then_says_what_is_missing() -> None:
    assert (
        credentials(container("cache"), "postgresql", no_file).missing == "its environment holds no POSTGRES_PASSWORD"
    )
    assert credentials(container("cache"), "mysql", no_file).missing == "its environment holds no MYSQL_ROOT_PASSWORD"


def test_credentials_when_labels_name_user_and_variable_then_by_them() -> None:
    shop = container("shop-db-1", {"POSTGRES_PASSWORD": "p", "BACKUP_PASSWORD": "b"})
    found = credentials(shop, "postgresql", no_file, username="backup", password_variable="BACKUP_PASSWORD")
    assert (found.username, found.password.reveal(), found.missing) == ("backup", "b", None)
    other = credentials(shop, "postgresql", no_file, username="backup")
    assert other.missing == "its environment holds no password of the user backup"
    assert credentials(shop, "postgresql", no_file, password_variable="NONE").missing is not None
    assert credentials(shop, "postgresql", no_file, username="postgres").password.reveal() == "p"
