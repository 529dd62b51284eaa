-- A small shop to back up: the demo profile of compose.yaml.

CREATE TABLE customer (
    id integer PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL UNIQUE
);

CREATE TABLE purchase (
    id integer PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customer,
    total numeric(10, 2) NOT NULL,
    placed_at timestamptz NOT NULL,
    note text NOT NULL
);

INSERT INTO customer
SELECT n, 'Customer ' || n, 'customer' || n || '@example.com' FROM generate_series(1, 1000) AS n;

INSERT INTO purchase
SELECT n, 1 + n % 1000, (n % 20000) / 100.0, timestamptz '2026-01-01' + n * interval '1 minute', md5(n::text)
FROM generate_series(1, 100000) AS n;
