-- What only MariaDB has, beside nasty_mysql.sql.
SET NAMES utf8mb4;
SET time_zone = '+00:00';
CREATE SEQUENCE `odd seq` START WITH 42 INCREMENT BY 7 MAXVALUE 1000 NOCACHE CYCLE;
DO NEXTVAL(`odd seq`);
DO NEXTVAL(`odd seq`);
CREATE TABLE mariadb_only (
    id UUID NOT NULL DEFAULT UUID() PRIMARY KEY,
    net INET6, old INET4,
    hidden INT INVISIBLE DEFAULT 7,
    packed LONGTEXT COMPRESSED,
    n INT DEFAULT (NEXTVAL(`odd seq`)) CHECK (n <> 13),
    KEY unseen (n) IGNORED
);
INSERT INTO mariadb_only (id, net, old, hidden, packed, n) VALUES
    ('123e4567-e89b-12d3-a456-426614174000', 'fe80::1', '10.0.0.1', 5, REPEAT('packed ', 1000), 1);
CREATE TABLE versioned (i INT, t TEXT) WITH SYSTEM VERSIONING;
INSERT INTO versioned VALUES (1, 'now');
CREATE TABLE booked (room INT, since DATE, till DATE, PERIOD FOR stay (since, till),
    UNIQUE (room, stay WITHOUT OVERLAPS));
INSERT INTO booked VALUES (1, '2026-01-01', '2026-02-01'), (1, '2026-02-01', '2026-03-01');
CREATE TABLE in_aria (i INT AUTO_INCREMENT PRIMARY KEY) ENGINE = Aria TRANSACTIONAL = 1;
INSERT INTO in_aria VALUES (1), (5);
DELIMITER ;;
SET sql_mode = 'ORACLE';;
CREATE PACKAGE tools AS FUNCTION one RETURN INT; END;;
CREATE PACKAGE BODY tools AS FUNCTION one RETURN INT AS BEGIN RETURN 1; END; END;;
DELIMITER ;
