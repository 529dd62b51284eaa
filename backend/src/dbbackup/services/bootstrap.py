"""What must be right before anything starts: the key, the instance's identity, the default S3 config."""

from __future__ import annotations

import asyncio
import base64
import os

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.crypto import Sealer, derive_key, key_version, new_salt
from dbbackup.core.errors import InternalError, ValidationError
from dbbackup.core.naming import INSTANCE_LENGTH, new_id, random_token
from dbbackup.core.secret import Secret
from dbbackup.core.signing import SigningKey
from dbbackup.db.models import S3Config, SystemSetting
from dbbackup.db.session import Catalogue
from dbbackup.services.audit_chain import begin_chain
from dbbackup.services.s3_configs import copy_counts
from dbbackup.settings import S3Environment, Settings

SALT = "crypto.salt"
"""Setting with the salt that ENCRYPTION_KEY becomes a key with."""
_CHECK = "crypto.check"
_INSTANCE = "instance.id"
_AUDIT_KEY = "audit.key"
_SIGNING = "signing.key"
_TABLE = "system_setting"
_CHECK_TEXT = Secret("the key is right")
ENVIRONMENT_CONFIG = "environment"
"""Name of the S3 config that the S3_* variables describe."""


async def open_sealer(catalogue: Catalogue, settings: Settings) -> Sealer:
    """Derive the key and prove it against the stored check value; make both at the first start.

    Raises:
        ValidationError: ENCRYPTION_KEY is not the key this catalogue was made with; nothing is changed.
    """
    async with catalogue.transaction() as session:
        salt_row, check = await _setting(session, SALT), await _setting(session, _CHECK)
        salt = base64.b64decode(salt_row.value) if salt_row else new_salt()
        version = key_version(check.value) if check else None
        sealer = Sealer({version or 1: await asyncio.to_thread(derive_key, settings.encryption_key, salt)})
        if salt_row is None or check is None:
            _add(session, SALT, base64.b64encode(salt).decode(), "Salt of the key that seals stored secrets")
            sealed = sealer.seal(_CHECK_TEXT, table="system_setting", row_id=_CHECK, column="value")
            _add(session, _CHECK, sealed, "Opens only with the right ENCRYPTION_KEY")
            return sealer
        try:
            sealer.open(check.value, table=_TABLE, row_id=_CHECK, column="value")
        except InternalError as error:
            raise ValidationError.of(
                "ENCRYPTION_KEY",
                "ENCRYPTION_KEY is not the key of this catalogue. Start with the right one: that of the first start,"
                " or since a rotation the new one. Without it the stored passwords cannot be read. Nothing was"
                " changed.",
            ) from error
        return sealer


async def open_audit_key(catalogue: Catalogue, sealer: Sealer) -> bytes:
    """Return the key of the audit log's hashes and have its chain begun; both are made at the first start.

    The key is random and sealed, not derived: so it stays the same when ENCRYPTION_KEY changes.
    """
    async with catalogue.transaction() as session:
        row = await _setting(session, _AUDIT_KEY)
        if row is None:
            sealed = sealer.seal(
                Secret(os.urandom(32).hex()), table="system_setting", row_id=_AUDIT_KEY, column="value"
            )
            row = _add(session, _AUDIT_KEY, sealed, "Keys the hashes of the audit log; sealed")
        opened = sealer.open(row.value, table="system_setting", row_id=_AUDIT_KEY, column="value")
        key = bytes.fromhex(opened.reveal())
        await begin_chain(session, key)
        return key


async def instance_id(catalogue: Catalogue) -> str:
    """Return this instance's short token, made at the first start; it stands in every file name."""
    async with catalogue.transaction() as session:
        row = await _setting(session, _INSTANCE)
        if row is None:
            token = random_token(INSTANCE_LENGTH)
            row = _add(session, _INSTANCE, token, "Stands in file names, so that instances can share a bucket")
        return row.value


async def signing_key(catalogue: Catalogue, sealer: Sealer) -> SigningKey:
    """Return the key this instance signs manifests with, made at the first start."""
    async with catalogue.transaction() as session:
        row = await _setting(session, _SIGNING)
        if row is not None:
            return SigningKey.from_secret(sealer.open(row.value, table=_TABLE, row_id=_SIGNING, column="value"))
        key = SigningKey.generate()
        sealed = sealer.seal(key.reveal(), table=_TABLE, row_id=_SIGNING, column="value")
        _add(session, _SIGNING, sealed, "The private key that manifests are signed with, sealed")
        return key


async def apply_s3_environment(catalogue: Catalogue, sealer: Sealer, s3: S3Environment | None) -> None:
    """Create or refresh the S3 config that the S3_* variables describe; it is default if none is."""
    if s3 is None:
        return
    async with catalogue.transaction() as session:
        config = await session.scalar(select(S3Config).where(S3Config.name == ENVIRONMENT_CONFIG))
        if config is None:
            has_default = await session.scalar(select(S3Config.id).where(S3Config.is_default))
            config = S3Config(id=new_id(), name=ENVIRONMENT_CONFIG, is_default=has_default is None)
            session.add(config)
        elif (config.bucket, config.endpoint) != (s3.bucket, s3.endpoint):
            await _refuse_to_move(session, config)
        config.bucket, config.region, config.endpoint = s3.bucket, s3.region, s3.endpoint
        # A service of one's own is reached by path: its buckets seldom have host names.
        config.path_style = s3.endpoint is not None
        config.allow_http = bool(s3.endpoint and s3.endpoint.startswith("http://"))
        for column, value in (("access_key_sealed", s3.access_key), ("secret_key_sealed", s3.secret_key)):
            setattr(config, column, sealer.seal(value, table="s3_config", row_id=config.id, column=column))


async def _refuse_to_move(session: AsyncSession, config: S3Config) -> None:
    """Copies would be looked for where they are not."""
    if (await copy_counts(session)).get(config.id):
        raise ValidationError.of(
            "S3_BUCKET",
            f"S3_BUCKET or S3_ENDPOINT changed, while copies of backups lie in {config.bucket}. Set them back, and add"
            " the new place as an S3 config on the page.",
        )


async def _setting(session: AsyncSession, key: str) -> SystemSetting | None:
    row: SystemSetting | None = await session.scalar(select(SystemSetting).where(SystemSetting.key == key))
    return row


def _add(session: AsyncSession, key: str, value: str, description: str) -> SystemSetting:
    row = SystemSetting(key=key, value=value, description=description)
    session.add(row)
    return row
