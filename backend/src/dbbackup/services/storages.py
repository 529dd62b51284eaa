"""Opens storages by id and keeps them open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

from dbbackup.core.crypto import Sealer
from dbbackup.core.errors import NotFoundError
from dbbackup.core.live_settings import LiveSettings
from dbbackup.core.run_limits import bytes_per_second
from dbbackup.db.models import S3Config
from dbbackup.db.session import Catalogue
from dbbackup.net.resolve import Lookup, look_up
from dbbackup.settings import Settings
from dbbackup.storages.base import Storage
from dbbackup.storages.local import LocalStorage
from dbbackup.storages.s3 import S3Storage
from dbbackup.storages.s3_budget import DEFAULT_BUDGET, UPLOAD_COST, PartBudget
from dbbackup.storages.s3_client import Patience
from dbbackup.storages.s3_settings import Encryption, LockMode, S3Settings
from dbbackup.storages.throttle import RateLimit, ThrottledStorage

LOCAL = "local"
UPLOADS = "uploads"
"""What was uploaded to be restored; never a place for backups."""


class _Bandwidth:
    """The limits of one S3 config, kB/s; they outlive the storage, so that a running upload feels a change."""

    def __init__(self) -> None:
        self.up: int | None = None
        self.down: int | None = None
        self.upload = RateLimit(lambda: bytes_per_second(self.up))
        self.download = RateLimit(lambda: bytes_per_second(self.down))


class StoragePool:
    """One open storage per id; an S3 config that was changed is opened anew.

    `live` returns the live settings as they are at that moment.
    """

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        sealer: Sealer,
        live: Callable[[], LiveSettings] = LiveSettings,
        lookup: Lookup = look_up,
    ) -> None:
        self._catalogue = catalogue
        self._sealer = sealer
        self._lookup = lookup
        self._work = settings.work_path
        self._budget = PartBudget(DEFAULT_BUDGET, UPLOAD_COST)
        self.local = LocalStorage(settings.storage_path, shred=settings.secure_delete)
        self.uploads_path = settings.uploads_path
        self._uploads = LocalStorage(settings.uploads_path)
        self._live = live
        self._upload = RateLimit(lambda: bytes_per_second(live().s3_upload_limit))
        self._download = RateLimit(lambda: bytes_per_second(live().s3_download_limit))
        self._bandwidths: dict[str, _Bandwidth] = {}
        self._open: dict[str, tuple[datetime, S3Storage]] = {}
        self._retired: list[S3Storage] = []

    async def open(self, storage_id: str) -> Storage:
        """Return the storage of that id (`local`, `uploads`, or the id of an S3 config).

        Raises:
            NotFoundError: there is no such S3 config.
        """
        if storage_id == LOCAL:
            return self.local
        if storage_id == UPLOADS:
            return self._uploads
        storage, bandwidth = await self._open_s3(storage_id), self._bandwidth(storage_id)
        return ThrottledStorage(storage, up=(self._upload, bandwidth.upload), down=(self._download, bandwidth.download))

    def limit(self, config_id: str, *, up: int | None, down: int | None) -> None:
        """Let a config's bandwidth limits (kB/s) act at once, on what is running too."""
        bandwidth = self._bandwidth(config_id)
        bandwidth.up, bandwidth.down = up, down

    def _bandwidth(self, config_id: str) -> _Bandwidth:
        return self._bandwidths.setdefault(config_id, _Bandwidth())

    async def _open_s3(self, config_id: str) -> S3Storage:
        async with self._catalogue.sessions() as session:
            config = await session.get(S3Config, config_id)
        if config is None:
            raise NotFoundError(f"There is no S3 config {config_id}.")
        self.limit(config_id, up=config.upload_limit, down=config.download_limit)
        known = self._open.get(config_id)
        if known and known[0] == config.updated_at:
            return known[1]
        if known:
            # A run may still be using it: it is closed at the end, not under that run's feet.
            self._retired.append(known[1])
        storage = self.build(s3_settings(config, self._sealer))
        self._open[config_id] = (config.updated_at, storage)
        return storage

    def build(self, settings: S3Settings, patience: Patience = Patience()) -> S3Storage:  # noqa: B008 - frozen
        """Make an object storage that is not kept, for testing an unsaved form; close it after use."""
        return S3Storage(
            settings,
            budget=self._budget,
            work_dir=self._work,
            patience=patience,
            lookup=self._lookup,
            upload_seconds=lambda: self._live().s3_upload_timeout / 1000,
        )

    async def close(self) -> None:
        """Close everything that was opened."""
        for storage in [*self._retired, *(s for _, s in self._open.values())]:
            await storage.close()
        self._open.clear()
        self._retired.clear()


def s3_settings(config: S3Config, sealer: Sealer) -> S3Settings:
    """Return the settings of a saved config with its keys opened."""
    customer_key = None
    if config.customer_key_sealed is not None:
        customer_key = sealer.open(
            config.customer_key_sealed, table="s3_config", row_id=config.id, column="customer_key_sealed"
        )
    return S3Settings(
        id=config.id,
        region=config.region,
        bucket=config.bucket,
        endpoint=config.endpoint,
        path_style=config.path_style,
        prefix=config.path_prefix,
        access_key=sealer.open(
            config.access_key_sealed, table="s3_config", row_id=config.id, column="access_key_sealed"
        ),
        secret_key=sealer.open(
            config.secret_key_sealed, table="s3_config", row_id=config.id, column="secret_key_sealed"
        ),
        sse=cast("Encryption", config.sse_mode),
        kms_key=config.kms_key_id,
        customer_key=customer_key,
        storage_class=config.storage_class,
        tag_objects=config.tag_objects,
        lock_mode=cast("LockMode | None", config.object_lock_mode),
        lock_for=timedelta(days=config.object_lock_days) if config.object_lock_days else None,
        delete_versions=config.delete_versions,
        allow_http=config.allow_http,
    )
