"""The tables of keys: the sealed data key of each owner, and what the whole database is sealed to.

Owns: the rows. Must never hold a key that is not sealed to a master key.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Double, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.platform.database.base import ID_CHARS, Base
from server.platform.sealing.masterkeys import ID_HEX_CHARS


class DataKey(Base):
    """The key of everything that belongs to one owner, such as a case; ``sealed_key`` None: destroyed.

    ``master_id``: the master key that it is sealed to.
    """

    __tablename__ = "data_key"

    owner_id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    sealed_key: Mapped[str | None] = mapped_column(Text)
    master_id: Mapped[str] = mapped_column(String(ID_HEX_CHARS), index=True)
    destroyed_at: Mapped[float | None] = mapped_column(Double)


class SealingState(Base):
    """One row: the master key that new data keys are sealed to, and the key of keyed hashes.

    ``swept_at``: when nothing was left that is not sealed, not even in free pages of the file.
    ``folded_at``: when every keyed hash was one of the folded text (`signaling.text.folded`).
    """

    __tablename__ = "sealing_state"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    master_id: Mapped[str] = mapped_column(String(ID_HEX_CHARS))
    sealed_hash_key: Mapped[str] = mapped_column(Text)
    swept_at: Mapped[float | None] = mapped_column(Double)
    folded_at: Mapped[float | None] = mapped_column(Double)
