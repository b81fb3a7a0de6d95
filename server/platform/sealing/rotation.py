"""Another master key: every data key is sealed anew to it, while the server runs.

Owns: the rotation, in steps that may each be the last before a power cut; called again, it goes on where it
stopped. Must never let go of a master key that still opens something.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from server.platform.database.engine import DbSessions
from server.platform.sealing.keyring import HASH_KEY, Keyring
from server.platform.sealing.masterkeys import MasterKey, MasterKeys, new_master_key
from server.platform.sealing.tables import DataKey, SealingState

# Keys in one transaction: the server's writers wait for it, for less than a second.
KEYS_AT_ONCE = 500

NEEDS_NEW_KEY = (
    "put a new key (`keneya key new`) before the one that is there, with a comma or on a line of its own, restart "
    "the server, and run this again"
)


class NothingToRotate(Exception):
    """The keys are where an operator put them, and there is no new one among them. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did. ``old_removed``: the source holds the new key only."""

    master_id: str
    sealed_anew: int
    old_removed: bool


async def rotate(database: DbSessions, keyring: Keyring, source: MasterKeys) -> Rotated:
    """Seal everything to a new master key, or finish what a rotation began.

    Raises NothingToRotate, SettingsError.
    """
    current = await _current(database, keyring, source)
    async with database.begin() as db:
        await db.run_sync(_switch, keyring, current)
    count = 0
    while sealed := await _seal_some(database, keyring, current):
        count += sealed
    return Rotated(current.id, count, source.replace([current]))


async def _current(database: DbSessions, keyring: Keyring, source: MasterKeys) -> MasterKey:
    """The key to seal to: one that is waiting for it already, or a new one, on disk."""
    async with database.begin() as db:
        master_id = await db.run_sync(lambda sync: keyring.state(sync).master_id)
        waiting = await db.scalar(
            select(func.count()).select_from(DataKey).where(_sealed_to_another(master_id))
        )
    keys = source.load()
    if keys[0].id != master_id or waiting or len(keys) > 1:
        return keys[0]
    new = new_master_key()
    if not source.replace([new, *keys]):
        raise NothingToRotate(NEEDS_NEW_KEY)
    return new


def _switch(db: Session, keyring: Keyring, current: MasterKey) -> None:
    """From the end of this transaction, new data keys are sealed to the current key."""
    found = db.scalars(select(SealingState).with_for_update()).one()
    if found.master_id != current.id:
        hash_key = keyring.unwrapped(found.sealed_hash_key, HASH_KEY, found.master_id)
        wrapped = keyring.wrapped(hash_key, HASH_KEY, current)
        db.execute(update(SealingState).values(master_id=current.id, sealed_hash_key=wrapped))


async def _seal_some(database: DbSessions, keyring: Keyring, current: MasterKey) -> int:
    async with database.begin() as db:
        query = select(DataKey).where(_sealed_to_another(current.id)).limit(KEYS_AT_ONCE).with_for_update()
        rows = (await db.scalars(query)).all()
        for row in rows:
            assert row.sealed_key is not None
            key = keyring.unwrapped(row.sealed_key, row.owner_id, row.master_id)
            row.sealed_key, row.master_id = keyring.wrapped(key, row.owner_id, current), current.id
    return len(rows)


def _sealed_to_another(master_id: str) -> ColumnElement[bool]:
    return (DataKey.master_id != master_id) & DataKey.sealed_key.is_not(None)
