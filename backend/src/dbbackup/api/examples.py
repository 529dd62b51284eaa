"""Examples in the OpenAPI document: requests as a client sends them, and one error answer."""

from __future__ import annotations

from typing import Any

_ID = "01932f6e-8a4b-7c3d-9e2f-5a6b7c8d9e0f"
_OTHER_ID = "01932f6f-1b2c-7d3e-8f4a-6b7c8d9e0f1a"

EXAMPLES: dict[str, dict[str, Any]] = {
    "DatabaseInput": {
        "name": "Shop",
        "type": "postgresql",
        "host": "postgres",
        "port": 5432,
        "database": "shop",
        "username": "backup",
        "password": "a long password",
        "tlsMode": "prefer",
    },
    "DatabaseTestInput": {"databaseId": _ID, "host": "postgres-replica"},
    "DatabaseUpdate": {"host": "postgres-new", "enabled": True},
    "DiscoveryAddInput": {
        "servers": [
            {"containerId": "54e1219253fa4c193821d94b04bc66d4b5f25c2dc26472a9622b3169c3f9fe6b", "databases": ["shop"]}
        ]
    },
    "BackupInput": {
        "databaseId": _ID,
        "local": True,
        "uploadToS3": True,
        "label": "before the upgrade",
        "compression": "gzip",
        "options": {"excludeTables": ["public.cache"]},
    },
    "EncryptionKeyInput": {"name": "Backups 2026", "comment": "Key file in the safe"},
    "EncryptionKeyImport": {
        "name": "Offline recovery",
        "recipient": "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
        "recovery": True,
    },
    "ScheduleInput": {
        "databaseId": _ID,
        "type": "daily",
        "cronExpression": "30 2 * * *",
        "timezone": "Europe/Berlin",
        "retryLimit": 3,
        "blackout": [{"days": ["sat", "sun"], "start": "22:00", "end": "06:00"}],
    },
    "ScheduleUpdate": {"cronExpression": "0 3 * * 1-5", "jitter": 300},
    "SchedulePreviewInput": {"cronExpression": "*/15 8-18 * * 1-5", "timezone": "Europe/Berlin"},
    "VerifyInput": {"level": 3, "copyId": _OTHER_ID},
    "PinInput": {"pinned": True},
    "UploadInput": {"s3ConfigIds": [_OTHER_ID]},
    "RestorePlanInput": {
        "databaseId": _ID,
        "backupId": _OTHER_ID,
        "options": {"mode": "append", "existingDatabase": "shop"},
    },
    "RestoreInput": {
        "databaseId": _ID,
        "backupId": _OTHER_ID,
        "options": {"mode": "newDatabase", "newDatabase": "shop_copy", "jobs": 2},
        "confirm": True,
    },
    "RetentionRules": {"strategy": "tiered", "keepDaily": 14, "keepMonthly": 24},
    "RetentionPolicyInput": {
        "name": "Two weeks and two years",
        "strategy": "tiered",
        "keepHourly": 0,
        "keepDaily": 14,
        "keepWeekly": 4,
        "keepMonthly": 24,
        "minKeep": 3,
    },
    "RetentionPolicyUpdate": {"keepDaily": 30},
    "RetentionPreviewInput": {"databaseId": _ID},
    "UnsavedPreviewInput": {"databaseId": _ID, "policy": {"strategy": "age", "maxAgeDays": 30}},
    "SimulationInput": {
        "policy": {"strategy": "tiered", "keepDaily": 14},
        "cronExpression": "0 2 * * *",
        "timezone": "Europe/Berlin",
        "months": 12,
        "size": 1_200_000_000,
    },
    "MaintenanceInput": {"task": "cleanup"},
    "RestoreSource": {"s3ConfigId": _ID, "key": "shop/2026/11/shop_manual_20261122_020000_k3f9a1b2c3d4.dump.gz"},
    "S3ConfigInput": {
        "name": "Offsite",
        "bucket": "company-backups",
        "region": "eu-central-1",
        "accessKey": "AKIAEXAMPLE",
        "secretKey": "a secret key",
        "pathPrefix": "production",
        "isDefault": True,
    },
    "S3ConfigUpdate": {"name": "Offsite (Frankfurt)", "enabled": False},
    "S3TestInput": {"bucket": "company-backups", "accessKey": "AKIAEXAMPLE", "secretKey": "a secret key"},
    "NotificationChannelInput": {
        "name": "Operations",
        "settings": {
            "kind": "email",
            "host": "smtp.example.com",
            "port": 587,
            "security": "starttls",
            "username": "backups",
            "password": "a long password",
            "sender": "backups@example.com",
            "recipients": ["ops@example.com"],
            "caCertificate": None,
        },
        "events": ["backup.failed", "backup.retries_exhausted", "disk.low"],
        "failureThreshold": 2,
    },
    "NotificationChannelUpdate": {"events": ["backup.failed"], "enabled": False},
    "NotificationTestInput": {"settings": {"kind": "slack", "url": "https://hooks.slack.com/services/T0/B0/secret"}},
    "ConfigExportInput": {"passphrase": "correct horse battery staple", "privateKeys": True},
    "ConfigImportInput": {
        "file": {"format": "dbbackup-configuration", "version": 1},
        "passphrase": "correct horse battery staple",
        "dryRun": True,
    },
    "ErrorEnvelope": {
        "success": False,
        "data": None,
        "error": {
            "code": "CONFLICT",
            "message": "There is already a database called Shop.",
            "details": [{"field": "name", "message": "This name is taken."}],
        },
        "meta": {"timestamp": "2026-11-22T20:00:00Z", "page": None, "limit": None, "total": None},
    },
}
