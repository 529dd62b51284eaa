"""What a manifest and a stored file say, written into the rows of a backup and its copies."""

from __future__ import annotations

from dbbackup.core import manifest as manifests
from dbbackup.core.manifest import Manifest
from dbbackup.db.models import BackupCopy, BackupExecution, CopyState
from dbbackup.db.models.base import utc_now
from dbbackup.storages.base import StoredObject


def note_result(backup: BackupExecution, manifest: Manifest) -> None:
    """Write what the manifest says into the backup's row.

    The times are the manifest's too: it is what makes the backup one, and a rebuilt catalogue knows no others.
    """
    main = manifest.main
    backup.manifest = manifests.to_dict(manifest)
    backup.file_name, backup.sha256, backup.plain_sha256 = main.file, main.sha256, main.plain_sha256
    backup.size = sum(part.size for part in manifest.parts)
    backup.plain_size = sum(part.plain_size for part in manifest.parts)
    backup.source_size, backup.server_version = manifest.source.size, manifest.source.server_version
    backup.tool_version = main.tool
    backup.completed_at = manifest.completed_at
    backup.duration = max(0.0, (manifest.completed_at - manifest.started_at).total_seconds())
    backup.verified_level = 0
    if manifest.recipients:
        backup.recipients = manifest.recipients


def note_stored(copy: BackupCopy, stored: StoredObject, manifest: Manifest) -> None:
    """Write where a complete copy lies into its row."""
    copy.state, copy.error_message = CopyState.COMPLETE, None
    copy.key, copy.version, copy.etag = stored.key, stored.version, stored.etag
    copy.size, copy.sha256 = sum(part.size for part in manifest.parts), manifest.main.sha256
    copy.locked_until = stored.locked_until
    copy.upload_completed_at = utc_now()
