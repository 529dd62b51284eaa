"""Verifications in throwaway containers, and dumps in the database's own."""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'


def upgrade() -> None:
    with op.batch_alter_table('database_config', schema=None) as batch_op:
        batch_op.add_column(sa.Column('verify_target_kind', sa.String(length=20), nullable=False, server_default='server'))
        batch_op.add_column(sa.Column('dump_via', sa.String(length=20), nullable=False, server_default='network'))

    with op.batch_alter_table('verification', schema=None) as batch_op:
        batch_op.add_column(sa.Column('target_kind', sa.String(length=20), nullable=False, server_default='server'))


def downgrade() -> None:
    with op.batch_alter_table('verification', schema=None) as batch_op:
        batch_op.drop_column('target_kind')

    with op.batch_alter_table('database_config', schema=None) as batch_op:
        batch_op.drop_column('dump_via')
        batch_op.drop_column('verify_target_kind')
