"""Everything the handlers work with, as one typed value in the application.

Owns: the list of services and the key under which they stand. Must never make or close them: app.py does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from server.consents import Consents
from server.people.accounts.store import People
from server.people.sessions.proofs import Proofs
from server.people.sessions.store import HttpSessions
from server.people.sessions.tickets import Tickets
from server.people.signin.credentials import Accounts
from server.people.signin.hashing import Hasher
from server.people.signin.oidc import OpenIdConnect
from server.people.signin.secondfactors import SecondFactors
from server.people.stations.store import Stations
from server.platform.database.engine import DbSessions
from server.platform.settings.config import Settings
from server.sockets.hub import Hub
from server.trail.trail import Trail


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
