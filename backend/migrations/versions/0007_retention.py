"""retention: kept for ever, why something was deleted, versions in S3."""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'


def upgrade() -> None:
    # With a default of the server the columns are added in place: no table is copied.
    with op.batch_alter_table('backup_execution', schema=None) as batch_op:
        batch_op.add_column(sa.Column('keep_forever', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('deleted_reason', sa.Text(), nullable=True))

    with op.batch_alter_table('s3_config', schema=None) as batch_op:
        batch_op.add_column(sa.Column('delete_versions', sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table('s3_config', schema=None) as batch_op:
        batch_op.drop_column('delete_versions')

    with op.batch_alter_table('backup_execution', schema=None) as batch_op:
        batch_op.drop_column('deleted_reason')
        batch_op.drop_column('keep_forever')
