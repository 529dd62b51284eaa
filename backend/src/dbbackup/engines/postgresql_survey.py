"""What the manifest keeps of a PostgreSQL database: tables, roles, extensions, and how to create its equal."""

from __future__ import annotations

from typing import Any

import psycopg

from dbbackup.core.manifest import TableFacts
from dbbackup.engines.postgresql_connect import Session, ask, session
from dbbackup.engines.postgresql_objects import objects
from dbbackup.engines.postgresql_probe import server_version
from dbbackup.engines.values import Connection, Survey

# A partitioned table holds nothing itself, and its estimate is the sum of its partitions: counted there.
_TABLES = r"""
SELECT n.nspname, c.relname,
    CASE WHEN c.relkind = 'p' THEN 0 ELSE greatest(c.reltuples, 0)::bigint END, {size}, {columns}
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1, 2
"""
# What COPY names: generated columns are left out, they are computed anew. The session's search path is pg_catalog
# alone, so that types of the user's are written with their schema, here and in the target.
COLUMNS = """coalesce((
        SELECT json_object_agg(a.attname::text, format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
        FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    ), '{}')"""
_TABLES = _TABLES.replace("{columns}", COLUMNS)
_TABLES_EXACT = _TABLES.replace("{size}", "coalesce(pg_total_relation_size(c.oid), 0)")
_TABLES_LOCK_FREE = _TABLES.replace("{size}", "c.relpages::bigint * current_setting('block_size')::bigint")

# pg_shdepend knows every role this database's objects depend on, except the bootstrap superuser (oid 10), which
# is never recorded. For it the catalogues are looked through; what belongs to an extension is no object of its own.
_ROLES = r"""
WITH own AS (
    SELECT 'pg_class'::regclass AS catalogue, oid, relowner AS owner FROM pg_class
    UNION ALL SELECT 'pg_proc'::regclass, oid, proowner FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid, typowner FROM pg_type
    UNION ALL SELECT 'pg_namespace'::regclass, oid, nspowner FROM pg_namespace
    UNION ALL SELECT 'pg_operator'::regclass, oid, oprowner FROM pg_operator
    UNION ALL SELECT 'pg_opclass'::regclass, oid, opcowner FROM pg_opclass
    UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfowner FROM pg_opfamily
    UNION ALL SELECT 'pg_collation'::regclass, oid, collowner FROM pg_collation
    UNION ALL SELECT 'pg_conversion'::regclass, oid, conowner FROM pg_conversion
    UNION ALL SELECT 'pg_language'::regclass, oid, lanowner FROM pg_language
    UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictowner FROM pg_ts_dict
    UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgowner FROM pg_ts_config
    UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxowner FROM pg_statistic_ext
    UNION ALL SELECT 'pg_event_trigger'::regclass, oid, evtowner FROM pg_event_trigger
    UNION ALL SELECT 'pg_publication'::regclass, oid, pubowner FROM pg_publication
    UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, fdwowner FROM pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_foreign_server'::regclass, oid, srvowner FROM pg_foreign_server
    UNION ALL SELECT 'pg_largeobject'::regclass, oid, lomowner FROM pg_largeobject_metadata
),
used AS (
    SELECT d.refobjid AS role, CASE
        WHEN d.classid = 'pg_default_acl'::regclass THEN 'grantees'
        WHEN d.classid = 'pg_user_mapping'::regclass OR d.deptype = 'r' THEN 'others'
        WHEN d.deptype = 'o' THEN 'owners'
        ELSE 'grantees' END AS kind
    FROM pg_shdepend d, pg_database b
    WHERE b.datname = current_database() AND d.refclassid = 'pg_authid'::regclass
      AND (d.dbid = b.oid OR (d.classid = 'pg_database'::regclass AND d.objid = b.oid))
    UNION
    SELECT 10, 'owners' WHERE EXISTS (
        SELECT 1 FROM own WHERE owner = 10 AND oid >= 16384 AND NOT EXISTS (
            SELECT 1 FROM pg_depend d
            WHERE d.classid = own.catalogue AND d.objid = own.oid AND d.deptype = 'e'))
      OR EXISTS (SELECT 1 FROM pg_database WHERE datname = current_database() AND datdba = 10)
)
SELECT kind, array_agg(rolname::text ORDER BY rolname)
FROM used JOIN pg_roles r ON r.oid = used.role WHERE rolname !~ '^pg_' GROUP BY kind
"""

_EXTENSIONS = "SELECT extname || ' ' || extversion FROM pg_extension ORDER BY extname"

# The columns of the locale differ: 15 brought the provider, 16 the ICU rules, 17 renamed daticulocale to datlocale.
# Through to_jsonb a column that is not there is a null instead of an error.
_DATABASE = r"""
SELECT pg_encoding_to_char(d.encoding), d.datcollate, d.datctype,
    CASE to_jsonb(d) ->> 'datlocprovider' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
    coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'),
    coalesce(to_jsonb(d) ->> 'datlocrules', to_jsonb(d) ->> 'daticurules'),
    pg_get_userbyid(d.datdba), shobj_description(d.oid, 'pg_database'), d.datconnlimit,
    to_regnamespace('public') IS NOT NULL, d.datacl IS NOT NULL,
    pg_database_size(d.oid)
FROM pg_database d WHERE d.datname = current_database()
"""

_ACL = """
SELECT CASE a.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(a.grantee) END, pg_get_userbyid(a.grantor),
    a.privilege_type, a.is_grantable
FROM pg_database d, aclexplode(d.datacl) WITH ORDINALITY a(grantor, grantee, privilege_type, is_grantable, position)
WHERE d.datname = current_database() ORDER BY a.position
"""

_SETTINGS = """
SELECT r.rolname, split_part(line, '=', 1), substr(line, strpos(line, '=') + 1)
FROM pg_db_role_setting s
JOIN pg_database d ON d.oid = s.setdatabase AND d.datname = current_database()
LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) WITH ORDINALITY c(line, position)
ORDER BY r.rolname NULLS FIRST, position
"""

_TABLESPACES = """
SELECT DISTINCT t.spcname FROM pg_tablespace t JOIN pg_class c ON c.reltablespace = t.oid
WHERE t.spcname !~ '^pg_' ORDER BY 1
"""

# Deferred keys are checked at the commit, and those to the table itself at the end of its COPY: they ask for no
# order. Partitions have keys of their own.
_FOREIGN_KEYS = """
SELECT DISTINCT n.nspname, c.relname, fn.nspname, fc.relname
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class fc ON fc.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = fc.relnamespace
WHERE k.contype = 'f' AND NOT k.condeferred AND k.conrelid <> k.confrelid
ORDER BY 1, 2, 3, 4
"""

# Null where nothing was drawn yet. The CASE because the function refuses a sequence the role may not read;
# unlogged ones cannot be read on a standby.
_SEQUENCES = """
SELECT schema, name, value FROM (
    SELECT n.nspname AS schema, c.relname AS name, CASE WHEN has_sequence_privilege(c.oid, 'SELECT, USAGE')
        THEN pg_sequence_last_value(c.oid) END AS value
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'S' AND c.relpersistence = 'p'
) found WHERE value IS NOT NULL ORDER BY 1, 2
"""

# Those of an extension come and go with it.
_VIEWS = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
      AND d.deptype = 'e')
ORDER BY 1, 2
"""

_LARGE_OBJECTS = "SELECT EXISTS (SELECT FROM pg_largeobject_metadata)"


async def survey(connection: Connection) -> Survey:
    """Collect what the manifest holds of the database; see `Engine.survey`."""
    async with session(connection) as opened:
        return await look(opened)


async def look(opened: Session) -> Survey:
    """Do the same over a connection that is open, in a transaction or not."""
    properties, size = await database_properties(opened)
    uses = dict(await ask(opened, _ROLES))
    properties["roleUses"] = {kind: uses.get(kind, []) for kind in ("owners", "grantees", "others")}
    properties |= await _for_filling(opened)
    properties["objects"] = await objects(opened)
    return Survey(
        server_version=server_version(opened),
        size=size,
        tables=await tables(opened),
        roles=sorted({role for roles in uses.values() for role in roles}),
        extensions=[text for (text,) in await ask(opened, _EXTENSIONS)],
        properties=properties,
    )


async def database_properties(opened: Session) -> tuple[dict[str, Any], int]:
    """Return the properties of the database for the manifest, and its size in bytes."""
    [row] = await ask(opened, _DATABASE)
    encoding, collate, ctype, provider, locale, rules, owner, comment, limit, has_public, has_acl, size = row
    acl = [
        {"grantee": grantee, "grantor": grantor, "privilege": privilege, "grantable": grantable}
        for grantee, grantor, privilege, grantable in await ask(opened, _ACL)
    ]
    settings = await ask(opened, _SETTINGS)
    return {
        "encoding": encoding,
        "collate": collate,
        "ctype": ctype,
        "localeProvider": provider,
        "locale": locale,
        "icuRules": rules,
        "owner": owner,
        "acl": acl if has_acl else None,
        "comment": comment,
        "connectionLimit": limit,
        "publicSchema": has_public,
        "tablespaces": [name for (name,) in await ask(opened, _TABLESPACES)],
        "settings": [{"role": role, "name": name, "value": value} for role, name, value in settings],
    }, size


async def _for_filling(opened: Session) -> dict[str, Any]:
    """Return what a restore of the rows alone wants to know."""
    [(large_objects,)] = await ask(opened, _LARGE_OBJECTS)
    return {
        "foreignKeys": [
            {"table": [schema, table], "references": [other_schema, other]}
            for schema, table, other_schema, other in await ask(opened, _FOREIGN_KEYS)
        ],
        "sequences": [
            {"schema": schema, "name": name, "value": value} for schema, name, value in await _sequences(opened)
        ],
        "largeObjects": large_objects,
        "views": [[schema, name] for schema, name in await ask(opened, _VIEWS)],
    }


async def _sequences(opened: Session) -> list[tuple[Any, ...]]:
    """Return the last values of the sequences; none where one is being altered, as `tables` does not wait."""
    await opened.execute("SET lock_timeout = '3s'")
    try:
        async with opened.transaction():
            return await ask(opened, _SEQUENCES)
    except psycopg.errors.LockNotAvailable:
        return []


async def tables(opened: Session) -> list[TableFacts]:
    """Return the tables with estimated rows and sizes in bytes, from the last VACUUM where a table is locked.

    To measure a table is to wait for whoever holds it exclusively; that must not stop a backup here.
    """
    await opened.execute("SET lock_timeout = '3s'")
    try:
        async with opened.transaction():
            rows = await ask(opened, _TABLES_EXACT)
    except psycopg.errors.LockNotAvailable:
        rows = await ask(opened, _TABLES_LOCK_FREE)
    return [
        TableFacts(schema=schema, name=name, rows=estimate, rows_exact=False, size=size, columns=columns)
        for schema, name, estimate, size, columns in rows
    ]
