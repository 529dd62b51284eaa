"""Notification channels, their conditions, and the outbox."""

import sqlalchemy as sa
from advanced_alchemy.types import DateTimeUTC
from alembic import op

revision = '0008'
down_revision = '0007'


def upgrade() -> None:
    op.create_table('notification_channel',
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('settings', sa.JSON(), nullable=False),
    sa.Column('secrets_sealed', sa.Text(), nullable=True),
    sa.Column('target', sa.Text(), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('events', sa.JSON(), nullable=False),
    sa.Column('database_ids', sa.JSON(), nullable=True),
    sa.Column('failure_threshold', sa.BigInteger(), nullable=False),
    sa.Column('recovery', sa.Boolean(), nullable=False),
    sa.Column('delivered_at', DateTimeUTC(timezone=True), nullable=True),
    sa.Column('failed_at', DateTimeUTC(timezone=True), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_at', DateTimeUTC(timezone=True), nullable=False),
    sa.Column('updated_at', DateTimeUTC(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_channel')),
    sa.UniqueConstraint('name', name=op.f('uq_notification_channel_name'))
    )
    op.create_table('notification_condition',
    sa.Column('channel_id', sa.String(length=36), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('failures', sa.BigInteger(), nullable=False),
    sa.Column('alarmed', sa.Boolean(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_at', DateTimeUTC(timezone=True), nullable=False),
    sa.Column('updated_at', DateTimeUTC(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['channel_id'], ['notification_channel.id'], name=op.f('fk_notification_condition_channel_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_condition'))
    )
    with op.batch_alter_table('notification_condition', schema=None) as batch_op:
        batch_op.create_index('uq_notification_condition_key', ['channel_id', 'key'], unique=True)

    op.create_table('notification_outbox',
    sa.Column('channel_id', sa.String(length=36), nullable=True),
    sa.Column('schedule_id', sa.String(length=36), nullable=True),
    sa.Column('lane', sa.String(length=80), nullable=False),
    sa.Column('event', sa.String(length=50), nullable=False),
    sa.Column('severity', sa.String(length=10), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('message', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('attempts', sa.BigInteger(), nullable=False),
    sa.Column('next_attempt_at', DateTimeUTC(timezone=True), nullable=False),
    sa.Column('finished_at', DateTimeUTC(timezone=True), nullable=True),
    sa.Column('result', sa.Text(), nullable=True),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_at', DateTimeUTC(timezone=True), nullable=False),
    sa.Column('updated_at', DateTimeUTC(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['channel_id'], ['notification_channel.id'], name=op.f('fk_notification_outbox_channel_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['schedule_id'], ['backup_schedule.id'], name=op.f('fk_notification_outbox_schedule_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_outbox'))
    )
    with op.batch_alter_table('notification_outbox', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notification_outbox_channel_id'), ['channel_id'], unique=False)
        batch_op.create_index('ix_notification_outbox_due', ['state', 'next_attempt_at'], unique=False)
        batch_op.create_index('ix_notification_outbox_finished', ['finished_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_notification_outbox_lane'), ['lane'], unique=False)
        batch_op.create_index(batch_op.f('ix_notification_outbox_schedule_id'), ['schedule_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('notification_outbox', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_notification_outbox_schedule_id'))
        batch_op.drop_index(batch_op.f('ix_notification_outbox_lane'))
        batch_op.drop_index('ix_notification_outbox_finished')
        batch_op.drop_index('ix_notification_outbox_due')
        batch_op.drop_index(batch_op.f('ix_notification_outbox_channel_id'))

    op.drop_table('notification_outbox')
    with op.batch_alter_table('notification_condition', schema=None) as batch_op:
        batch_op.drop_index('uq_notification_condition_key')

    op.drop_table('notification_condition')
    op.drop_table('notification_channel')
