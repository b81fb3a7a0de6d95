"""Alembic's environment: runs migrations on the connection that server/platform/database/upgrade.py hands over."""

from __future__ import annotations

from alembic import context

from server.platform.database.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    # For its naming of constraints; which tables it knows does not matter to a migration.
    target_metadata=Base.metadata,
    # SQLite cannot alter a table in place; Alembic then copies it.
    render_as_batch=True,
    # The caller has begun the transaction (server/platform/database/upgrade.py): all migrations happen, or none.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
