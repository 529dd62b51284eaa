"""All routes below /api."""

from __future__ import annotations

from litestar import Router

from dbbackup.api.backups.controller import BackupController
from dbbackup.api.databases.controller import DatabaseController
from dbbackup.api.dependencies import DEPENDENCIES
from dbbackup.api.encryption_keys.controller import EncryptionKeyController
from dbbackup.api.live.origin import own_page_guard
from dbbackup.api.live.sockets import event_socket, log_socket
from dbbackup.api.recovery.controller import RecoveryController
from dbbackup.api.restores.controller import RestoreController
from dbbackup.api.s3_configs.controller import S3ConfigController
from dbbackup.api.system.controller import HealthController, SystemController
from dbbackup.api.verifications.controller import VerificationController

router = Router(
    path="/api",
    route_handlers=[
        DatabaseController,
        BackupController,
        RestoreController,
        VerificationController,
        S3ConfigController,
        EncryptionKeyController,
        RecoveryController,
        SystemController,
        HealthController,
        event_socket,
        log_socket,
    ],
    dependencies=DEPENDENCIES,
    guards=[own_page_guard],
)
