"""Finding a site by its name, or making it.

Owns: the look-up, so that each name has one site. Must never commit: it works inside its caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.people.tables import Site
from server.platform.ids import new_id
from signaling.text import folded, tidied


def same_name(name: str, known: Iterable[tuple[str, str]]) -> str | None:
    """The id beside the name that is typed like this one; the very same letters before others."""
    rows = list(known)
    exactly = [found for other, found in rows if other == name]
    alike = [found for other, found in rows if folded(other) == folded(name)]
    return next(iter(exactly + alike), None)


async def known_site_id(db: AsyncSession, name: str) -> str | None:
    """The id of the site with this name, however it is typed."""
    known = await db.execute(select(Site.name, Site.id))
    return same_name(name, [(other, found) for other, found in known])


async def site_id_of(db: AsyncSession, name: str, now: float) -> str:
    """The id of the site with this name; it is added to the transaction when it is new."""
    found = await known_site_id(db, name)
    if found is not None:
        return found
    site = Site(id=new_id("si"), name=tidied(name), created_at=now)
    db.add(site)
    await db.flush()
    return site.id
