"""The second factor: time-based codes (TOTP, RFC 6238) of an app on the phone, and recovery codes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from base64 import b32encode
from dataclasses import dataclass

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import ConflictError, SecondFactorError, ValidationError
from dbbackup.core.secret import Secret
from dbbackup.db.models import RecoveryCode, User
from dbbackup.db.models.base import utc_now
from dbbackup.db.models.user import LOCAL
from dbbackup.services import passwords
from dbbackup.services.audit_entry import note
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.users import get_user

ISSUER = "DB Backup & Restore"
RECOVERY_CODES = 10
_STEP = 30
_COLUMN = "totp_secret_sealed"
_WRONG = "This code is wrong or was used before. Enter the one that the app shows now; check the clock of the phone."


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an app needs, shown once: the secret, the same as a URI, and that as the rows of a QR code."""

    secret: str
    uri: str
    qr_rows: list[str]


def is_on(user: User) -> bool:
    """Tell whether the user must enter a code."""
    return user.totp_confirmed_at is not None


async def codes_left(session: AsyncSession, user_id: str) -> int:
    """Return how many recovery codes are not used yet."""
    query = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user_id)
    return await session.scalar(query) or 0


async def enrol(session: AsyncSession, ctx: Context, user_id: str, password: str) -> Enrolment:
    """Make a secret; it counts only once a code of it is confirmed.

    Raises:
        ValidationError: the password is wrong.
        ConflictError: there is a second factor already, or another provider signs the user in.
    """
    import segno  # few ever enrol

    user = await get_user(session, user_id)
    if user.provider != LOCAL:
        raise ConflictError(f"{user.provider} signs you in: set up a second factor there.")
    if is_on(user):
        raise ConflictError("The second factor is on already. Turn it off first to set it up anew.")
    await _refuse_wrong_password(user, password)
    secret = pyotp.random_base32()
    user.totp_secret_sealed = ctx.sealer.seal(Secret(secret), table=User.__tablename__, row_id=user.id, column=_COLUMN)
    await session.flush()
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=ISSUER)
    rows = ["".join("1" if dark else "0" for dark in row) for row in segno.make(uri, error="m").matrix]
    return Enrolment(secret, uri, rows)


async def confirm(session: AsyncSession, ctx: Context, user_id: str, code: str) -> list[str]:
    """Turn the second factor on and return the recovery codes, which are shown this once.

    Raises:
        ValidationError: the code is wrong.
        ConflictError: nothing is to be confirmed.
    """
    user = await get_user(session, user_id)
    if user.totp_secret_sealed is None or is_on(user):
        raise ConflictError("There is no second factor to confirm: set one up first.")
    if not await _take_totp(session, ctx, user, code):
        raise ValidationError.of("code", _WRONG)
    user.totp_confirmed_at = utc_now()
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=user.id, code_hash=_hash(code)) for code in codes)
    await session.flush()
    announce(session, ctx, "user", user.id, "updated")
    return codes


async def turn_off(session: AsyncSession, ctx: Context, user_id: str, password: str, code: str) -> None:
    """Turn one's own second factor off. Raises ValidationError, ConflictError."""
    user = await get_user(session, user_id)
    if not is_on(user):
        raise ConflictError("The second factor is off.")
    await _refuse_wrong_password(user, password)
    if not await _take(session, ctx, user, code):
        raise ValidationError.of("code", _WRONG)
    await _forget(session, ctx, user)


async def reset(session: AsyncSession, ctx: Context, user_id: str) -> User:
    """Turn off the second factor of somebody who lost it. Raises NotFoundError, ConflictError."""
    user = await get_user(session, user_id)
    if not is_on(user):
        raise ConflictError(f"{user.username} has no second factor.")
    await _forget(session, ctx, user)
    return user


async def demand(session: AsyncSession, ctx: Context, user: User, code: str | None) -> None:
    """Let somebody with the right password pass who needs no code or has the right one, which is used up.

    Raises:
        SecondFactorError: there is none, or it is wrong or used.
    """
    if not is_on(user):
        return
    if not code:
        raise SecondFactorError("Enter the code of your authenticator app, or a recovery code.")
    if not await _take(session, ctx, user, code):
        raise SecondFactorError(_WRONG)


async def _take(session: AsyncSession, ctx: Context, user: User, code: str) -> bool:
    if await _take_totp(session, ctx, user, code):
        note(secondFactor="totp")
        return True
    mine = (RecoveryCode.user_id == user.id) & (RecoveryCode.code_hash == _hash(code))
    if (await session.execute(delete(RecoveryCode).where(mine).returning(RecoveryCode.id))).first():
        note(secondFactor="recovery code")
        return True
    return False


async def _take_totp(session: AsyncSession, ctx: Context, user: User, code: str) -> bool:
    """Use a code up: one of this step, the last or the next, and newer than the last that was taken."""
    sealed = user.totp_secret_sealed or ""
    secret = ctx.sealer.open(sealed, table=User.__tablename__, row_id=user.id, column=_COLUMN)
    totp, now, given = pyotp.TOTP(secret.reveal()), int(time.time()) // _STEP, "".join(code.split())
    for step in (now - 1, now, now + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), given.encode()):
            unused = (User.id == user.id) & (func.coalesce(User.totp_last_step, 0) < step)
            taken = update(User).where(unused).values(totp_last_step=step, updated_at=User.updated_at)
            return (await session.execute(taken.returning(User.id))).first() is not None
    return False


async def _forget(session: AsyncSession, ctx: Context, user: User) -> None:
    user.totp_secret_sealed = user.totp_confirmed_at = None
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    await session.flush()
    announce(session, ctx, "user", user.id, "updated")


async def _refuse_wrong_password(user: User, password: str) -> None:
    if not await passwords.is_right(user.password_hash, password):
        raise ValidationError.of("password", "This is not your password.")


def _new_code() -> str:
    text = b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))


def _hash(code: str) -> str:
    plain = "".join(code.split()).replace("-", "").lower()
    return hashlib.sha256(plain.encode()).hexdigest()
