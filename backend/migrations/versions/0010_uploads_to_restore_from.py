"""uploads to restore from."""

import sqlalchemy as sa
from advanced_alchemy.types import DateTimeUTC
from alembic import op

revision = "0010"
down_revision = '0009'


def upgrade() -> None:
    op.create_table(
        "restore_upload",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("is_script", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("expected_sha256", sa.String(length=64), nullable=True),
        sa.Column("manifest", sa.JSON(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("error_code", sa.String(length=50), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=True),
        sa.Column("encryption", sa.String(length=20), nullable=True),
        sa.Column("compression", sa.String(length=20), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("plain_size", sa.BigInteger(), nullable=True),
        sa.Column("plain_sha256", sa.String(length=64), nullable=True),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("touched_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restore_upload")),
    )
    with op.batch_alter_table("restore_upload", schema=None) as batch_op:
        batch_op.create_index("ix_restore_upload_state", ["state"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("restore_upload", schema=None) as batch_op:
        batch_op.drop_index("ix_restore_upload_state")

    op.drop_table("restore_upload")
