"""Runs migrations; the URL comes from `dbbackup.db.migrate`."""

from alembic import context
from sqlalchemy import create_engine, event

from dbbackup.db.models import Base

url = context.config.attributes.get("url", "sqlite:///catalogue.db")
engine = create_engine(url)
# Batch mode recreates tables: with foreign keys on, dropping the parent empties its children.
event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=OFF"))
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, user_module_prefix="")
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
