"""The new database of a restore: created as the original was, marked as ours, dropped only by its mark."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Identifier, Literal

from dbbackup.core.errors import DatabaseError, DatabaseUnreachableError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.postgresql_birth import birth_name, drop_unborn, give_name, refuse_taken
from dbbackup.engines.postgresql_connect import Session, session
from dbbackup.engines.postgresql_marks import bears, comment_of, drop_marked, made, set_comment
from dbbackup.engines.postgresql_roles import create_roles, drop_roles, needed_roles
from dbbackup.engines.values import Connection

CREATE_TIMEOUT = 600
"""Seconds for copying template0, and for the checkpoint servers before 15 make around it."""


_ALWAYS_THERE = ("postgres", "template1")


async def maintenance(target: Connection) -> Connection:
    """Return the connection, or one to another database where the given one is refused; see `Engine.maintenance`."""
    try:
        async with session(target):
            return target
    except DatabaseUnreachableError:
        raise
    except DatabaseError as e:
        refused = e
    for name in _ALWAYS_THERE:
        other = replace(target, database=name)
        with contextlib.suppress(DatabaseError):
            async with session(other):
                return other
    raise refused


async def create_database(target: Connection, manifest: Manifest, options: dict[str, Any]) -> None:
    """Create the empty database and mark it, and the missing roles if wanted; see `Engine.create_database`.

    It gets its name last: see `postgresql_birth`.
    """
    marker = options["marker"]
    birth = birth_name(marker)
    async with session(target, statement_timeout=CREATE_TIMEOUT, limit=2 * CREATE_TIMEOUT) as opened:
        await refuse_taken(opened, options["newDatabase"])
        await _create(opened, birth, manifest, options)
        try:
            await set_comment(opened, birth, made(marker))
            if options["missingRoles"] == "create":
                await create_roles(opened, needed_roles(manifest, options), marker)
            if not manifest.source.properties.get("publicSchema", True):
                await _drop_public_schema(replace(target, database=birth))
            await give_name(opened, marker, options["newDatabase"])
        except BaseException:  # a cancelled restore too must leave no database without the mark
            with contextlib.suppress(psycopg.Error):  # the first error is the one to tell
                await drop_unborn(opened, marker)
                await drop_roles(opened, marker)
            raise


async def drop_database(target: Connection, name: str, marker: str) -> bool:
    """Drop the database if it bears the mark, and the roles made for it; see `Engine.drop_database`."""
    async with session(target, statement_timeout=CREATE_TIMEOUT, limit=2 * CREATE_TIMEOUT) as opened:
        unborn = await drop_unborn(opened, marker)
        there, _ = await comment_of(opened, name)
        # A database of that name that is not ours is no obstacle when ours never got the name.
        if there and (not unborn or await bears(opened, name, made(marker))):
            await drop_marked(opened, name, made(marker))
        await drop_roles(opened, marker)
    return unborn or there


def locale_clauses(properties: dict[str, Any], server_major: int) -> list[Composable]:
    """Return the parts of CREATE DATABASE that repeat the original's encoding and locale."""
    clauses: list[Composable] = [
        SQL("ENCODING {}").format(Literal(properties["encoding"])),
    ]
    if "collate" not in properties:
        # of an uploaded dump only the encoding is known: the rest is the server's own
        return clauses
    clauses += [
        SQL("LC_COLLATE {}").format(Literal(properties["collate"])),
        SQL("LC_CTYPE {}").format(Literal(properties["ctype"])),
    ]
    provider = properties.get("localeProvider", "libc")
    if server_major >= 15:
        # said always: template0 may have another provider than the original had
        clauses.append(SQL("LOCALE_PROVIDER {}").format(SQL(_PROVIDERS[provider])))
    if provider == "icu":
        clauses.append(SQL("ICU_LOCALE {}").format(Literal(properties["locale"])))
        if properties.get("icuRules"):
            clauses.append(SQL("ICU_RULES {}").format(Literal(properties["icuRules"])))
    if provider == "builtin":
        clauses.append(SQL("BUILTIN_LOCALE {}").format(Literal(properties["locale"])))
    return clauses


_PROVIDERS: dict[str, Any] = {"libc": "libc", "icu": "icu", "builtin": "builtin"}


async def _create(opened: Session, name: str, manifest: Manifest, options: dict[str, Any]) -> None:
    clauses = locale_clauses(manifest.source.properties, opened.info.server_version // 10000)
    if options["role"] is not None:
        # it makes the objects, and since 15 only the database's owner may make any in schema public
        clauses.append(SQL("OWNER {}").format(Identifier(options["role"])))
    statement = SQL("CREATE DATABASE {} TEMPLATE template0 {}").format(Identifier(name), SQL(" ").join(clauses))
    try:
        await opened.execute(statement)
    except (
        psycopg.errors.InvalidParameterValue,  # a libc or ICU locale that is not there, or not of this encoding
        psycopg.errors.FeatureNotSupported,  # a server built without ICU
        psycopg.errors.WrongObjectType,  # a locale the built-in provider does not have
    ) as e:
        raise DatabaseError(_locale_refused(manifest.source.properties, e)) from e


def _locale_refused(properties: dict[str, Any], error: psycopg.Error) -> str:
    return (
        f"The target cannot create a database like the original (encoding {properties['encoding']}, collation "
        f"{properties.get('collate', 'its own')}, character type {properties.get('ctype', 'its own')}, provider "
        f"{properties.get('localeProvider', 'libc')}): {error.diag.message_primary}. Install the locale on the "
        "target's machine (locale-gen, then restart the server), or restore into a server that has it."
    )


async def _drop_public_schema(connection: Connection) -> None:
    """Remove what template0 brings and the original did not have; pg_dump does not note its absence."""
    async with session(connection) as opened:
        await opened.execute("DROP SCHEMA IF EXISTS public")
