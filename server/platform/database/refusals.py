"""Why a database is not upgraded, each in one line for an operator.

DatabaseRefused
├── TooNew           a newer program has upgraded it
├── MigrationFailed  a migration would break the data
└── NoCopy           no copy can be made before the upgrade

Owns: the errors. In all cases the database is unchanged.
"""

from __future__ import annotations


class DatabaseRefused(Exception):
    """Base of the refusals; its text is the line."""


class TooNew(DatabaseRefused):
    """A newer program has upgraded the database; going on would harm it."""

    def __init__(self, revision: str, newest: str) -> None:
        super().__init__(
            f"a newer keneya has made this database: it has schema {revision}, this program knows schemas up to "
            f"{newest}. Install the newer one again, or restore the backup of before its upgrade."
        )


class MigrationFailed(DatabaseRefused):
    """A migration would break the data: so many rows would point to nothing."""

    def __init__(self, rows: int) -> None:
        super().__init__(
            f"the database cannot be upgraded: {rows} rows would point to nothing; nothing was changed"
        )


class NoCopy(DatabaseRefused):
    """No copy of the database can be made before the upgrade."""
