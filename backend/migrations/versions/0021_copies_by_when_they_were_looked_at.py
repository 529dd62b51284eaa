"""The copy that was looked at or read longest ago is found by an index."""

from alembic import op
from sqlalchemy import text

revision = '0021'
down_revision = '0020'

_COPIES = 'backup_copy'
_SEEN = 'ix_backup_copy_by_last_look'
_READ = 'ix_backup_copy_by_last_reading'


def upgrade() -> None:
    op.create_index(_SEEN, _COPIES, ['state', text('coalesce(seen_at, upload_completed_at, created_at)')])
    op.create_index(_READ, _COPIES, ['state', text('coalesce(checked_at, upload_completed_at, created_at)')])


def downgrade() -> None:
    op.drop_index(_READ, table_name=_COPIES)
    op.drop_index(_SEEN, table_name=_COPIES)
