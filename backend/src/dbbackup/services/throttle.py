"""Slows down whoever guesses passwords: by account and by address, over restarts."""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import RateLimitedError
from dbbackup.db.models import SignInThrottle
from dbbackup.db.models.base import utc_now
from dbbackup.services.context import Context

FREE_FOR_ACCOUNT, FREE_FOR_ADDRESS = 5, 20
"""Attempts before waiting begins."""
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
_FORGOTTEN_AFTER = timedelta(hours=1)


async def count_attempt(ctx: Context, account: str, address: str) -> None:
    """Count an attempt before it is made, so that many at once cannot slip through.

    Raises:
        RateLimitedError: the account or the address has to wait.
    """
    now = utc_now()
    async with ctx.catalogue.transaction() as session:
        rows = [(await _row(session, key, now), free) for key, free in _keys(account, address)]
        until = max((row.blocked_until for row, _ in rows if row.blocked_until), default=now)
        if until <= now:
            for row, free in rows:
                _count(row, free, now)
    if until > now:
        seconds = math.ceil((until - now).total_seconds())
        raise RateLimitedError(f"Too many failed sign-ins. Wait {seconds} seconds.", retry_after=seconds)


async def forget_attempts(ctx: Context, account: str, address: str) -> None:
    """Forget the account's attempts after one that succeeded, and that one of the address.

    Its failures stay: or whoever has one account could guess at the others without end.
    """
    now = utc_now()
    (of_account, _), (of_address, free) = _keys(account, address)
    async with ctx.catalogue.transaction() as session:
        await session.execute(delete(SignInThrottle).where(SignInThrottle.key == of_account))
        row = await _row(session, of_address, now)
        row.attempts = max(0, row.attempts - 1)
        if row.attempts < free:
            row.blocked_until = None


async def forget_old(session: AsyncSession) -> None:
    """Remove what no longer counts."""
    await session.execute(delete(SignInThrottle).where(SignInThrottle.last_at < utc_now() - _FORGOTTEN_AFTER))


def _keys(account: str, address: str) -> list[tuple[str, int]]:
    return [
        (hashlib.sha256(f"account|{account}".encode()).hexdigest(), FREE_FOR_ACCOUNT),
        (hashlib.sha256(f"address|{address}".encode()).hexdigest(), FREE_FOR_ADDRESS),
    ]


async def _row(session: AsyncSession, key: str, now: datetime) -> SignInThrottle:
    # A write comes first: it takes the lock, so that the count that is read is the newest.
    await session.execute(update(SignInThrottle).where(SignInThrottle.key == key).values(updated_at=now))
    row: SignInThrottle | None = await session.scalar(select(SignInThrottle).where(SignInThrottle.key == key))
    if row is None:
        row = SignInThrottle(key=key, attempts=0, last_at=now)
        session.add(row)
        await session.flush()
    return row


def _count(row: SignInThrottle, free: int, now: datetime) -> None:
    row.attempts = 1 if row.last_at < now - _FORGOTTEN_AFTER else row.attempts + 1
    row.last_at = now
    over = row.attempts - free
    row.blocked_until = now + min(_FIRST_WAIT * 2 ** min(over, 10), _LONGEST_WAIT) if over >= 0 else None
