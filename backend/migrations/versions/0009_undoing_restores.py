"""Restores that can be taken back, and requests that are sent twice."""

import sqlalchemy as sa
from advanced_alchemy.types import DateTimeUTC
from alembic import op

revision = '0009'
down_revision = '0008'


def upgrade() -> None:
    with op.batch_alter_table('restore_execution', schema=None) as batch_op:
        batch_op.add_column(sa.Column('idempotency_key', sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column('request_sha256', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('result', sa.JSON(), nullable=False, server_default='{}'))
        batch_op.add_column(sa.Column('undo_of_id', sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column('undo_state', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('kept_database', sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column('kept_until', DateTimeUTC(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('attempt', sa.BigInteger(), nullable=False, server_default='1'))
        batch_op.add_column(sa.Column('not_before', DateTimeUTC(timezone=True), nullable=True))
        batch_op.create_index('uq_restore_execution_idempotency_key', ['idempotency_key'], unique=True)
        batch_op.create_index(batch_op.f('ix_restore_execution_undo_of_id'), ['undo_of_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_restore_execution_undo_state'), ['undo_state'], unique=False)
        batch_op.create_foreign_key(
            batch_op.f('fk_restore_execution_undo_of_id'),
            'restore_execution', ['undo_of_id'], ['id'], ondelete='SET NULL',
        )


def downgrade() -> None:
    with op.batch_alter_table('restore_execution', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_restore_execution_undo_of_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_restore_execution_undo_state'))
        batch_op.drop_index(batch_op.f('ix_restore_execution_undo_of_id'))
        batch_op.drop_index('uq_restore_execution_idempotency_key')
        for column in (
            'not_before', 'attempt', 'kept_until', 'kept_database', 'undo_state', 'undo_of_id', 'result',
            'request_sha256', 'idempotency_key',
        ):
            batch_op.drop_column(column)
