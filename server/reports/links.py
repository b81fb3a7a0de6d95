"""The link of each station on each day.

Owns: the query and the figures of a day: medians weighted by the length of each call. Survivor-safe calls are in
none of them: the server keeps no link of those (server/calls/store.py), nor tells any of a site where every case is
one, group sessions included.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.calls.tables import CallLeg
from server.people.tables import Site, Station
from server.reports.period import Period, day_of
from server.reports.rows import in_pieces

# A day takes about 30 µs; the event loop forwards packets after this many days (sealedrows.py).
DAYS_AT_ONCE = 50


class LinkDay(msgspec.Struct, frozen=True):
    """One station on one UTC day. ``loss_ratio`` is the mean over the time of the calls; ``rungs``: the share of
    that time that the poorer direction spent on each rung.
    """

    day: str
    site: str
    station: str
    calls: int
    minutes: float
    mb: float
    rtt_median_ms: int | None
    loss_ratio: float | None
    outages: int
    rungs: dict[str, float]


class _Call(NamedTuple):
    began_at: float
    seconds: float
    bytes: int
    rtt_ms: int | None
    loss_ratio: float | None
    outages: int
    rungs: str
    consultation_id: str


async def link_days(db: AsyncSession, period: Period, site_id: str | None = None) -> list[LinkDay]:
    """Every station and day with a call, newest day first."""
    query = (
        select(
            Site.name,
            Station.name,
            CallLeg.began_at,
            CallLeg.ended_at - CallLeg.began_at,
            CallLeg.down_bytes + CallLeg.up_bytes,
            CallLeg.rtt_median_ms,
            CallLeg.loss_ratio,
            CallLeg.outages,
            CallLeg.rung_seconds,
            CallLeg.consultation_id,
        )
        .join(Station, Station.id == CallLeg.participant_id)
        .join(Site, Site.id == Station.site_id)
        .where(
            CallLeg.began_at >= period.begins_at,
            CallLeg.began_at < period.ends_at,
            Site.survivor_safe.is_(False),
        )
    )
    if site_id is not None:
        query = query.where(Station.site_id == site_id)
    days: defaultdict[tuple[str, str, str], list[_Call]] = defaultdict(list)
    async for piece in in_pieces(db, query):
        for site, station, *call in piece:
            days[day_of(call[0]), site, station].append(_Call(*call))
    told: list[LinkDay] = []
    for number, (key, calls) in enumerate(days.items()):
        told.append(_day(*key, calls))
        if number % DAYS_AT_ONCE == 0:
            await asyncio.sleep(0)
    told.sort(key=lambda one: (one.site, one.station))
    told.sort(key=lambda one: one.day, reverse=True)
    return told


def _day(day: str, site: str, station: str, calls: Sequence[_Call]) -> LinkDay:
    rungs: Counter[str] = Counter()
    for call in calls:
        rungs.update(json.loads(call.rungs))
    lossy = [(call.loss_ratio, call.seconds) for call in calls if call.loss_ratio is not None]
    weight = sum(seconds for _, seconds in lossy)
    return LinkDay(
        day=day,
        site=site,
        station=station,
        calls=len({call.consultation_id for call in calls}),
        minutes=round(sum(call.seconds for call in calls) / 60, 1),
        mb=round(sum(call.bytes for call in calls) / 1_000_000, 1),
        rtt_median_ms=weighted_median(
            [(call.rtt_ms, call.seconds) for call in calls if call.rtt_ms is not None]
        ),
        loss_ratio=round(sum(loss * seconds for loss, seconds in lossy) / weight, 4) if weight else None,
        outages=sum(call.outages for call in calls),
        rungs={rung: round(seconds / rungs.total(), 3) for rung, seconds in sorted(rungs.items()) if seconds},
    )


def weighted_median(values: Sequence[tuple[int, float]]) -> int | None:
    """The value below which half of the weight lies; None without values."""
    half = sum(weight for _, weight in values) / 2
    below = 0.0
    for value, weight in sorted(values):
        below += weight
        if below >= half:
            return value
    return None
