"""Types that SQLite and PostgreSQL would treat differently."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import TypeCompiler


@compiles(String, "postgresql")
def _without_length(_type: String, _compiler: TypeCompiler, **_: Any) -> str:
    """Lengths tell the reader what to expect: SQLite does not hold anybody to them, so PostgreSQL must not.

    A server's version that is one letter too long would otherwise keep a run from writing its end.
    """
    return "VARCHAR"
