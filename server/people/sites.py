"""Finding a site by its name, or making it.

Owns: the look-up, so that each name has one site. Must never commit: it works inside its caller's transaction.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.people.tables import Site
from server.platform.ids import new_id


async def site_id_of(db: AsyncSession, name: str, now: float) -> str:
    """The id of the site with this name; it is added to the transaction when it is new."""
    found = await db.scalar(select(Site.id).where(Site.name == name))
    if found is not None:
        return found
    site = Site(id=new_id("si"), name=name, created_at=now)
    db.add(site)
    await db.flush()
    return site.id
