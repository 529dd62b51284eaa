"""Keys that backups are encrypted to."""

import sqlalchemy as sa
from advanced_alchemy.types import DateTimeUTC
from alembic import op

revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    op.create_table('encryption_key',
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('recipient', sa.String(length=100), nullable=False),
    sa.Column('identity_sealed', sa.Text(), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('recovery', sa.Boolean(), nullable=False),
    sa.Column('downloaded_at', DateTimeUTC(timezone=True), nullable=True),
    sa.Column('comment', sa.Text(), nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('created_at', DateTimeUTC(timezone=True), nullable=False),
    sa.Column('updated_at', DateTimeUTC(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_encryption_key')),
    sa.UniqueConstraint('name', name=op.f('uq_encryption_key_name')),
    sa.UniqueConstraint('recipient', name=op.f('uq_encryption_key_recipient'))
    )
    with op.batch_alter_table('encryption_key', schema=None) as batch_op:
        batch_op.create_index('uq_encryption_key_active', ['recovery'], unique=True, sqlite_where=sa.text("state = 'active'"), postgresql_where=sa.text("state = 'active'"))

    with op.batch_alter_table('backup_execution', schema=None) as batch_op:
        batch_op.add_column(sa.Column('recipients', sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('backup_execution', schema=None) as batch_op:
        batch_op.drop_column('recipients')

    with op.batch_alter_table('encryption_key', schema=None) as batch_op:
        batch_op.drop_index('uq_encryption_key_active', sqlite_where=sa.text("state = 'active'"), postgresql_where=sa.text("state = 'active'"))

    op.drop_table('encryption_key')
