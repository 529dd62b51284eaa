"""What was stored on each day is read off one index; the index that is counted by is the youngest."""

from alembic import op

revision = '0019'
down_revision = '0018'

_ENDED = 'ix_backup_execution_ended'
_CREATED = 'ix_backup_execution_deleted_created'


def upgrade() -> None:
    _replace(_ENDED, 'completed_at', 'status', 'size', 'duration', 'deleted_at', 'id')
    # SQLite takes the youngest of several that would do: this is the narrowest of them.
    _replace(_CREATED, 'deleted_at', 'created_at', 'id')


def downgrade() -> None:
    _replace(_ENDED, 'completed_at', 'status', 'size', 'duration', 'id')


def _replace(name: str, *columns: str) -> None:
    op.drop_index(name, table_name='backup_execution')
    op.create_index(name, 'backup_execution', list(columns))
