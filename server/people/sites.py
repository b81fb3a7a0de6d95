"""Finding a site by its name, or making it.

Owns: that a site's name is written once. Must never commit: it works inside its caller's transaction.
"""

from __future__ import annotations

import secrets

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.people.tables import Site


async def site_id_of(db: AsyncSession, name: str, now: float) -> str:
    """The id of the site with this name; it is added to the transaction when it is new."""
    found = await db.scalar(select(Site.id).where(Site.name == name))
    if found is not None:
        return found
    site = Site(id=f"si_{secrets.token_hex(8)}", name=name, created_at=now)
    db.add(site)
    await db.flush()
    return site.id
