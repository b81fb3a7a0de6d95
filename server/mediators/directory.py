"""All mediators: name, gender, languages.

Owns: the query. Must never say who is on duty: live.py does.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select

from server.people.tables import Account, AccountLanguage
from server.platform.database.engine import DbSessions
from signaling.messages import Role


@dataclass(frozen=True, slots=True)
class KnownMediator:
    """One mediator; ``gender`` "" is not said."""

    id: str
    name: str
    gender: str
    languages: tuple[str, ...]


async def mediators(database: DbSessions) -> list[KnownMediator]:
    """All who may be invited, by name."""
    async with database() as db:
        accounts = (
            await db.scalars(
                select(Account)
                .where(Account.role == Role.MEDIATOR.value, Account.disabled.is_(False))
                .order_by(Account.name, Account.id)
            )
        ).all()
        spoken: dict[str, list[str]] = defaultdict(list)
        rows = await db.scalars(
            select(AccountLanguage).where(AccountLanguage.account_id.in_([one.id for one in accounts]))
        )
        for row in rows:
            spoken[row.account_id].append(row.language)
    return [
        KnownMediator(one.id, one.name, one.gender or "", tuple(sorted(spoken[one.id]))) for one in accounts
    ]
