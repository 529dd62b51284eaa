"""Storage in full (SSE-C, object lock, versions, bandwidth), waiting restores, limits of runs."""

import sqlalchemy as sa
from advanced_alchemy.types import DateTimeUTC
from alembic import op

revision = '0012'
down_revision = '0011'


def upgrade() -> None:
    with op.batch_alter_table('s3_config', schema=None) as batch_op:
        batch_op.add_column(sa.Column('customer_key_sealed', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('tag_objects', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('object_lock_mode', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('object_lock_days', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('upload_limit', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('download_limit', sa.BigInteger(), nullable=True))

    with op.batch_alter_table('backup_copy', schema=None) as batch_op:
        batch_op.add_column(sa.Column('locked_until', DateTimeUTC(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('retry_at', DateTimeUTC(timezone=True), nullable=True))

    with op.batch_alter_table('restore_execution', schema=None) as batch_op:
        batch_op.add_column(sa.Column('waiting_for', sa.Text(), nullable=True))

    with op.batch_alter_table('database_config', schema=None) as batch_op:
        batch_op.add_column(sa.Column('limits', sa.JSON(), nullable=False, server_default='{}'))


def downgrade() -> None:
    with op.batch_alter_table('database_config', schema=None) as batch_op:
        batch_op.drop_column('limits')

    with op.batch_alter_table('restore_execution', schema=None) as batch_op:
        batch_op.drop_column('waiting_for')

    with op.batch_alter_table('backup_copy', schema=None) as batch_op:
        batch_op.drop_column('retry_at')
        batch_op.drop_column('locked_until')

    with op.batch_alter_table('s3_config', schema=None) as batch_op:
        batch_op.drop_column('download_limit')
        batch_op.drop_column('upload_limit')
        batch_op.drop_column('object_lock_days')
        batch_op.drop_column('object_lock_mode')
        batch_op.drop_column('tag_objects')
        batch_op.drop_column('customer_key_sealed')
