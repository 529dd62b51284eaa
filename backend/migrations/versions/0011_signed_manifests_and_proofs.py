"""Copies that are checked, damage, anomalies, assertions, targets of verifications."""

import sqlalchemy as sa
from advanced_alchemy.types import DateTimeUTC
from alembic import op

revision = '0011'
down_revision = '0010'


def upgrade() -> None:
    with op.batch_alter_table('backup_copy', schema=None) as batch_op:
        batch_op.add_column(sa.Column('checked_at', DateTimeUTC(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('seen_at', DateTimeUTC(timezone=True), nullable=True))

    with op.batch_alter_table('backup_execution', schema=None) as batch_op:
        batch_op.add_column(sa.Column('damage', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('anomalies', sa.JSON(), nullable=False, server_default='[]'))

    with op.batch_alter_table('database_config', schema=None) as batch_op:
        batch_op.add_column(sa.Column('assertions', sa.JSON(), nullable=False, server_default='[]'))
        batch_op.add_column(sa.Column('verify_target_id', sa.String(length=36), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_database_config_verify_target_id'), 'database_config', ['verify_target_id'], ['id'], ondelete='SET NULL')

    with op.batch_alter_table('verification', schema=None) as batch_op:
        batch_op.add_column(sa.Column('target_id', sa.String(length=36), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_verification_target_id'), 'database_config', ['target_id'], ['id'], ondelete='SET NULL')


def downgrade() -> None:
    with op.batch_alter_table('verification', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_verification_target_id'), type_='foreignkey')
        batch_op.drop_column('target_id')

    with op.batch_alter_table('database_config', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_database_config_verify_target_id'), type_='foreignkey')
        batch_op.drop_column('verify_target_id')
        batch_op.drop_column('assertions')

    with op.batch_alter_table('backup_execution', schema=None) as batch_op:
        batch_op.drop_column('anomalies')
        batch_op.drop_column('damage')

    with op.batch_alter_table('backup_copy', schema=None) as batch_op:
        batch_op.drop_column('seen_at')
        batch_op.drop_column('checked_at')
