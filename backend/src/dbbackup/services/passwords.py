"""Hashes and checks passwords: Argon2id, away from the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dbbackup.core.errors import ValidationError

# OWASP's password storage cheat sheet asks for 19 MiB and two rounds at least; a host may have 512 MB in all.
_HASHER = PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)
# Threads of their own: a flood of sign-ins takes neither more memory than two nor the threads of the backups.
_POOL = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
P = ParamSpec("P")
T = TypeVar("T")


async def hash_password(password: str) -> str:
    """Return the hash to keep."""
    return await _in_pool(_HASHER.hash, password)


async def is_right(kept: str | None, password: str) -> bool:
    """Tell whether the password belongs to the hash; without one it takes as long to say no."""
    return await _in_pool(_verify, kept, password)


def refuse_bad_password(password: str, username: str, field: str = "password") -> None:
    """Refuse what is guessed first. Raises ValidationError; the length is checked with the input."""
    if username.casefold() in password.casefold() and len(username) > 3:
        raise ValidationError.of(field, "The password must not contain the username.")
    if len(set(password)) < 5:
        raise ValidationError.of(field, "The password repeats the same few characters: choose another.")


def _verify(kept: str | None, password: str) -> bool:
    try:
        _HASHER.verify(kept or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")


async def _in_pool(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    return await asyncio.get_running_loop().run_in_executor(_POOL, lambda: function(*arguments, **named))
