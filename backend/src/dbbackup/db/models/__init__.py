"""All tables; importing this module registers them with the metadata."""

from dbbackup.db.models.api_key import ApiKey
from dbbackup.db.models.audit import AuditChain, AuditEvent
from dbbackup.db.models.backup_copy import BackupCopy, CopyState
from dbbackup.db.models.backup_execution import BackupExecution, BackupType, RunStatus
from dbbackup.db.models.backup_schedule import BackupSchedule
from dbbackup.db.models.base import Base
from dbbackup.db.models.database_config import DatabaseConfig, DumpVia, TargetKind
from dbbackup.db.models.encryption_key import EncryptionKey, KeyKind, KeyState
from dbbackup.db.models.execution_log import ExecutionLog
from dbbackup.db.models.notification_channel import NotificationChannel, NotificationCondition
from dbbackup.db.models.notification_outbox import DeliveryState, NotificationOutbox
from dbbackup.db.models.recovery_code import RecoveryCode
from dbbackup.db.models.restore_execution import RestoreExecution, UndoState
from dbbackup.db.models.restore_upload import RestoreUpload, UploadState
from dbbackup.db.models.retention_policy import RetentionPolicy
from dbbackup.db.models.run_journal import RunJournal
from dbbackup.db.models.s3_config import S3Config
from dbbackup.db.models.session import SessionKind, UserSession
from dbbackup.db.models.sign_in_throttle import SignInThrottle
from dbbackup.db.models.system_setting import SystemSetting
from dbbackup.db.models.user import User
from dbbackup.db.models.verification import Verification

Run = BackupExecution | RestoreExecution | Verification
"""What waits in the queue and is run by the worker."""
RUNS: tuple[type[Run], ...] = (BackupExecution, RestoreExecution, Verification)

__all__ = [
    "RUNS",
    "ApiKey",
    "AuditChain",
    "AuditEvent",
    "BackupCopy",
    "BackupExecution",
    "BackupSchedule",
    "BackupType",
    "Base",
    "CopyState",
    "DatabaseConfig",
    "DeliveryState",
    "DumpVia",
    "EncryptionKey",
    "ExecutionLog",
    "KeyKind",
    "KeyState",
    "NotificationChannel",
    "NotificationCondition",
    "NotificationOutbox",
    "RecoveryCode",
    "RestoreExecution",
    "RestoreUpload",
    "RetentionPolicy",
    "Run",
    "RunJournal",
    "RunStatus",
    "S3Config",
    "SessionKind",
    "SignInThrottle",
    "SystemSetting",
    "TargetKind",
    "UndoState",
    "UploadState",
    "User",
    "UserSession",
    "Verification",
]
