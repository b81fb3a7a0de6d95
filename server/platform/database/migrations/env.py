"""Alembic's environment: runs migrations on the connection that server/platform/database/upgrade.py passes."""

from __future__ import annotations

from alembic import context

from server.platform.database.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    # Needed for the names of constraints; a migration does not use the tables of the metadata.
    target_metadata=Base.metadata,
    # SQLite cannot alter a table in place; Alembic copies the table instead.
    render_as_batch=True,
    # The caller has begun one transaction for all migrations (server/platform/database/upgrade.py).
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
