"""The small shop of `sample.py` for MySQL and MariaDB: related tables, types, a view, a trigger, an event."""

from __future__ import annotations

from devtools.compare_mysql import quoted
from devtools.servers import MysqlFamilyServer

_SCHEMA = """
CREATE TABLE customer (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    tags SET('new', 'regular', 'abroad') NOT NULL DEFAULT '',
    since DATETIME NOT NULL
);
CREATE TABLE product (
    sku VARCHAR(20) NOT NULL PRIMARY KEY,
    title VARCHAR(200) NOT NULL,
    price DECIMAL(10, 2) NOT NULL CHECK (price >= 0),
    details JSON
);
CREATE TABLE `order` (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id INT UNSIGNED NOT NULL,
    sku VARCHAR(20) NOT NULL,
    state ENUM('new', 'paid', 'sent') NOT NULL,
    note TEXT,
    receipt VARBINARY(32),
    FOREIGN KEY (customer_id) REFERENCES customer (id),
    FOREIGN KEY (sku) REFERENCES product (sku)
) COMMENT 'One line an order';
CREATE VIEW revenue AS SELECT sku, COUNT(*) AS sold, SUM(price) AS total
    FROM `order` JOIN product USING (sku) GROUP BY sku;
CREATE TABLE empty_on_purpose (id INT);
"""

# After the rows: the trigger would run for each of them.
_PROGRAMS = """
CREATE TRIGGER no_empty_note BEFORE INSERT ON `order` FOR EACH ROW SET NEW.note = NULLIF(NEW.note, '');
CREATE FUNCTION price_of(wanted VARCHAR(20)) RETURNS DECIMAL(10, 2) READS SQL DATA
    RETURN (SELECT price FROM product WHERE sku = wanted);
CREATE EVENT send_paid ON SCHEDULE EVERY 1 DAY STARTS '2036-01-01 03:00:00'
    DO UPDATE `order` SET state = 'sent' WHERE state = 'paid';
"""

_SHARED = "COLLATE utf8mb4_unicode_ci"
_DIGITS = "(" + " UNION ALL ".join(f"SELECT {digit} AS d" for digit in range(10)) + ")"
_NUMBERS = "(SELECT 1 + {sum} AS n FROM {digits}) numbers WHERE n <= {count}"

_DATA = """
INSERT INTO customer (name, tags, since)
    SELECT CONCAT('Customer ', n), n % 8, TIMESTAMP '2024-01-01 00:00:00' + INTERVAL n HOUR FROM {customer_numbers}
    ORDER BY n;
INSERT INTO product
    SELECT CONCAT('SKU-', n), CONCAT('Product ', n, ' ☕'), n * 1.25, JSON_OBJECT('colour', 'blue', 'weight', n)
    FROM {product_numbers} ORDER BY n;
INSERT INTO `order` (customer_id, sku, state, note, receipt)
    SELECT 1 + n % {customers}, CONCAT('SKU-', 1 + n % 500), 1 + n % 3,
           IF(n % 5 = 0, NULL, CONCAT('Leave it at door ', n, '\n— thank you')), UNHEX(SHA2(n, 256))
    FROM {order_numbers} ORDER BY n;
"""


def create_shop(server: MysqlFamilyServer, database: str, *, orders: int, portable: bool = False) -> None:
    """Create the database with so many orders, at most a million; about 130 bytes each.

    A `portable` one holds only what MySQL and MariaDB word alike: tables and a view, in a collation of both.
    """
    customers = max(1, orders // 20)
    server.sql(f"CREATE DATABASE {quoted(database)} {f'CHARACTER SET utf8mb4 {_SHARED}' if portable else ''}")
    # A view keeps the collation of the connection that made it.
    before, after = (f"SET NAMES utf8mb4 {_SHARED};", "") if portable else ("", _PROGRAMS)
    rows = _DATA.format(
        customers=customers,
        customer_numbers=_numbers(customers),
        product_numbers=_numbers(500),
        order_numbers=_numbers(orders),
    )
    server.sql(before + _SCHEMA + rows + after, database=database)


def _numbers(count: int) -> str:
    """Return the rest of a SELECT over the numbers from 1 to `count`, which no function of the server makes."""
    places = range(len(str(count)))
    total = " + ".join(f"d{place}.d * {10**place}" for place in places)
    return _NUMBERS.format(sum=total, digits=", ".join(f"{_DIGITS} d{place}" for place in places), count=count)
