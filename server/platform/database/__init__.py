"""Storage: SQLAlchemy 2 over SQLite (the embedded default) or PostgreSQL; Alembic migrates the tables."""
