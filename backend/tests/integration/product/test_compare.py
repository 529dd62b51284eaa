"""The comparison that says EQUAL sees each thing that may differ."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devtools.compare import compare
from devtools.servers import PostgresServer
from tests.faults.rig import SHOP, shared_rig

SOURCE, COPY = "compared", "compared_copy"
_SQL = """
CREATE EXTENSION pg_trgm VERSION '1.5';
CREATE SEQUENCE unused;
CREATE SEQUENCE used; SELECT nextval('used');
CREATE MATERIALIZED VIEW unfilled AS SELECT 1 AS one WITH NO DATA;
CREATE TABLE no_columns ();
ALTER TABLE customer ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON customer USING (true);
SELECT lo_from_bytea(4713, 'content');
CREATE ROLE compared_role;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    postgres = shared_rig().postgres
    postgres.psql(f"CREATE DATABASE {SOURCE} TEMPLATE {SHOP}")
    postgres.psql(_SQL, database=SOURCE)
    yield postgres
    postgres.psql(f"DROP DATABASE {SOURCE}")
    postgres.psql("DROP ROLE compared_role")


@pytest.mark.parametrize(
    ("damage", "noticed"),
    [
        ("SELECT 1", None),
        ("UPDATE product SET title = title || ' ' WHERE sku = 'SKU-7'", "rows of public.product"),
        ("DELETE FROM customer WHERE false; INSERT INTO no_columns DEFAULT VALUES", "rows of public.no_columns"),
        ("DROP TABLE empty_on_purpose", "list of tables"),
        ("REFRESH MATERIALIZED VIEW unfilled", "list of tables"),
        ("SELECT nextval('unused')", "sequences"),
        ("SELECT nextval('used')", "sequences"),
        ("SELECT lo_put(4713, 3, 'x')", "large objects"),
        ("ALTER EXTENSION pg_trgm UPDATE TO '1.6'", "states"),
        ("ALTER POLICY p ON customer USING (false)", "text of a second dump"),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO compared_role", "text of a second dump"),
        (f"ALTER DATABASE {COPY} CONNECTION LIMIT 41", "database"),
        (f"GRANT CREATE ON DATABASE {COPY} TO compared_role", "database"),
        (f"COMMENT ON DATABASE {COPY} IS 'other'", "database"),
        (f"ALTER ROLE compared_role IN DATABASE {COPY} SET work_mem = '1MB'", "database"),
    ],
)
def test_compare_when_one_thing_differs_names_it(server: PostgresServer, damage: str, noticed: str | None) -> None:
    server.psql(f"CREATE DATABASE {COPY} TEMPLATE {SOURCE}")
    try:
        server.psql(damage, database=COPY)
        result = compare(server, SOURCE, COPY)
    finally:
        server.psql(f"DROP DATABASE {COPY}")
    assert [d.what for d in result.differences][:1] == ([noticed] if noticed else []), result.differences
