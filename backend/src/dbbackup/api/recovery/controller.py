"""Routes of the recovery kit and the signing key."""

from __future__ import annotations

from litestar import Controller, Response, get, post
from litestar.params import JSONBody

from dbbackup.api.dependencies import Ctx, Session
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import requires
from dbbackup.api.recovery.schemas import SigningKeyEnvelope, SigningKeyView
from dbbackup.core import signing
from dbbackup.core.access import Permission
from dbbackup.services import recovery_kit
from dbbackup.services.verification_inputs import RecoveryKitInput


class RecoveryController(Controller):
    """Hand out what restores without this product."""

    path = "/recovery"
    tags = ("Recovery",)

    @get(
        "/signing-key",
        operation_id="getSigningKey",
        summary="The key manifests are signed with",
        responses=documented(),
        guards=[requires(Permission.DATABASE_VIEW)],
    )
    async def signing_key(self, ctx: Ctx) -> SigningKeyEnvelope:
        """Return the public key: keep it, or its fingerprint, where nobody can alter it."""
        public = ctx.signing_key.public_key
        view = SigningKeyView(
            algorithm=signing.ALGORITHM, pem=signing.pem(public), fingerprint=signing.fingerprint(public)
        )
        return SigningKeyEnvelope(success=True, data=view, error=None, meta=meta())

    @post(
        "/kit",
        status_code=200,
        operation_id="downloadRecoveryKit",
        summary="Download the recovery kit",
        responses=documented(),
        media_type="application/zip",
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def kit(self, session: Session, ctx: Ctx, data: JSONBody[RecoveryKitInput]) -> Response[bytes]:
        """Return a ZIP: the private keys, the public signing key, the newest manifests, and what to do with them."""
        made = await recovery_kit.make_kit(session, ctx, data)
        headers = {
            "content-disposition": f'attachment; filename="{made.file_name}"',
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        }
        return Response(made.data, media_type="application/zip", headers=headers)
