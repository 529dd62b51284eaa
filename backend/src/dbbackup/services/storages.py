"""Opens storages by id and keeps them open."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from dbbackup.core.crypto import Sealer
from dbbackup.core.errors import NotFoundError
from dbbackup.db.models import S3Config
from dbbackup.db.session import Catalogue
from dbbackup.net.resolve import Lookup, look_up
from dbbackup.settings import Settings
from dbbackup.storages.base import Storage
from dbbackup.storages.local import LocalStorage
from dbbackup.storages.s3 import S3Storage
from dbbackup.storages.s3_budget import PartBudget
from dbbackup.storages.s3_client import Patience
from dbbackup.storages.s3_settings import Encryption, S3Settings

LOCAL = "local"
UPLOADS = "uploads"
"""What was uploaded to be restored; never a place for backups."""


class StoragePool:
    """One open storage per id; an S3 config that was changed is opened anew."""

    def __init__(self, settings: Settings, catalogue: Catalogue, sealer: Sealer, lookup: Lookup = look_up) -> None:
        self._catalogue = catalogue
        self._sealer = sealer
        self._lookup = lookup
        self._work = settings.work_path
        self._budget = PartBudget()
        self.local = LocalStorage(settings.storage_path, shred=settings.secure_delete)
        self.uploads_path = settings.uploads_path
        self._uploads = LocalStorage(settings.uploads_path)
        self._open: dict[str, tuple[datetime, S3Storage]] = {}
        self._retired: list[S3Storage] = []

    async def open(self, storage_id: str) -> Storage:
        """Return the storage of that id (`local`, `uploads`, or the id of an S3 config).

        Raises:
            NotFoundError: there is no such S3 config.
        """
        if storage_id == UPLOADS:
            return self._uploads
        return self.local if storage_id == LOCAL else await self.open_s3(storage_id)

    async def open_s3(self, config_id: str) -> S3Storage:
        """Return the object storage of an S3 config. Raises NotFoundError."""
        async with self._catalogue.sessions() as session:
            config = await session.get(S3Config, config_id)
        if config is None:
            raise NotFoundError(f"There is no S3 config {config_id}.")
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
        return S3Storage(settings, budget=self._budget, work_dir=self._work, patience=patience, lookup=self._lookup)

    async def close(self) -> None:
        """Close everything that was opened."""
        for storage in [*self._retired, *(s for _, s in self._open.values())]:
            await storage.close()
        self._open.clear()
        self._retired.clear()


def s3_settings(config: S3Config, sealer: Sealer) -> S3Settings:
    """Return the settings of a saved config with its keys opened."""
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
        storage_class=config.storage_class,
        delete_versions=config.delete_versions,
        allow_http=config.allow_http,
    )
