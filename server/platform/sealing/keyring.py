"""The keys of a running server: master keys in memory, data keys as the database holds them.

Owns: sealing data keys to a master key, and finding, making and destroying them inside the caller's transaction.
Must never write a key in clear, nor make a master key for a database that is sealed to another one.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from server.platform.redacted import Redacted
from server.platform.sealing.cipher import KEY_BYTES, NONCE_BYTES, bound_to, keyed_hash, padded, seal, unseal
from server.platform.sealing.errors import KeyDestroyed, MasterKeyMissing
from server.platform.sealing.masterkeys import MasterKey, MasterKeys
from server.platform.sealing.sealedtext import SealedText
from server.platform.sealing.tables import DataKey, SealingState
from signaling.text import folded

# What the key of keyed hashes is sealed as; no owner has this id.
HASH_KEY = "hash key"


class Keyring:
    """All keys. ``entropy`` gives random bytes."""

    def __init__(self, source: MasterKeys, entropy: Callable[[int], bytes] = os.urandom) -> None:
        self._source = source
        self._entropy = entropy
        self._known: dict[str, MasterKey] = {}

    # Master keys

    def master(self, master_id: str) -> MasterKey:
        """The master key of this id; the source is read anew for one that is not known. Raises MasterKeyMissing."""
        if master_id not in self._known:
            self._known |= {key.id: key for key in self._source.load()}
        try:
            return self._known[master_id]
        except KeyError:
            raise MasterKeyMissing(
                f"master_key or master_key_file: the database is sealed to the key {master_id}, "
                "which is not among them"
            ) from None

    def wrapped(self, key: bytes, owner_id: str, master: MasterKey) -> str:
        """A key, sealed to a master key."""
        nonce = self._entropy(NONCE_BYTES)
        return base64.b64encode(seal(master.raw, key, bound_to("data_key", owner_id), nonce)).decode()

    def unwrapped(self, sealed_key: str, owner_id: str, master_id: str) -> bytes:
        """A key again. Raises MasterKeyMissing, SealBroken."""
        return unseal(
            self.master(master_id).raw, base64.b64decode(sealed_key), bound_to("data_key", owner_id)
        )

    # Data keys, in the caller's transaction

    def key_of(self, db: Session, owner_id: str) -> bytes:
        """The data key of this owner, made if there is none. Raises KeyDestroyed."""
        query = select(DataKey.sealed_key, DataKey.master_id).where(DataKey.owner_id == owner_id)
        found = db.execute(query).one_or_none()
        if found is None:
            self._make_key(db, owner_id)
            found = db.execute(query).one()
        if found.sealed_key is None:
            raise KeyDestroyed("what belongs to this key was erased")
        return self.unwrapped(found.sealed_key, owner_id, found.master_id)

    async def key_for(self, db: AsyncSession, owner_id: str) -> bytes:
        """As `key_of`, for what is no row: a file of the owner."""
        return await db.run_sync(self.key_of, owner_id)

    def _make_key(self, db: Session, owner_id: str) -> None:
        master = self.master(self.state(db).master_id)
        sealed_key = self.wrapped(self._entropy(KEY_BYTES), owner_id, master)
        _insert_first(db, DataKey, owner_id=owner_id, sealed_key=sealed_key, master_id=master.id)

    async def destroy(self, db: AsyncSession, owner_id: str, now: float) -> None:
        """Nobody opens again what this owner's key sealed."""
        await db.execute(
            update(DataKey)
            .where(DataKey.owner_id == owner_id)
            .values(sealed_key=None, master_id="", destroyed_at=now)
        )

    # The state of the database

    def state(self, db: Session) -> SealingState:
        """What the database is sealed to; locked against a change of the master key until the commit.

        A new database is sealed to the source's current key.
        """
        query = select(SealingState).with_for_update(read=True).execution_options(populate_existing=True)
        found = db.scalars(query).one_or_none()
        if found is None:
            keys = self._source.load()
            master = keys[0] if keys else self._source.make()
            self._known[master.id] = master
            hash_key = self.wrapped(self._entropy(KEY_BYTES), HASH_KEY, master)
            _insert_first(db, SealingState, id=1, master_id=master.id, sealed_hash_key=hash_key)
            found = db.scalars(query).one()
        return found

    def hashed(self, db: Session, text: Redacted) -> str:
        """The keyed hash by which a text is found, however it is typed; "" is not to be found."""
        content = folded(text.reveal())
        if not content:
            return ""
        state = self.state(db)
        key = self.unwrapped(state.sealed_hash_key, HASH_KEY, state.master_id)
        return keyed_hash(key, content)

    async def hash_of(self, db: AsyncSession, text: Redacted) -> str:
        """As `hashed`, for a search."""
        return await db.run_sync(self.hashed, text)

    # Texts

    def sealed(self, key: bytes, text: Redacted, bound: bytes) -> SealedText:
        """A text for the database."""
        sealed = seal(key, padded(text.reveal()), bound, self._entropy(NONCE_BYTES))
        found = SealedText(base64.b64encode(sealed).decode())
        found.bind(lambda: key, bound)
        return found


def _insert_first(db: Session, table: type[DataKey] | type[SealingState], **values: object) -> None:
    """Insert a row, unless another process does so at this moment: then that one counts."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(postgresql.insert(table).values(**values).on_conflict_do_nothing())
    else:
        db.execute(sqlite.insert(table).values(**values).on_conflict_do_nothing())
