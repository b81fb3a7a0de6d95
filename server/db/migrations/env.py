"""Alembic's environment: runs migrations on the connection that server/db/upgrade.py hands over."""

from __future__ import annotations

from alembic import context

import server.db.models  # noqa: F401 (fills Base.metadata)
from server.db.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite cannot alter a table in place; Alembic then copies it.
    render_as_batch=True,
    # The caller has begun the transaction (server/db/upgrade.py): all migrations happen, or none.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
