"""All tables; importing this module registers them with the metadata."""

from dbbackup.db.models.backup_copy import BackupCopy, CopyState
from dbbackup.db.models.backup_execution import BackupExecution, BackupType, RunStatus
from dbbackup.db.models.backup_schedule import BackupSchedule
from dbbackup.db.models.base import Base
from dbbackup.db.models.database_config import DatabaseConfig
from dbbackup.db.models.encryption_key import EncryptionKey, KeyState
from dbbackup.db.models.execution_log import ExecutionLog
from dbbackup.db.models.restore_execution import RestoreExecution, UndoState
from dbbackup.db.models.retention_policy import RetentionPolicy
from dbbackup.db.models.run_journal import RunJournal
from dbbackup.db.models.s3_config import S3Config
from dbbackup.db.models.system_setting import SystemSetting
from dbbackup.db.models.verification import Verification

Run = BackupExecution | RestoreExecution | Verification
"""What waits in the queue and is run by the worker."""
RUNS: tuple[type[Run], ...] = (BackupExecution, RestoreExecution, Verification)

__all__ = [
    "RUNS",
    "BackupCopy",
    "BackupExecution",
    "BackupSchedule",
    "BackupType",
    "Base",
    "CopyState",
    "DatabaseConfig",
    "EncryptionKey",
    "ExecutionLog",
    "KeyState",
    "RestoreExecution",
    "RetentionPolicy",
    "Run",
    "RunJournal",
    "RunStatus",
    "S3Config",
    "SystemSetting",
    "UndoState",
    "Verification",
]
