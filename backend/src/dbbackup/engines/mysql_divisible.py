"""What of a MySQL or MariaDB database a parallel dump may divide."""

from __future__ import annotations

from dbbackup.engines.mysql_connect import Session
from dbbackup.engines.values import BigTable, Divisible

LEAST_BYTES = 4 << 20
"""A smaller table is not worth a place of its own."""
MOST = 1000
"""Tables: their names go into command lines, which are not endless."""

# What the tools write the definition of only has no rows to divide: it is never so large.
_SIZES = """
SELECT table_name, COALESCE(data_length, 0) FROM information_schema.tables
WHERE table_schema = %s AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
  AND engine NOT IN ('MRG_MyISAM', 'FEDERATED', 'CONNECT', 'SPIDER', 'S3', 'BLACKHOLE') ORDER BY 2 DESC, 1
"""


async def divisible(opened: Session, database: str) -> Divisible:
    """Return the big tables by the server's estimates of their rows' bytes; see `Reading.divisible`."""
    sizes = [(name, int(size)) for name, size in await opened.ask(_SIZES, database)]
    big = [BigTable(database, name, size) for name, size in sizes if size >= LEAST_BYTES][:MOST]
    return Divisible(tuple(big), sum(size for _, size in sizes) - sum(table.size for table in big))
