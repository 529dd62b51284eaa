"""Verifications of stored backups."""

import sqlalchemy as sa
from advanced_alchemy.types import DateTimeUTC
from alembic import op

revision = '0003'
down_revision = '0002'


def upgrade() -> None:
    op.create_table('verification',
    sa.Column('backup_id', sa.String(length=36), nullable=False),
    sa.Column('copy_id', sa.String(length=36), nullable=True),
    sa.Column('storage', sa.String(length=300), nullable=False),
    sa.Column('database_id', sa.String(length=36), nullable=True),
    sa.Column('database_name', sa.String(length=200), nullable=False),
    sa.Column('level', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('started_at', DateTimeUTC(timezone=True), nullable=True),
    sa.Column('completed_at', DateTimeUTC(timezone=True), nullable=True),
    sa.Column('duration', sa.Float(), nullable=True),
    sa.Column('restore_seconds', sa.Float(), nullable=True),
    sa.Column('result', sa.JSON(), nullable=False),
    sa.Column('error_code', sa.String(length=50), nullable=True),
    sa.Column('error_message', sa.Text(), nullable=True),
    sa.Column('error_stack', sa.Text(), nullable=True),
    sa.Column('started_by', sa.String(length=200), nullable=False),
    sa.Column('cancel_requested', sa.Boolean(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_at', DateTimeUTC(timezone=True), nullable=False),
    sa.Column('updated_at', DateTimeUTC(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['backup_id'], ['backup_execution.id'], name=op.f('fk_verification_backup_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['copy_id'], ['backup_copy.id'], name=op.f('fk_verification_copy_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['database_id'], ['database_config.id'], name=op.f('fk_verification_database_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_verification'))
    )
    with op.batch_alter_table('verification', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_verification_backup_id'), ['backup_id'], unique=False)
        batch_op.create_index('ix_verification_database_level', ['database_id', 'level', 'status'], unique=False)
        batch_op.create_index('ix_verification_status_created', ['status', 'created_at'], unique=False)

    with op.batch_alter_table('backup_execution', schema=None) as batch_op:
        batch_op.add_column(sa.Column('verified_at', DateTimeUTC(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('backup_execution', schema=None) as batch_op:
        batch_op.drop_column('verified_at')

    with op.batch_alter_table('verification', schema=None) as batch_op:
        batch_op.drop_index('ix_verification_status_created')
        batch_op.drop_index('ix_verification_database_level')
        batch_op.drop_index(batch_op.f('ix_verification_backup_id'))

    op.drop_table('verification')
