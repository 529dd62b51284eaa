"""All routes below /api."""

from __future__ import annotations

from litestar import Router

from dbbackup.api.api_keys.controller import ApiKeyController
from dbbackup.api.audit.controller import AuditController
from dbbackup.api.auth.account import AccountController
from dbbackup.api.auth.controller import AuthController
from dbbackup.api.auth.oidc import OidcController
from dbbackup.api.auth.second_factor import SecondFactorController
from dbbackup.api.backups.controller import BackupController
from dbbackup.api.configuration.controller import ConfigurationController
from dbbackup.api.contents.controller import ContentsController
from dbbackup.api.databases.controller import DatabaseController
from dbbackup.api.dependencies import DEPENDENCIES
from dbbackup.api.discovery.controller import DiscoveryController
from dbbackup.api.encryption_keys.controller import EncryptionKeyController
from dbbackup.api.guards import shut_without_rule
from dbbackup.api.live.origin import own_page_guard
from dbbackup.api.live.sockets import event_socket, log_socket
from dbbackup.api.notifications.controller import NotificationChannelController, NotificationDeliveryController
from dbbackup.api.recovery.controller import RecoveryController
from dbbackup.api.restores.controller import RestoreController
from dbbackup.api.retention_policies.controller import RetentionPolicyController
from dbbackup.api.s3_configs.controller import S3ConfigController
from dbbackup.api.schedules.controller import ScheduleController
from dbbackup.api.system.controller import HealthController, SystemController, get_metrics
from dbbackup.api.uploads.controller import RestoreUploadController
from dbbackup.api.users.controller import UserController
from dbbackup.api.verifications.controller import VerificationController

router = Router(
    path="/api",
    route_handlers=[
        DatabaseController,
        DiscoveryController,
        BackupController,
        RestoreController,
        RestoreUploadController,
        ContentsController,
        VerificationController,
        ScheduleController,
        RetentionPolicyController,
        S3ConfigController,
        EncryptionKeyController,
        NotificationChannelController,
        NotificationDeliveryController,
        RecoveryController,
        ConfigurationController,
        SystemController,
        HealthController,
        get_metrics,
        AuthController,
        AccountController,
        OidcController,
        SecondFactorController,
        UserController,
        ApiKeyController,
        AuditController,
        event_socket,
        log_socket,
    ],
    dependencies=DEPENDENCIES,
    guards=[own_page_guard, shut_without_rule],
)
