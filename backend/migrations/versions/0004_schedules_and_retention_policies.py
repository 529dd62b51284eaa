"""schedules and retention policies."""

import sqlalchemy as sa
from advanced_alchemy.types import DateTimeUTC
from alembic import op

revision = '0004'
down_revision = '0003'


def upgrade() -> None:
    op.create_table('retention_policy',
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('strategy', sa.String(length=20), nullable=False),
    sa.Column('keep_hourly', sa.BigInteger(), nullable=False),
    sa.Column('keep_daily', sa.BigInteger(), nullable=False),
    sa.Column('keep_weekly', sa.BigInteger(), nullable=False),
    sa.Column('keep_monthly', sa.BigInteger(), nullable=False),
    sa.Column('keep_yearly', sa.BigInteger(), nullable=False),
    sa.Column('max_count', sa.BigInteger(), nullable=True),
    sa.Column('max_total_size', sa.BigInteger(), nullable=True),
    sa.Column('max_age_days', sa.BigInteger(), nullable=True),
    sa.Column('min_keep', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_at', DateTimeUTC(timezone=True), nullable=False),
    sa.Column('updated_at', DateTimeUTC(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_retention_policy')),
    sa.UniqueConstraint('name', name=op.f('uq_retention_policy_name'))
    )
    op.create_table('backup_schedule',
    sa.Column('database_id', sa.String(length=36), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('type', sa.String(length=20), nullable=False),
    sa.Column('cron_expression', sa.String(length=200), nullable=False),
    sa.Column('timezone', sa.String(length=64), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('local', sa.Boolean(), nullable=False),
    sa.Column('upload_to_s3', sa.Boolean(), nullable=False),
    sa.Column('s3_config_ids', sa.JSON(), nullable=True),
    sa.Column('retention_policy_id', sa.String(length=36), nullable=True),
    sa.Column('compression', sa.String(length=20), nullable=False),
    sa.Column('compression_level', sa.BigInteger(), nullable=True),
    sa.Column('encryption', sa.String(length=100), nullable=True),
    sa.Column('options', sa.JSON(), nullable=False),
    sa.Column('retry_limit', sa.BigInteger(), nullable=False),
    sa.Column('retry_delay', sa.BigInteger(), nullable=False),
    sa.Column('retry_max_delay', sa.BigInteger(), nullable=False),
    sa.Column('jitter', sa.BigInteger(), nullable=False),
    sa.Column('catch_up', sa.Boolean(), nullable=False),
    sa.Column('blackout', sa.JSON(), nullable=False),
    sa.Column('verify_every', sa.BigInteger(), nullable=True),
    sa.Column('verify_level', sa.BigInteger(), nullable=False),
    sa.Column('ping_url_sealed', sa.Text(), nullable=True),
    sa.Column('next_run_at', DateTimeUTC(timezone=True), nullable=True),
    sa.Column('last_slot', DateTimeUTC(timezone=True), nullable=True),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_at', DateTimeUTC(timezone=True), nullable=False),
    sa.Column('updated_at', DateTimeUTC(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['database_id'], ['database_config.id'], name=op.f('fk_backup_schedule_database_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['retention_policy_id'], ['retention_policy.id'], name=op.f('fk_backup_schedule_retention_policy_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_backup_schedule'))
    )
    with op.batch_alter_table('backup_schedule', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_backup_schedule_database_id'), ['database_id'], unique=False)
        batch_op.create_index('ix_backup_schedule_enabled_next', ['enabled', 'next_run_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_backup_schedule_retention_policy_id'), ['retention_policy_id'], unique=False)

    with op.batch_alter_table('backup_execution', schema=None) as batch_op:
        batch_op.add_column(sa.Column('schedule_id', sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column('slot', DateTimeUTC(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('not_before', DateTimeUTC(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('retention_policy_id', sa.String(length=36), nullable=True))
        batch_op.create_index(batch_op.f('ix_backup_execution_retention_policy_id'), ['retention_policy_id'], unique=False)
        batch_op.create_index('uq_backup_execution_schedule_slot', ['schedule_id', 'slot'], unique=True)
        batch_op.create_foreign_key(batch_op.f('fk_backup_execution_retention_policy_id'), 'retention_policy', ['retention_policy_id'], ['id'], ondelete='SET NULL')
        batch_op.create_foreign_key(batch_op.f('fk_backup_execution_schedule_id'), 'backup_schedule', ['schedule_id'], ['id'], ondelete='SET NULL')



def downgrade() -> None:
    with op.batch_alter_table('backup_execution', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_backup_execution_schedule_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_backup_execution_retention_policy_id'), type_='foreignkey')
        batch_op.drop_index('uq_backup_execution_schedule_slot')
        batch_op.drop_index(batch_op.f('ix_backup_execution_retention_policy_id'))
        batch_op.drop_column('retention_policy_id')
        batch_op.drop_column('not_before')
        batch_op.drop_column('slot')
        batch_op.drop_column('schedule_id')

    with op.batch_alter_table('backup_schedule', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_backup_schedule_retention_policy_id'))
        batch_op.drop_index('ix_backup_schedule_enabled_next')
        batch_op.drop_index(batch_op.f('ix_backup_schedule_database_id'))

    op.drop_table('backup_schedule')
    op.drop_table('retention_policy')
