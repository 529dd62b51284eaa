"""Keys of OpenPGP beside those of age."""

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'

_ACTIVE = sa.text("state = 'active'")


def upgrade() -> None:
    with op.batch_alter_table('encryption_key', schema=None) as batch_op:
        batch_op.add_column(sa.Column('kind', sa.String(length=20), server_default='age', nullable=False))
        batch_op.add_column(sa.Column('public_key', sa.Text(), nullable=True))
        batch_op.drop_index('uq_encryption_key_active', sqlite_where=_ACTIVE, postgresql_where=_ACTIVE)
        batch_op.create_index('uq_encryption_key_active', ['kind', 'recovery'], unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE)


def downgrade() -> None:
    with op.batch_alter_table('encryption_key', schema=None) as batch_op:
        batch_op.drop_index('uq_encryption_key_active', sqlite_where=_ACTIVE, postgresql_where=_ACTIVE)
    # An older program knows no such keys, and would take them for some of age.
    op.execute("DELETE FROM encryption_key WHERE kind <> 'age'")
    with op.batch_alter_table('encryption_key', schema=None) as batch_op:
        batch_op.create_index('uq_encryption_key_active', ['recovery'], unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE)
        batch_op.drop_column('public_key')
        batch_op.drop_column('kind')
