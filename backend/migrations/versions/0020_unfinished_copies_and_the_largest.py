"""Unfinished copies, and the largest and the longest backups, are found by an index."""

from alembic import op
from sqlalchemy import text

revision = '0020'
down_revision = '0019'

_RUNS, _COPIES = 'backup_execution', 'backup_copy'
_COUNTED = 'ix_backup_execution_deleted_created'


def upgrade() -> None:
    op.drop_index('ix_backup_copy_state', table_name=_COPIES)
    op.create_index('ix_backup_copy_by_state', _COPIES, ['state', 'backup_id'])
    op.create_index('ix_backup_execution_by_size', _RUNS, ['deleted_at', text('coalesce(size, -1)'), 'id'])
    op.create_index('ix_backup_execution_by_duration', _RUNS, ['deleted_at', text('coalesce(duration, -1)'), 'id'])
    # SQLite counts by the youngest of several that would do: this is the narrowest of them.
    op.drop_index(_COUNTED, table_name=_RUNS)
    op.create_index(_COUNTED, _RUNS, ['deleted_at', 'created_at', 'id'])


def downgrade() -> None:
    op.drop_index('ix_backup_execution_by_duration', table_name=_RUNS)
    op.drop_index('ix_backup_execution_by_size', table_name=_RUNS)
    op.drop_index('ix_backup_copy_by_state', table_name=_COPIES)
    op.create_index('ix_backup_copy_state', _COPIES, ['state'])
