"""Links of databases to containers, and what labels own."""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'


def upgrade() -> None:
    with op.batch_alter_table('database_config', schema=None) as batch_op:
        batch_op.add_column(sa.Column('container_id', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('container_address', sa.String(length=300), nullable=True))
        batch_op.add_column(sa.Column('container_state', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('managed_by', sa.String(length=20), nullable=True))
        batch_op.create_index(batch_op.f('ix_database_config_container_id'), ['container_id'], unique=False)

    with op.batch_alter_table('backup_schedule', schema=None) as batch_op:
        batch_op.add_column(sa.Column('managed_by', sa.String(length=20), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('backup_schedule', schema=None) as batch_op:
        batch_op.drop_column('managed_by')

    with op.batch_alter_table('database_config', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_database_config_container_id'))
        batch_op.drop_column('managed_by')
        batch_op.drop_column('container_state')
        batch_op.drop_column('container_address')
        batch_op.drop_column('container_id')
