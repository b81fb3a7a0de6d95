"""Rows that seal themselves: each clinical text is sealed before it is written, and knows its key once it is read.

Owns: the decorator `sealed_row` and the events behind it. The key of a row comes with the row, in the same query.
Must never open a text before somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import event, select
from sqlalchemy.orm import QueryContext, Session, column_property

from server.platform.database.base import Base
from server.platform.redacted import Redacted
from server.platform.sealing.cipher import bound_to
from server.platform.sealing.keyring import Keyring
from server.platform.sealing.sealedtext import ClinicalText, SealedText, destroyed
from server.platform.sealing.tables import DataKey

# Where a database session carries its keyring.
KEYRING = "keyring"

SEALED_KEY, MASTER_ID = "_data_key_sealed_key", "_data_key_master_id"

T = TypeVar("T", bound=type[Base])


@dataclass(frozen=True, slots=True)
class Sealing:
    """How the rows of one table are sealed.

    ``owner``: the column that names whose key it is. ``bound``: columns that are authenticated with each text: a
    text that was moved to another row, or whose row was changed there, does not open. ``hashed``: by text column,
    the column of its keyed hash, by which it is found.
    """

    row: type[Base]
    owner: str
    bound: tuple[str, ...]
    hashed: Mapping[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> tuple[str, ...]:
        """The sealed columns."""
        table = self.row.__table__
        return tuple(column.key for column in table.columns if isinstance(column.type, ClinicalText))

    def binding(self, values: Mapping[str, Any], column: str) -> bytes:
        """What the text of this column is authenticated with."""
        names = (values[name] for name in (self.owner, *self.bound))
        return bound_to(self.row.__tablename__, column, *names)


SEALED: dict[type[Base], Sealing] = {}


def sealed_row(owner: str, *bound: str, hashed: Mapping[str, str] | None = None) -> Callable[[T], T]:
    """Class decorator: the clinical texts of these rows are sealed (see `Sealing`)."""

    def decorate(row: T) -> T:
        SEALED[row] = Sealing(row, owner, bound, hashed or {})
        for name, column in ((SEALED_KEY, DataKey.sealed_key), (MASTER_ID, DataKey.master_id)):
            query = select(column).where(DataKey.owner_id == getattr(row, owner)).correlate_except(DataKey)
            setattr(row, name, column_property(query.scalar_subquery()))
        event.listen(row, "load", _bind)
        event.listen(row, "refresh", lambda target, context, _names: _bind(target, context))
        return row

    return decorate


def info_with(keyring: Keyring) -> dict[str, object]:
    """What a factory of database sessions carries to seal and open rows."""
    return {KEYRING: keyring}


def _bind(target: Base, context: QueryContext | None) -> None:
    """Tell each text that was read which key opens it."""
    if context is None:
        # An UPDATE that tells the objects in memory what it set: no text was read.
        return
    keyring: Keyring | None = context.session.info.get(KEYRING)
    sealing, values = SEALED[type(target)], target.__dict__
    sealed_key, master_id = values.get(SEALED_KEY), values.get(MASTER_ID)
    if keyring is None or SEALED_KEY not in values:
        return
    key = destroyed
    if sealed_key is not None and master_id is not None:
        key = partial(keyring.unwrapped, sealed_key, values[sealing.owner], master_id)
    for column in sealing.texts:
        text = values.get(column)
        if isinstance(text, SealedText) and text.bound is None:
            text.bind(key, sealing.binding(values, column))


@event.listens_for(Session, "before_flush")
def _seal(db: Session, _context: object, _instances: object) -> None:
    """Seal the texts of every row that is about to be written."""
    keyring: Keyring | None = db.info.get(KEYRING)
    if keyring is not None:
        for row in _sealed_rows([*db.new, *db.dirty]):
            _seal_row(db, keyring, row)


def _sealed_rows(rows: Iterable[object]) -> list[Base]:
    return [row for row in rows if isinstance(row, Base) and type(row) in SEALED]


def _seal_row(db: Session, keyring: Keyring, row: Base) -> None:
    sealing, values = SEALED[type(row)], row.__dict__
    for column in sealing.texts:
        text = values.get(column)
        if not isinstance(text, Redacted):
            continue
        bound = sealing.binding(values, column)
        if isinstance(text, SealedText) and text.bound == bound:
            continue
        setattr(row, column, keyring.sealed(keyring.key_of(db, values[sealing.owner]), text, bound))
        if column in sealing.hashed:
            setattr(row, sealing.hashed[column], keyring.hashed(db, text))
