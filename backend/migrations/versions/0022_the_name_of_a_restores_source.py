"""A restore's row names its source: its manifest, which can be large, need not be read for that."""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'

_RESTORES = sa.table('restore_execution', sa.column('manifest', sa.JSON), sa.column('source_name', sa.String))


def upgrade() -> None:
    with op.batch_alter_table('restore_execution', schema=None) as batch_op:
        batch_op.add_column(sa.Column('source_name', sa.String(length=200), server_default='', nullable=False))
    name = _RESTORES.c.manifest['source']['configName'].as_string()
    op.execute(_RESTORES.update().values(source_name=sa.func.coalesce(name, '')))


def downgrade() -> None:
    with op.batch_alter_table('restore_execution', schema=None) as batch_op:
        batch_op.drop_column('source_name')
