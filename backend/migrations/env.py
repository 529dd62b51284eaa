"""Runs migrations; the engine comes from `dbbackup.db.migrate`."""

from pathlib import Path

from alembic import context

from dbbackup.db.migrate import alembic_config, check_foreign_keys
from dbbackup.db.models import Base

engine = context.config.attributes.get("engine") or alembic_config(Path("catalogue.db")).attributes["engine"]
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        user_module_prefix="",
        # SQLite can do it, too, whatever Alembic supposes: all or nothing, also when the program is killed.
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
        check_foreign_keys(connection)
engine.dispose()
