-- What only MySQL has, beside nasty_mysql.sql.
SET NAMES utf8mb4;
CREATE TABLE mysql_only (
    id BINARY(16) NOT NULL DEFAULT (UUID_TO_BIN(UUID())) PRIMARY KEY,
    j JSON DEFAULT (JSON_ARRAY('it''s')),
    hidden INT INVISIBLE DEFAULT 7,
    spot POINT NOT NULL SRID 4326,
    vec VECTOR(3),
    price INT, CONSTRAINT not_enforced CHECK (price > 0) NOT ENFORCED,
    KEY by_expression ((price * 2), (ABS(price))),
    KEY unseen (price) INVISIBLE,
    KEY many ((CAST(j -> '$.tags' AS UNSIGNED ARRAY))),
    SPATIAL KEY (spot)
) COMMENT = 'it''s';
INSERT INTO mysql_only (j, hidden, spot, vec, price) VALUES
    ('{"tags": [1, 2], "b": 1.10, "aa": 1e100, "date": null}', 5, ST_GeomFromText('POINT(52.5 13.4)', 4326), STRING_TO_VECTOR('[1, -2.5, 0.1]'), -1);
INSERT INTO mysql_only (spot, j) VALUES (ST_GeomFromText('POINT(-90 180)', 4326), CAST(CAST(0xFF AS BINARY) AS JSON));
CREATE TABLE collated (t VARCHAR(20) COLLATE utf8mb4_0900_as_cs) COLLATE utf8mb4_ja_0900_as_cs;
INSERT INTO collated VALUES ('ハハ');
CREATE VIEW with_lateral AS SELECT p.id, x.n FROM parent p, LATERAL (SELECT COUNT(*) AS n FROM journal WHERE id > p.id) x;
CREATE VIEW with_json_table AS SELECT jt.* FROM mysql_only, JSON_TABLE(j, '$.tags[*]' COLUMNS (tag INT PATH '$')) jt;
