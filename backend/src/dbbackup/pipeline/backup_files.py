"""The files of one backup, written to all of its places."""

from __future__ import annotations

from dataclasses import replace

from dbbackup.core.errors import AppError, BackupError
from dbbackup.core.journal import JournalKind
from dbbackup.core.manifest import Manifest
from dbbackup.pipeline.backup_job import BackupJob, Target
from dbbackup.pipeline.fanout import Destination, Outcome, fan_out
from dbbackup.pipeline.report import Report
from dbbackup.pipeline.stream import Stream
from dbbackup.storages.base import StoredObject, WriteOptions


class BackupFiles:
    """Writes the files of a backup to all destinations that have not failed yet."""

    def __init__(self, job: BackupJob, report: Report) -> None:
        self.report = report
        self.failed: dict[str, Outcome] = {}
        self._job = job
        self._live = list(job.targets)
        self._stored: dict[str, dict[str, StoredObject]] = {t.copy_id: {} for t in job.targets}

    async def write(self, name: str, stream: Stream, what: str) -> None:
        """Write one file everywhere; a destination that fails is undone and left out from then on.

        Several may be written at the same time: what of the others comes to such a destination later is undone, too.

        Raises:
            AppError: the stream failed, or no destination is left.
        """
        targets = list(self._live)
        destinations = [self._destination(target, name, what) for target in targets]
        for target, destination in zip(targets, destinations, strict=True):
            await self.report.journal.note(JournalKind.STORAGE_WRITE, storageId=target.storage.id, key=destination.key)
        outcomes = await fan_out(stream, destinations, stall_seconds=self._job.stall_seconds)
        for target in targets:
            outcome = outcomes[target.copy_id]
            if isinstance(outcome, StoredObject):
                self._stored[target.copy_id][name] = outcome
        for target in targets:
            outcome = outcomes[target.copy_id]
            if target not in self._live:
                await self._undo(target)
            elif not isinstance(outcome, StoredObject):
                await self._give_up(target, outcome)
        if not self._live:
            raise _all_failed(self.failed)

    def main_files(self, manifest: Manifest) -> dict[str, Outcome]:
        """Return the stored main file of every copy that is complete."""
        return {t.copy_id: self._stored[t.copy_id][manifest.main.file] for t in self._live}

    async def undo_all(self) -> None:
        """Remove every file this run stored: without a manifest they are no backup."""
        for target in self._live:
            await self._undo(target)

    async def _give_up(self, target: Target, error: AppError) -> None:
        self._live.remove(target)
        self.failed[target.copy_id] = error
        self.report.log.say("error", f"The copy on {target.storage.id} failed: {error.message}")
        await self._undo(target)

    async def _undo(self, target: Target) -> None:
        """What cannot be removed now stays in the journal: the janitor tries again."""
        # Backwards: the manifest, written last, must not outlive what it stands for.
        stored_files = self._stored[target.copy_id]
        for name, stored in reversed(list(stored_files.items())):
            try:
                await target.storage.delete(f"{target.folder}/{name}", stored.version)
                stored_files.pop(name, None)
            except AppError as error:
                self.report.log.say("warn", f"{name} could not be removed from {target.storage.id}: {error.message}")

    def _destination(self, target: Target, name: str, what: str) -> Destination:
        base = WriteOptions(
            metadata={"instance": self._job.instance_id, "run": self._job.backup_id, "part": what, **self._job.tags},
            tags=self._job.tags,
            # Whoever looks for backups reads the manifests: they must not lie in an archive.
            archivable=what != "manifest",
        )
        if what not in ("globals", "manifest"):
            counter = self.report.counter(target.copy_id, what)
            base = replace(base, expected_size=self._job.expected_size, on_progress=counter)
        return Destination(target.copy_id, target.storage, f"{target.folder}/{name}", base)


def _all_failed(failed: dict[str, Outcome]) -> AppError:
    errors = [error for error in failed.values() if isinstance(error, AppError)]
    if len(errors) == 1:
        return errors[0]
    whole = BackupError("No storage took the backup. " + " ".join(error.message for error in errors))
    whole.retryable = any(error.retryable for error in errors)
    return whole
