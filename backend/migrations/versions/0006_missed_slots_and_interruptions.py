"""Missed slots of schedules, and how often a run was interrupted."""

import sqlalchemy as sa
from advanced_alchemy.types import DateTimeUTC
from alembic import op

revision = '0006'
down_revision = '0005'


def upgrade() -> None:
    with op.batch_alter_table('backup_schedule', schema=None) as batch_op:
        batch_op.add_column(sa.Column('missed_slot', DateTimeUTC(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('missed_count', sa.BigInteger(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('missed_reason', sa.Text(), nullable=True))

    with op.batch_alter_table('backup_execution', schema=None) as batch_op:
        batch_op.add_column(sa.Column('interruptions', sa.BigInteger(), nullable=False, server_default='0'))


def downgrade() -> None:
    with op.batch_alter_table('backup_execution', schema=None) as batch_op:
        batch_op.drop_column('interruptions')

    with op.batch_alter_table('backup_schedule', schema=None) as batch_op:
        batch_op.drop_column('missed_reason')
        batch_op.drop_column('missed_count')
        batch_op.drop_column('missed_slot')
