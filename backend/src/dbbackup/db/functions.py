"""Functions that SQLite and PostgreSQL call by different names, and what keeps SQLite from an index."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


def unindexed(text: InstrumentedAttribute[Any]) -> ColumnElement[str]:
    """Return a column's text as an expression, for which no index will do.

    Grouped by a column SQLite takes the column's index, and looks up all rows of the table for what else is asked.
    """
    return text.concat("")


class utc_day(GenericFunction[str]):  # noqa: N801 - named as SQL functions are
    """The day of a time in UTC, as text such as 2026-01-31."""

    type = String()
    inherit_cache = True


@compiles(utc_day, "sqlite")
def _on_sqlite(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:
    # Times are text in UTC there, the day first; `date` would read each of them.
    return f"substr({compiler.process(element.clauses, **options)}, 1, 10)"


@compiles(utc_day, "postgresql")
def _on_postgresql(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **options)} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"


class utc_quarter(GenericFunction[str]):  # noqa: N801 - named as SQL functions are
    """The day of a time in UTC and which quarter of it, from 0, as text such as 2026-01-31 3."""

    type = String()
    inherit_cache = True


@compiles(utc_quarter, "sqlite")
def _quarter_on_sqlite(element: utc_quarter, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"(substr({moment}, 1, 11) || (substr({moment}, 12, 2) / 6))"


@compiles(utc_quarter, "postgresql")
def _quarter_on_postgresql(element: utc_quarter, compiler: SQLCompiler, **options: Any) -> str:
    moment = f"({compiler.process(element.clauses, **options)} AT TIME ZONE 'UTC')"
    return f"to_char({moment}, 'YYYY-MM-DD ') || (extract(hour FROM {moment})::integer / 6)::text"
