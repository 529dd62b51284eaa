"""Indexes that a long history is read by."""

from alembic import op

revision = '0015'
down_revision = '0014'

_HISTORY = (
    'deleted_at', 'created_at', 'id', 'status', 'type', 'database_id', 'schedule_id', 'size', 'duration',
)
_OF_BACKUPS = {
    'ix_backup_execution_history': _HISTORY,
    'ix_backup_execution_ended': ('completed_at', 'status', 'size', 'duration', 'id'),
    'ix_backup_execution_database_status': ('database_id', 'deleted_at', 'status', 'id'),
    'ix_backup_execution_database_newest': ('database_id', 'deleted_at', 'id'),
    'ix_backup_execution_schedule_newest': ('schedule_id', 'deleted_at', 'id'),
}
_OF_COPIES = {
    'ix_backup_copy_stored': ('s3_config_id', 'state', 'size', 'backup_id'),
    'ix_backup_copy_of_backup': ('backup_id', 'state', 'size', 's3_config_id'),
}
_CREATED = 'ix_backup_execution_deleted_created'


def upgrade() -> None:
    op.drop_index(_CREATED, table_name='backup_execution')
    op.create_index(_CREATED, 'backup_execution', ['deleted_at', 'created_at', 'id'])
    for name, columns in _OF_BACKUPS.items():
        op.create_index(name, 'backup_execution', list(columns))
    for name, columns in _OF_COPIES.items():
        op.create_index(name, 'backup_copy', list(columns))


def downgrade() -> None:
    for name in _OF_COPIES:
        op.drop_index(name, table_name='backup_copy')
    for name in _OF_BACKUPS:
        op.drop_index(name, table_name='backup_execution')
    op.drop_index(_CREATED, table_name='backup_execution')
    op.create_index(_CREATED, 'backup_execution', ['deleted_at', 'created_at'])
