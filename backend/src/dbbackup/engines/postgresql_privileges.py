"""What a role still lacks to dump a whole PostgreSQL database, each with the statement that grants it."""

from __future__ import annotations

from dbbackup.engines.postgresql_connect import Session, ask

# pg_dump locks every table (SELECT on it and USAGE on its schema), reads every sequence and large object,
# and stops at row security. It needs nothing on views, functions, foreign tables, or on what belongs to an
# extension, except the tables an extension marked as configuration. pg_read_all_data counts for tables and
# sequences (has_*_privilege know it), never for large objects. Checked on 15 and 18.
_MISSING = r"""
WITH me AS (SELECT current_user AS role, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS super),
scope AS (
    SELECT n.oid AS schema_oid, n.nspname, c.oid, c.relname, c.relkind
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't'
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (
          SELECT 1 FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
            AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
            AND c.oid <> ALL (coalesce(e.extconfig, '{}'))
      )
),
missing AS (
    SELECT DISTINCT 1 AS rank, nspname AS sorted_by,
        format('USAGE on schema %I is missing: GRANT USAGE ON SCHEMA %I TO %I;', nspname, nspname, role) AS text
    FROM scope, me WHERE NOT has_schema_privilege(schema_oid, 'USAGE')
    UNION ALL
    SELECT 2, nspname || '.' || relname,
        format('SELECT on table %I.%I is missing: GRANT SELECT ON TABLE %I.%I TO %I;',
               nspname, relname, nspname, relname, role)
    FROM scope, me WHERE relkind <> 'S' AND NOT has_table_privilege(oid, 'SELECT')
    UNION ALL
    SELECT 3, nspname || '.' || relname,
        format('SELECT on sequence %I.%I is missing: GRANT SELECT ON SEQUENCE %I.%I TO %I;',
               nspname, relname, nspname, relname, role)
    FROM scope, me
    -- a CASE, because the function fails on a table and the planner may ask it first
    WHERE CASE WHEN relkind = 'S' THEN NOT has_sequence_privilege(oid, 'SELECT') ELSE false END
    UNION ALL
    SELECT 4, nspname || '.' || relname,
        format('row security on table %I.%I would hide rows from %I, so pg_dump stops: ALTER ROLE %I BYPASSRLS;',
               nspname, relname, role, role)
    FROM scope, me WHERE relkind <> 'S' AND row_security_active(oid)
    UNION ALL
    SELECT 5, lpad(m.oid::text, 10, '0'),
        format('SELECT on large object %s is missing: GRANT SELECT ON LARGE OBJECT %s TO %I;', m.oid, m.oid, role)
    FROM pg_largeobject_metadata m, me
    WHERE NOT super AND NOT pg_has_role(m.lomowner, 'USAGE') AND NOT EXISTS (
        SELECT 1 FROM aclexplode(m.lomacl) a
        WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE'))
    )
)
SELECT text, count(*) OVER () FROM missing ORDER BY rank, sorted_by LIMIT 20
"""


async def missing_privileges(session: Session) -> list[str]:
    """Return a sentence for each privilege that is missing, at most 20, and how many more there are."""
    rows = await ask(session, _MISSING)
    sentences = [text for text, _ in rows]
    more = rows[0][1] - len(rows) if rows else 0
    if more:
        sentences.append(f"and {more} more. GRANT pg_read_all_data covers all tables and sequences (since 14).")
    return sentences
