"""Routes of one's own second factor."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.params import JSONBody

from dbbackup.api.auth.account import own_id
from dbbackup.api.auth.schemas import (
    EnrolmentEnvelope,
    EnrolmentView,
    RecoveryCodes,
    RecoveryCodesEnvelope,
    SecondFactorEnvelope,
    SecondFactorView,
)
from dbbackup.api.dependencies import Ctx, From, Session, Who
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import IN_PERSON
from dbbackup.services import second_factor, throttle, users
from dbbackup.services.access_inputs import CodeInput, EnrolInput, TurnOffInput


class SecondFactorController(Controller):
    """Set up, confirm, turn off."""

    path = "/auth/second-factor"
    tags = ("Sign-in",)
    guards = (IN_PERSON,)

    @get(operation_id="getSecondFactor", summary="Have I a second factor?", responses=documented(409))
    async def show(self, session: Session, actor: Who) -> SecondFactorEnvelope:
        """Return whether a code is asked for at the sign-in, and how many recovery codes are left."""
        user = await users.get_user(session, own_id(actor))
        return await _state(session, user.id, on=second_factor.is_on(user))

    @post(
        "/enrol",
        status_code=200,
        operation_id="enrolSecondFactor",
        summary="Set up a second factor",
        responses=documented(409, 429),
    )
    async def enrol(
        self, session: Session, ctx: Ctx, actor: Who, caller: From, data: JSONBody[EnrolInput]
    ) -> EnrolmentEnvelope:
        """Return a new secret, this once; nothing is asked for before a code of it is confirmed."""
        await _count(ctx, actor, caller)
        made = await second_factor.enrol(session, ctx, own_id(actor), data.password)
        view = EnrolmentView(secret=made.secret, uri=made.uri, qr_rows=made.qr_rows)
        return EnrolmentEnvelope(success=True, data=view, error=None, meta=meta())

    @post(
        "/confirm",
        status_code=200,
        operation_id="confirmSecondFactor",
        summary="Turn my second factor on",
        responses=documented(409, 429),
    )
    async def confirm(
        self, session: Session, ctx: Ctx, actor: Who, caller: From, data: JSONBody[CodeInput]
    ) -> RecoveryCodesEnvelope:
        """Turn it on with a code that the app shows; the recovery codes are shown this once."""
        await _count(ctx, actor, caller)
        codes = await second_factor.confirm(session, ctx, own_id(actor), data.code)
        return RecoveryCodesEnvelope(success=True, data=RecoveryCodes(codes=codes), error=None, meta=meta())

    @post(
        "/turn-off",
        status_code=200,
        operation_id="turnOffSecondFactor",
        summary="Turn my second factor off",
        responses=documented(409, 429),
    )
    async def turn_off(
        self, session: Session, ctx: Ctx, actor: Who, caller: From, data: JSONBody[TurnOffInput]
    ) -> SecondFactorEnvelope:
        """Turn it off with the password and a code; its recovery codes are worth nothing any more."""
        await _count(ctx, actor, caller)
        await second_factor.turn_off(session, ctx, own_id(actor), data.password, data.code)
        return await _state(session, own_id(actor), on=False)


async def _count(ctx: Ctx, actor: Who, caller: From) -> None:
    """Whoever finds an open page must not guess here."""
    await throttle.count_attempt(ctx, f"second-factor|{own_id(actor)}", caller.address)


async def _state(session: Session, user_id: str, *, on: bool) -> SecondFactorEnvelope:
    view = SecondFactorView(enabled=on, recovery_codes_left=await second_factor.codes_left(session, user_id))
    return SecondFactorEnvelope(success=True, data=view, error=None, meta=meta())
