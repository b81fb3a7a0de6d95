"""What a site has decided about its cases: whether they may carry a name, and whether all are survivor-safe.

Owns: the rule on disk, with the trail of each change. Must never look at a case.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import select

from server.people.principal import Principal
from server.people.tables import Site, Station
from server.platform.database.engine import DbSessions
from server.platform.errors import NotFound
from server.trail.acts import Act
from server.trail.entry import Entry
from server.trail.trail import Trail


@dataclass(frozen=True, slots=True)
class SiteRules:
    """The rules of one site."""

    site_id: str
    name: str
    names_allowed: bool
    survivor_safe: bool


class Sites:
    """The rules of all sites."""

    def __init__(self, database: DbSessions, trail: Trail) -> None:
        self._database = database
        self._trail = trail

    async def all(self) -> list[SiteRules]:
        """Every site, by name."""
        async with self._database() as db:
            return [
                SiteRules(site.id, site.name, site.names_allowed, site.survivor_safe)
                for site in await db.scalars(select(Site).order_by(Site.name))
            ]

    async def of_station(self, station_id: str) -> tuple[bool, bool]:
        """Whether cases of this station may carry a name, and whether all of them are survivor-safe."""
        query = select(Site.names_allowed, Site.survivor_safe).join(Station, Station.site_id == Site.id)
        async with self._database() as db:
            names_allowed, survivor_safe = (await db.execute(query.where(Station.id == station_id))).one()
        return names_allowed, survivor_safe

    async def change(
        self,
        who: Principal,
        site_id: str,
        *,
        names_allowed: bool | None = None,
        survivor_safe: bool | None = None,
    ) -> None:
        """From now on cases opened at this site go by these (None: as before). Raises NotFound for no site."""
        async with self._database.begin() as db:
            site = await db.get(Site, site_id)
            if site is None:
                raise NotFound
            if names_allowed is not None:
                site.names_allowed = names_allowed
            if survivor_safe is not None:
                site.survivor_safe = survivor_safe
            entry = Entry(
                Act.SITE_RULES_CHANGED,
                who.participant_id,
                who.role,
                subject_id=site_id,
                facts={"names_allowed": site.names_allowed, "survivor_safe": site.survivor_safe},
            )
            await self._trail.record(db, entry)


SITES = web.AppKey("sites", Sites)
