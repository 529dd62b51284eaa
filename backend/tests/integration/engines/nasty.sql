CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE SCHEMA "My Schema" AUTHORIZATION app_owner;
COMMENT ON SCHEMA "My Schema" IS 'quote '' backslash \ percent % ü';
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE pair AS (a int, b text);
CREATE SEQUENCE "odd seq" START 42 INCREMENT 7 CYCLE MAXVALUE 1000;
SELECT nextval('"odd seq"');
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN NEW.note := coalesce(NEW.note, 'it''s'); RETURN NEW; END $f$;
CREATE PROCEDURE nothing() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE COLLATION german (provider = libc, locale = 'C');
CREATE TABLE parent (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    big bigserial,
    m mood DEFAULT 'ok',
    p positive,
    tags text[],
    j jsonb,
    raw bytea,
    h hstore,
    ci citext COLLATE "C",
    t text COLLATE german,
    pr pair,
    note text,
    doubled int GENERATED ALWAYS AS (p * 2) STORED,
    at timestamptz DEFAULT now(),
    n numeric(30, 10),
    f float8
);
INSERT INTO parent (p, tags, j, raw, h, ci, t, pr, n, f, at)
SELECT i, ARRAY['a', NULL, 'x"y', E'tab\t'], jsonb_build_object('k', i, 'u', 'ü'), decode(md5(i::text), 'hex'),
    hstore('a', i::text), 'MiXed', E'line\nbreak \\ back', ROW(i, 'x,y')::pair, i / 7.0, 1e300 / i, '2026-03-29 02:30+01'
FROM generate_series(1, 200) i;
ALTER TABLE parent OWNER TO app_owner;
CREATE TRIGGER touching BEFORE INSERT OR UPDATE ON parent FOR EACH ROW EXECUTE FUNCTION touch();
COMMENT ON COLUMN parent.note IS 'a \restrict comment';
CREATE INDEX ON parent USING gin (j);
CREATE UNIQUE INDEX "partial ""idx""" ON parent (lower(note)) WHERE id < 0;
CREATE STATISTICS st (dependencies) ON m, p FROM parent;
CREATE TABLE a_side (id int PRIMARY KEY, b_id int);
CREATE TABLE b_side (id int PRIMARY KEY, a_id int REFERENCES a_side DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE a_side ADD FOREIGN KEY (b_id) REFERENCES b_side DEFERRABLE INITIALLY DEFERRED;
BEGIN; INSERT INTO a_side VALUES (1, 1); INSERT INTO b_side VALUES (1, 1); COMMIT;
CREATE TABLE measure (at date NOT NULL, v int) PARTITION BY RANGE (at);
CREATE TABLE measure_2025 PARTITION OF measure FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE measure_rest PARTITION OF measure DEFAULT;
INSERT INTO measure VALUES ('2025-05-05', 1), ('2030-01-01', 2);
CREATE TABLE inherited (extra text) INHERITS (a_side);
CREATE UNLOGGED TABLE fast (i int);
INSERT INTO fast VALUES (1);
CREATE TABLE "My Schema"."-t ""q"" \ =% 'ü" ("col -x" int, "%" text);
INSERT INTO "My Schema"."-t ""q"" \ =% 'ü" VALUES (1, '\.');
CREATE VIEW v AS SELECT id, note FROM parent WHERE p > 3;
CREATE VIEW v2 WITH (security_barrier) AS SELECT * FROM v;
CREATE MATERIALIZED VIEW mv AS SELECT count(*) FROM v2;
CREATE RULE nope AS ON DELETE TO v2 DO INSTEAD NOTHING;
ALTER TABLE a_side ENABLE ROW LEVEL SECURITY;
CREATE POLICY only_reader ON a_side FOR SELECT TO reader USING (id > 0);
SELECT lo_from_bytea(4711, '\xdeadbeef00');
COMMENT ON LARGE OBJECT 4711 IS 'a large one';
GRANT SELECT ON LARGE OBJECT 4711 TO reader;
ALTER LARGE OBJECT 4711 OWNER TO app_owner;
GRANT SELECT ON parent TO reader WITH GRANT OPTION;
GRANT UPDATE (note) ON parent TO reader;
SET ROLE reader; GRANT SELECT ON parent TO "odd 'role"; RESET ROLE;
GRANT USAGE ON SCHEMA "My Schema" TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA "My Schema" GRANT SELECT ON TABLES TO reader;
REVOKE EXECUTE ON FUNCTION touch() FROM PUBLIC;
CREATE FUNCTION watch_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $f$ BEGIN NULL; END $f$;
CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('DROP FUNCTION') EXECUTE FUNCTION watch_ddl();
CREATE PUBLICATION pub FOR TABLE parent;
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER fs FOREIGN DATA WRAPPER w OPTIONS (host 'x');
CREATE USER MAPPING FOR app_owner SERVER fs OPTIONS (password 'mapped');
CREATE FOREIGN TABLE ft (i int) SERVER fs;
CREATE TEXT SEARCH CONFIGURATION tsc (COPY = simple);
CREATE CAST (pair AS text) WITH INOUT;
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
ANALYZE;
