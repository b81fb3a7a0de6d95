"""Storage: SQLAlchemy 2 over SQLite (the embedded default) or PostgreSQL, brought up to date by Alembic."""
