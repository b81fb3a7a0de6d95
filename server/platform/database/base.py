"""What every table shares: the metadata with named constraints, and the column types.

Owns: `Base` and the column types. Must never use a feature that only SQLite or only PostgreSQL has.
Times are UTC seconds since 1970 as a float (as in `time.time`), which both databases store alike.
"""

from __future__ import annotations

from typing import Annotated

from sqlalchemy import Double, MetaData, String
from sqlalchemy.orm import DeclarativeBase, mapped_column

# Names for all constraints, so that a migration can drop a constraint by the same name on both databases.
NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

ID_CHARS = 64  # signaling.messages.Identifier
NAME_CHARS = 200
SHA256_HEX_CHARS = 64

Id = Annotated[str, mapped_column(String(ID_CHARS), primary_key=True)]
Name = Annotated[str, mapped_column(String(NAME_CHARS))]
Seconds = Annotated[float, mapped_column(Double)]


class Base(DeclarativeBase):
    """All tables of the server."""

    metadata = MetaData(naming_convention=NAMES)
