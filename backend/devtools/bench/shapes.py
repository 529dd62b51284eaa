"""Fills databases of four shapes, alike on every engine: wide rows, narrow rows, blobs, many small tables."""

from __future__ import annotations

from collections.abc import Callable

from devtools.servers import MariadbServer, MysqlFamilyServer, PostgresServer

Server = PostgresServer | MysqlFamilyServer

SHAPES = {
    "wide": "one table, rows of 1,100 bytes of text",
    "narrow": "one table, rows of about 50 bytes: numbers and a time",
    "blobs": "one table, rows of 64 KiB that do not compress",
    "many": "5,000 tables (500 below 500 MB) of wide rows, each with an index",
}
_MB = 1 << 20
_BLOB_PIECES = 1024
"""SHA-512 gives 64 bytes: so many make 64 KiB."""


def fill(server: Server, database: str, shape: str, megabytes: int) -> None:
    """Make the database and fill it with about so many MB, as a plain dump counts them; the same at each call."""
    if isinstance(server, PostgresServer):
        server.psql(f'CREATE DATABASE "{database}"')
        _POSTGRESQL[shape](server, database, megabytes)
        server.psql("VACUUM ANALYZE; CHECKPOINT", database=database)
    else:
        server.sql(f"CREATE DATABASE `{database}`")
        _MYSQL[shape](server, database, megabytes)


def _tables(megabytes: int) -> int:
    return 5000 if megabytes >= 500 else 500


def _rows(megabytes: int, row: int) -> int:
    return max(1, megabytes * _MB // row)


_NOTES = """
CREATE TABLE note (id bigint, at timestamptz, author text, body text);
INSERT INTO note SELECT n, timestamptz '2024-01-01 00:00+00' + n * interval '1 second', 'author ' || n % 1000,
    (SELECT string_agg(md5((n * 31 + k)::text) || ' lorem ipsum dolor sit amet ', '') FROM generate_series(1, 18) k)
    FROM generate_series(1::bigint, {rows}) n;
"""
_READINGS = """
CREATE TABLE reading (id bigint, sensor int, value numeric(10, 3), at timestamp);
INSERT INTO reading SELECT n, n * 7919 % 5000, (n * 104729 % 10000000) / 1000.0,
    timestamp '2024-01-01' + n * interval '1 second' FROM generate_series(1::bigint, {rows}) n;
"""
_FILES = """
CREATE TABLE file (id bigint, content bytea);
ALTER TABLE file ALTER content SET STORAGE EXTERNAL;
INSERT INTO file SELECT n,
    (SELECT string_agg(sha512((n || '.' || k)::bytea), '') FROM generate_series(1, {pieces}) k)
    FROM generate_series(1::bigint, {rows}) n;
"""
_LEAVES = """
DO $$ BEGIN FOR t IN 1..{tables} LOOP
    EXECUTE format('CREATE TABLE %I (id bigint PRIMARY KEY, body text)', 'leaf_' || t);
    EXECUTE format('INSERT INTO %I SELECT n, (SELECT string_agg(md5(%s || ''.'' || n || ''.'' || k), '' '')'
        ' FROM generate_series(1, 30) k) FROM generate_series(1::bigint, {rows}) n', 'leaf_' || t, t);
    IF t % 200 = 0 THEN COMMIT; END IF;
END LOOP; END $$;
"""
_POSTGRESQL: dict[str, Callable[[PostgresServer, str, int], object]] = {
    "wide": lambda server, name, size: server.psql(_NOTES.format(rows=_rows(size, 1100)), database=name),
    "narrow": lambda server, name, size: server.psql(_READINGS.format(rows=_rows(size, 45)), database=name),
    # bytea is dumped in hexadecimal: twice its size.
    "blobs": lambda server, name, size: server.psql(
        _FILES.format(rows=_rows(size, 2 << 16), pieces=_BLOB_PIECES), database=name
    ),
    "many": lambda server, name, size: server.psql(
        _LEAVES.format(tables=_tables(size), rows=_rows(size, 1000 * _tables(size))), database=name
    ),
}


def numbers(server: MysqlFamilyServer, count: int) -> str:
    """Return what stands before or in FROM to count from 1: (common table expression, table)."""
    if isinstance(server, MariadbServer):
        return f"(SELECT seq AS n FROM seq_1_to_{count}) numbers"
    digits = " UNION ALL ".join(f"SELECT {d} AS d" for d in range(10))
    powers = range(len(str(count)))
    total = " + ".join(f"d{p}.d * {10**p}" for p in powers)
    tables = " JOIN ".join(f"({digits}) d{p}" for p in powers)
    return f"(SELECT {total} + 1 AS n FROM {tables} HAVING n <= {count}) numbers"


def _mysql_wide(server: MysqlFamilyServer, database: str, megabytes: int) -> None:
    body = ", ".join(f"LEFT(SHA2(n * 31 + {k}, 256), 32), ' lorem ipsum dolor sit amet '" for k in range(18))
    server.sql(
        "CREATE TABLE note (id bigint, at datetime, author varchar(40), body text);"
        " INSERT INTO note SELECT n, '2024-01-01' + INTERVAL n SECOND, CONCAT('author ', n % 1000),"
        f" CONCAT({body}) FROM {numbers(server, _rows(megabytes, 1100))}",
        database=database,
    )


def _mysql_narrow(server: MysqlFamilyServer, database: str, megabytes: int) -> None:
    server.sql(
        "CREATE TABLE reading (id bigint, sensor int, value decimal(10, 3), at datetime);"
        " INSERT INTO reading SELECT n, n * 7919 % 5000, (n * 104729 % 10000000) / 1000,"
        f" '2024-01-01' + INTERVAL n SECOND FROM {numbers(server, _rows(megabytes, 47))}",
        database=database,
    )


def _mysql_blobs(server: MysqlFamilyServer, database: str, megabytes: int) -> None:
    content = ", ".join(f"UNHEX(SHA2(CONCAT(n, '.', {k}), 512))" for k in range(_BLOB_PIECES))
    server.sql(
        "CREATE TABLE file (id bigint, content mediumblob);"
        f" INSERT INTO file SELECT n, CONCAT({content}) FROM {numbers(server, _rows(megabytes, 2 << 16))}",
        database=database,
    )


def _mysql_many(server: MysqlFamilyServer, database: str, megabytes: int) -> None:
    tables = _tables(megabytes)
    rows = _rows(megabytes, 1000 * tables)
    body = ", ".join(f"SHA2(CONCAT({{t}}, '.', n, '.', {k}), 256), ' '" for k in range(15))
    create = "CREATE TABLE leaf_{t} (id bigint PRIMARY KEY, body text);"
    insert = f" INSERT INTO leaf_{{t}} SELECT n, CONCAT({body}) FROM {numbers(server, rows)};"
    for first in range(1, tables + 1, 100):
        text = "".join((create + insert).format(t=t) for t in range(first, min(first + 100, tables + 1)))
        server.sql(text, database=database)


_MYSQL: dict[str, Callable[[MysqlFamilyServer, str, int], None]] = {
    "wide": _mysql_wide,
    "narrow": _mysql_narrow,
    "blobs": _mysql_blobs,
    "many": _mysql_many,
}
