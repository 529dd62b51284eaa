"""Turns stored uploads into what the API shows."""

from __future__ import annotations

from datetime import timedelta

from dbbackup.api.envelope import meta
from dbbackup.api.uploads.schemas import RestoreUploadEnvelope, RestoreUploadView
from dbbackup.db.models import RestoreUpload
from dbbackup.services.context import Context
from dbbackup.services.upload_files import received
from dbbackup.services.upload_sources import facts_of, kind_of

_SAME = (
    "id",
    "name",
    "size",
    "state",
    "error_code",
    "error_message",
    "compression",
    "encryption",
    "sha256",
    "plain_size",
    "created_by",
    "created_at",
)


async def upload_view(ctx: Context, upload: RestoreUpload) -> RestoreUploadView:
    """Return what is shown of an upload."""
    facts = facts_of(upload) if upload.facts else None
    return RestoreUploadView(
        **{name: getattr(upload, name) for name in _SAME},
        offset=min(await received(ctx, upload.id), upload.size),
        kind=kind_of(upload),
        format=facts.format if facts else None,
        engine=facts.engine if facts else None,
        server_version=(facts.server_version or None) if facts else None,
        database=(facts.database or None) if facts else None,
        tables=len(facts.tables) if facts and facts.engine and facts.tables else None,
        has_manifest=upload.manifest is not None,
        expires_at=upload.touched_at + timedelta(hours=ctx.live.upload_expiry_hours),
    )


async def upload_answer(ctx: Context, upload: RestoreUpload) -> RestoreUploadEnvelope:
    """Return an upload in its envelope."""
    return RestoreUploadEnvelope(success=True, data=await upload_view(ctx, upload), error=None, meta=meta())
