"""Everything the handlers work with, as one typed value in the application.

Owns: the list of services and the key under which they stand. Must never make or close them: app.py does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from server.audit.trail import Trail
from server.auth.accounts import Accounts
from server.auth.hashing import Hasher
from server.auth.oidc import OpenIdConnect
from server.auth.people import People
from server.auth.proofs import Proofs
from server.auth.secondfactors import SecondFactors
from server.auth.sessions import HttpSessions
from server.auth.stations import Stations
from server.auth.tickets import Tickets
from server.config import Settings
from server.consents import Consents
from server.db.engine import DbSessions
from server.hub import Hub


@dataclass(frozen=True, slots=True)
class Services:
    """What a request may need. The clock-driven ones share the clock of app.py."""

    settings: Settings
    database: DbSessions
    hasher: Hasher
    clock: Callable[[], float]
    accounts: Accounts
    people: People
    second_factors: SecondFactors
    oidc: OpenIdConnect | None
    stations: Stations
    proofs: Proofs
    sessions: HttpSessions
    tickets: Tickets
    trail: Trail
    consents: Consents


SERVICES = web.AppKey("services", Services)
HUB = web.AppKey("hub", Hub)


def services(request: web.Request) -> Services:
    """The services of the application this request came to."""
    return request.app[SERVICES]
