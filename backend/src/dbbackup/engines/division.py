"""How the tables of a parallel dump are shared out."""

from __future__ import annotations

from dbbackup.engines.values import BigTable, Divisible

MAIN = "database"


def divide(divisible: Divisible, jobs: int) -> dict[str, list[BigTable]]:
    """Return the big tables by the part they go to; those that stay with the rest are left out.

    The largest table goes first, each to the part that has the least yet. Parts without a table are left out.
    """
    loads = {MAIN: divisible.rest} | {f"data{number}": 0 for number in range(1, jobs)}
    parts: dict[str, list[BigTable]] = {name: [] for name in loads}
    for table in sorted(divisible.tables, key=lambda table: table.size, reverse=True):
        least = min(loads, key=lambda name: loads[name])
        loads[least] += table.size
        parts[least].append(table)
    del parts[MAIN]
    return {name: tables for name, tables in parts.items() if tables}
