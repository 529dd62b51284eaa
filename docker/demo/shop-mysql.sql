-- A small shop to back up: the demo profile of compose.yaml.

USE shop;

CREATE TABLE customer (
    id int PRIMARY KEY,
    name varchar(100) NOT NULL,
    email varchar(200) NOT NULL UNIQUE
);

CREATE TABLE purchase (
    id int PRIMARY KEY,
    customer_id int NOT NULL,
    total decimal(10, 2) NOT NULL,
    placed_at datetime NOT NULL,
    FOREIGN KEY (customer_id) REFERENCES customer (id)
);

SET SESSION cte_max_recursion_depth = 100000;

INSERT INTO customer
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000)
SELECT n, CONCAT('Customer ', n), CONCAT('customer', n, '@example.com') FROM numbers;

INSERT INTO purchase
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
SELECT n, 1 + n % 1000, (n % 20000) / 100.0, TIMESTAMP('2026-01-01') + INTERVAL n MINUTE FROM numbers;
