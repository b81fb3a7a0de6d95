"""The services of people: made once, over one database.

Owns: making each service under its key, and the end of the hashing threads. Must never hold an address.
"""

from __future__ import annotations

import time
from functools import cache

from aiohttp import web

from server.people.accounts.store import ACCOUNTS, Accounts
from server.people.factors.passkeys import PASSKEYS, Challenges, Passkeys
from server.people.factors.recoverycodes import RECOVERY_CODES, RecoveryCodes
from server.people.factors.secondfactors import SECOND_FACTORS, SecondFactors
from server.people.sessions.pace import PACE, Pace
from server.people.sessions.proofs import PROOFS, Proofs
from server.people.sessions.store import SESSIONS, HttpSessions
from server.people.sessions.tickets import TICKETS, Tickets
from server.people.signin.credentials import CREDENTIALS, Credentials, GuessingLimits
from server.people.signin.delays import delays_of, tries_of
from server.people.signin.devices import DEVICES, Devices
from server.people.signin.hashing import HASHER, Hasher
from server.people.signin.oidc.openidconnect import OIDC, OpenIdConnect
from server.people.signin.oidc.underway import Underway
from server.people.signin.vault import Vault
from server.people.stations.pins import STATION_PINS, StationPins
from server.people.stations.store import STATIONS, Stations
from server.platform.http.keys import CLOCK, DATABASE, SETTINGS, WALL
from server.trail.trail import TRAIL

# One place may try this many times more logins than passwords of one login: a hospital shares an address. Of one
# login, ten places may try as often as one.
SPRAYING_FACTOR = 10


def add_services(app: web.Application) -> None:
    """Make the services; settings, database, clock and trail are in the application already."""
    settings, database, trail, clock = app[SETTINGS], app[DATABASE], app[TRAIL], app[CLOCK]
    vault = Vault(settings.data_dir)
    devices = app[DEVICES] = Devices(cache(lambda: vault.key_for("device cookies")))
    hasher = app[HASHER] = Hasher()
    app[CREDENTIALS] = Credentials(
        database,
        hasher,
        trail,
        limits=GuessingLimits(
            guessing=delays_of(settings, time.monotonic),
            spraying=tries_of(settings, time.monotonic, SPRAYING_FACTOR),
            anywhere=tries_of(settings, time.monotonic, SPRAYING_FACTOR),
        ),
        devices=devices,
        clock=clock,
    )
    app[ACCOUNTS] = Accounts(database, hasher, trail, clock)
    _add_second_factors(app, vault)
    underway = Underway(cache(lambda: vault.key_for("sign-ins at the provider")))
    app[OIDC] = OpenIdConnect(settings, underway, app[WALL]) if settings.oidc_issuer else None
    app[STATIONS] = Stations(
        database,
        hasher,
        tries=tries_of(settings, time.monotonic),
        trail=trail,
        settings=settings,
        clock=clock,
    )
    app[STATION_PINS] = StationPins(
        database,
        trail,
        key=cache(lambda: vault.key_for("station pins")),
        delays=delays_of(settings, time.monotonic),
        clock=clock,
    )
    app[PROOFS] = Proofs(clock)
    app[PACE] = Pace(time.monotonic)
    app[SESSIONS] = HttpSessions(database, settings, clock)
    app[TICKETS] = Tickets()
    app.on_cleanup.append(_close)


def _add_second_factors(app: web.Application, vault: Vault) -> None:
    """All of them count failures of an account together: three ways in are no three times as many tries."""
    database, trail, clock = app[DATABASE], app[TRAIL], app[CLOCK]
    delays = delays_of(app[SETTINGS], time.monotonic)
    app[SECOND_FACTORS] = SecondFactors(database, vault, trail, delays=delays, clock=app[WALL])
    app[RECOVERY_CODES] = RecoveryCodes(
        database, trail, key=cache(lambda: vault.key_for("recovery codes")), delays=delays, clock=clock
    )
    app[PASSKEYS] = Passkeys(
        database, trail, challenges=Challenges(time.monotonic), delays=delays, clock=clock
    )


async def _close(app: web.Application) -> None:
    app[HASHER].close()
