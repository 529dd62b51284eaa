"""Routes of S3 configs."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from dbbackup.api.databases.schemas import Deleted, DeletedEnvelope
from dbbackup.api.dependencies import Ctx, Session
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import requires
from dbbackup.api.s3_configs.schemas import (
    BucketListEnvelope,
    S3ConfigEnvelope,
    S3ConfigListEnvelope,
    S3ConfigView,
    S3Listing,
    S3ListingEnvelope,
    S3Object,
    S3Test,
    S3TestEnvelope,
)
from dbbackup.core.access import Permission
from dbbackup.core.manifest import SUFFIX
from dbbackup.db.models import S3Config
from dbbackup.services import s3_configs
from dbbackup.services.s3_inputs import S3ConfigInput, S3ConfigUpdate, S3TestInput
from dbbackup.storages.base import CheckStep
from dbbackup.storages.s3_browse import browse


class S3ConfigController(Controller):
    """Add, test, browse, change and delete S3 configs."""

    path = "/s3-configs"
    tags = ("S3 configs",)

    @get(
        operation_id="listS3Configs",
        summary="List S3 configs",
        responses=documented(),
        guards=[requires(Permission.DATABASE_VIEW)],
    )
    async def list_configs(self, session: Session, ctx: Ctx) -> S3ConfigListEnvelope:
        """Return all configs, the default first."""
        found = await s3_configs.list_configs(session)
        counts = await s3_configs.copy_counts(session)
        views = [_view(ctx, config, counts) for config in found]
        return S3ConfigListEnvelope(success=True, data=views, error=None, meta=meta())

    @post(
        operation_id="createS3Config",
        summary="Add an S3 config",
        responses=documented(409),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def create_config(self, session: Session, ctx: Ctx, data: JSONBody[S3ConfigInput]) -> S3ConfigEnvelope:
        """Save a config; the first one becomes the default."""
        return await _answer(session, ctx, await s3_configs.add_config(session, ctx, data))

    @post(
        "/test",
        status_code=200,
        operation_id="testUnsavedS3Config",
        summary="Test an unsaved form",
        responses=documented(404),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def test_unsaved(self, session: Session, ctx: Ctx, data: JSONBody[S3TestInput]) -> S3TestEnvelope:
        """Try every operation a backup needs; each step has its own result."""
        return _test(await s3_configs.check_unsaved(session, ctx, data))

    @get(
        "/{config_id:str}",
        operation_id="getS3Config",
        summary="Show an S3 config",
        responses=documented(404),
        guards=[requires(Permission.DATABASE_VIEW)],
    )
    async def get_config(self, session: Session, ctx: Ctx, config_id: FromPath[str]) -> S3ConfigEnvelope:
        """Return one config."""
        return await _answer(session, ctx, await s3_configs.get_config(session, config_id))

    @put(
        "/{config_id:str}",
        operation_id="updateS3Config",
        summary="Change an S3 config",
        responses=documented(404, 409),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def update_config(
        self, session: Session, ctx: Ctx, config_id: FromPath[str], data: JSONBody[S3ConfigUpdate]
    ) -> S3ConfigEnvelope:
        """Change the given fields; keys that are left out stay."""
        return await _answer(session, ctx, await s3_configs.change_config(session, ctx, config_id, data))

    @delete(
        "/{config_id:str}",
        status_code=200,
        operation_id="deleteS3Config",
        summary="Delete an S3 config",
        responses=documented(404, 409),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def delete_config(self, session: Session, ctx: Ctx, config_id: FromPath[str]) -> DeletedEnvelope:
        """Delete a config that no copy lies in; the bucket is not touched."""
        await s3_configs.delete_config(session, ctx, config_id)
        return DeletedEnvelope(success=True, data=Deleted(id=config_id), error=None, meta=meta())

    @post(
        "/{config_id:str}/test",
        status_code=200,
        operation_id="testS3Config",
        summary="Test a saved config",
        responses=documented(404),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def test_saved(self, session: Session, ctx: Ctx, config_id: FromPath[str]) -> S3TestEnvelope:
        """Try every operation a backup needs; each step has its own result."""
        return _test(await s3_configs.check_saved(session, ctx, config_id))

    @get(
        "/{config_id:str}/buckets",
        operation_id="listS3Buckets",
        summary="List buckets",
        responses=documented(404, 502),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def list_buckets(self, session: Session, ctx: Ctx, config_id: FromPath[str]) -> BucketListEnvelope:
        """Return the buckets that the config's key can see."""
        async with s3_configs.opened(session, ctx, config_id) as storage:
            names = await storage.list_buckets()
        return BucketListEnvelope(success=True, data=names, error=None, meta=meta())

    @get(
        "/{config_id:str}/objects",
        operation_id="browseS3Config",
        summary="Browse a bucket",
        responses=documented(404, 502),
        guards=[requires(Permission.RESTORE_EXECUTE)],
    )
    async def browse_config(
        self,
        session: Session,
        ctx: Ctx,
        config_id: FromPath[str],
        prefix: Annotated[str, QueryParameter(description="Folder, below the config's own prefix")] = "",
        after: Annotated[str | None, QueryParameter(name="next", description="`next` of the page before")] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 200,
        all_objects: Annotated[bool, QueryParameter(name="all", description="Show manifests too")] = False,
    ) -> S3ListingEnvelope:
        """Return one page of a folder; `isBackup` marks files with a manifest of ours beside them."""
        async with s3_configs.opened(session, ctx, config_id) as storage:
            page = await browse(storage, prefix, after=after, limit=limit)
        keys = {found.key for found in page.objects}
        objects = [
            S3Object(key=o.key, size=o.size, modified_at=o.modified_at, is_backup=o.key + SUFFIX in keys)
            for o in page.objects
            if all_objects or not o.key.endswith(SUFFIX)
        ]
        listing = S3Listing(prefix=prefix, folders=page.folders, objects=objects, next=page.next)
        return S3ListingEnvelope(success=True, data=listing, error=None, meta=meta())


def _test(steps: list[CheckStep]) -> S3TestEnvelope:
    data = S3Test(ok=all(step.ok for step in steps), steps=steps)
    return S3TestEnvelope(success=True, data=data, error=None, meta=meta())


async def _answer(session: Session, ctx: Ctx, config: S3Config) -> S3ConfigEnvelope:
    view = _view(ctx, config, await s3_configs.copy_counts(session))
    return S3ConfigEnvelope(success=True, data=view, error=None, meta=meta())


def _view(ctx: Ctx, config: S3Config, counts: dict[str, int]) -> S3ConfigView:
    access_key = s3_configs.access_key(ctx, config)
    return S3ConfigView(
        id=config.id,
        name=config.name,
        region=config.region,
        bucket=config.bucket,
        access_key_hint=access_key.reveal()[-4:],
        has_secret_key=bool(config.secret_key_sealed),
        endpoint=config.endpoint,
        path_style=config.path_style,
        path_prefix=config.path_prefix,
        sse_mode=config.sse_mode,
        kms_key_id=config.kms_key_id,
        has_customer_key=config.customer_key_sealed is not None,
        storage_class=config.storage_class,
        tag_objects=config.tag_objects,
        object_lock_mode=config.object_lock_mode,
        object_lock_days=config.object_lock_days,
        upload_limit=config.upload_limit,
        download_limit=config.download_limit,
        allow_http=config.allow_http,
        delete_versions=config.delete_versions,
        enabled=config.enabled,
        is_default=config.is_default,
        copies=counts.get(config.id, 0),
        created_at=config.created_at,
        updated_at=config.updated_at,
    )
