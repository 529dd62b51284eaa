"""A small shop as a sample database: related tables, types of every kind, sequences, a view, settings."""

from __future__ import annotations

from devtools.servers import PostgresServer

_SCHEMA = """
CREATE TYPE order_state AS ENUM ('new', 'paid', 'sent');
CREATE TABLE customer (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    tags text[] NOT NULL DEFAULT '{}',
    since timestamptz NOT NULL
);
CREATE TABLE product (sku text PRIMARY KEY, title text NOT NULL, price numeric(10, 2) NOT NULL, details jsonb);
CREATE TABLE "order" (
    id bigserial PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customer,
    sku text NOT NULL REFERENCES product,
    state order_state NOT NULL,
    note text,
    receipt bytea
);
CREATE INDEX ON "order" (customer_id);
CREATE VIEW revenue AS SELECT sku, count(*) AS sold, sum(price) AS total
    FROM "order" JOIN product USING (sku) GROUP BY sku;
COMMENT ON TABLE "order" IS 'One line an order';
CREATE TABLE empty_on_purpose (id integer);
"""

_DATA = """
INSERT INTO customer (name, tags, since)
    SELECT 'Customer ' || n, ARRAY['tag' || n % 7], timestamptz '2024-01-01 00:00+00' + n * interval '1 hour'
    FROM generate_series(1, {customers}) n;
INSERT INTO product
    SELECT 'SKU-' || n, 'Product ' || n || ' ☕', n * 1.25, jsonb_build_object('weight', n, 'colour', 'blue')
    FROM generate_series(1, 500) n;
INSERT INTO "order" (customer_id, sku, state, note, receipt)
    SELECT 1 + n % {customers}, 'SKU-' || 1 + n % 500, (ARRAY['new', 'paid', 'sent'])[1 + n % 3]::order_state,
           CASE WHEN n % 5 = 0 THEN NULL ELSE 'Leave it at door ' || n || E'\\n— thank you' END,
           decode(md5(n::text), 'hex')
    FROM generate_series(1, {orders}) n;
ANALYZE;
"""


def create_shop(server: PostgresServer, database: str, *, orders: int) -> None:
    """Create the database with so many orders; about 130 bytes each."""
    server.psql(f'CREATE DATABASE "{database}"')
    server.psql(_SCHEMA, database=database)
    server.psql(_DATA.format(orders=orders, customers=max(1, orders // 20)), database=database)
    server.psql(f"ALTER DATABASE \"{database}\" SET work_mem = '8MB'")
