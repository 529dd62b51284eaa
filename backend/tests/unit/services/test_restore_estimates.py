"""How long a restore will take: by the bytes and seconds of those before it, wherever their sources stood."""

from __future__ import annotations

from msgspec.structs import replace

from dbbackup.core import manifest as manifests
from dbbackup.core.naming import new_id
from dbbackup.db.models import RunStatus, Verification
from dbbackup.services.context import Context
from dbbackup.services.restore_estimates import estimate
from tests.unit.engines.archives import manifest_of
from tests.unit.worker.rows import backup, database, restore, save


def of_size(size: int) -> manifests.Manifest:
    made = manifest_of()
    return replace(made, parts=[replace(made.main, plain_size=size)])


async def test_estimate_when_sources_are_backups_uploads_and_trials_then_all_are_measured(ctx: Context) -> None:
    config = database(ctx)
    kept = backup(config, RunStatus.COMPLETED, plain_size=100, manifest=manifests.to_dict(of_size(100)))
    async with ctx.catalogue.sessions() as session:
        assert await estimate(session, config.id, of_size(1000)) is None
    of_backup, of_upload, failed = (restore(config, RunStatus.COMPLETED) for _ in range(3))
    of_backup.backup_id, of_backup.result = kept.id, {"restoreSeconds": 10.0}
    of_upload.manifest, of_upload.result = manifests.to_dict(of_size(600)), {"restoreSeconds": 20.0}
    failed.status, failed.result = RunStatus.FAILED, {"restoreSeconds": 1.0}
    trial = Verification(
        id=new_id(), backup_id=kept.id, storage="local", database_id=config.id, database_name="d", level=4,
        status=RunStatus.COMPLETED, restore_seconds=5.0, started_by="test",
    )  # fmt: skip
    await save(ctx, config)
    await save(ctx, kept)
    await save(ctx, of_backup, of_upload, failed, trial)
    async with ctx.catalogue.sessions() as session:
        # 10, 30 and 20 bytes a second
        assert await estimate(session, config.id, of_size(1000)) == (50.0, 3)
