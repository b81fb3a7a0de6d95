"""The application: every part made once and tied to the others. Wiring only.

Owns: the order in which parts start (database, media, consultations) and stop (the reverse). Must never
decide anything that a part could decide itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import structlog
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

import web as pages_package
from media.engine.engine import MediaEngine, MediaSettings
from server.audit.checkpoint_file import open_checkpoints
from server.audit.routes import add_audit
from server.calls import Consultations
from server.calls.media_metrics import counted
from server.calls.media_port import MediaPort
from server.calls.routes import add_calls
from server.calls.store import DatabaseConsultationStore
from server.cases.routes import add_cases
from server.consents import Consents
from server.consents import routes as routes_consents
from server.groups.handlers import add_groups
from server.mediators.routes import add_mediators
from server.people import routes as routes_identity
from server.people.accounts.store import People
from server.people.sessions.proofs import Proofs
from server.people.sessions.store import HttpSessions
from server.people.sessions.tickets import Tickets
from server.people.signin.credentials import Accounts
from server.people.signin.delays import Delays
from server.people.signin.hashing import Hasher
from server.people.signin.oidc import OpenIdConnect
from server.people.signin.secondfactors import SecondFactors
from server.people.signin.vault import Vault
from server.people.stations.store import Stations
from server.platform.database.engine import open_database, sessions_of
from server.platform.database.upgrade import upgrade
from server.platform.faults import where
from server.platform.http import operations, pages, static
from server.platform.http.bodies import BODY_MAX_BYTES
from server.platform.http.errors import errors_as_json
from server.platform.http.guards import add_security_headers, refuse_forged_requests
from server.platform.settings.config import Settings, SettingsError
from server.reports.routes import add_reports
from server.rosters.routes import add_rosters
from server.services import HUB, SERVICES, Services
from server.sites.routes import add_sites
from server.sockets import handlers as ticket_handlers
from server.sockets.ended import keep_closing
from server.sockets.hub import Hub
from server.sockets.turn import ice_servers
from server.sockets.ws import make_websocket_handler
from server.trail.trail import Trail

log = structlog.get_logger(__name__)

# Expired sessions are dead anyway; sweeping them only keeps the table small.
SWEEP_EVERY_S = 3600
# One place may try this many times more logins than passwords of one login: a hospital shares an address.
SPRAYING_FACTOR = 10

# An editable install may add entries to the package's path that are no folders.
WEB_FOLDER = next(Path(entry) for entry in pages_package.__path__ if Path(entry).is_dir())

DATABASE = web.AppKey("database", AsyncEngine)
MEDIA: web.AppKey[MediaPort] = web.AppKey("media")
CONSULTATIONS = web.AppKey("consultations", Consultations)


def create_app(
    settings: Settings, *, media: MediaPort | None = None, clock: Callable[[], float] = time.time
) -> web.Application:
    """The whole server but its TCP sockets. ``clock`` gives UTC seconds. Raises SettingsError.

    ``media`` stands in for the media engine where a test has no use for UDP; whoever gives it starts it.
    """
    app = web.Application(
        middlewares=[errors_as_json, refuse_forged_requests], client_max_size=BODY_MAX_BYTES
    )
    app[DATABASE] = open_database(settings.database)
    app[SERVICES] = make_services(settings, app[DATABASE], clock)
    app[HUB] = Hub(
        ice_servers=lambda participant_id: ice_servers(settings, participant_id, clock()),
        data_price=(settings.data_price_fcfa_per_gb, settings.data_price_currency),
    )
    app[MEDIA] = media or MediaEngine(
        MediaSettings(
            port=settings.media_port,
            hosts=settings.media_hosts,
            announced=settings.media_announced_addresses,
        )
    )
    store = DatabaseConsultationStore(
        app[SERVICES].database, app[SERVICES].trail, clock, price_per_gb=settings.data_price_fcfa_per_gb
    )
    app[CONSULTATIONS] = Consultations(store, app[MEDIA], app[HUB], clock=clock)
    add_mediators(app, app[SERVICES], app[CONSULTATIONS])
    add_groups(app, app[SERVICES], app[CONSULTATIONS])
    add_cases(app, app[SERVICES], app[CONSULTATIONS], clock)
    add_rosters(app, app[SERVICES])
    add_sites(app, app[SERVICES])
    add_calls(app, app[SERVICES])
    add_reports(app, app[SERVICES])
    add_audit(app, app[SERVICES])
    routes_consents.add_routes(app.router)
    app[static.WEB_FILES] = _own_pages()
    app.on_response_prepare.append(add_security_headers)
    # Started in this order, stopped in the reverse; goodbyes come first, while the sockets still stand.
    app.cleanup_ctx.extend([_database, _checkpoints, _media, _consultations, _sweeping])
    app.on_shutdown.append(_say_goodbye)
    _add_routes(app)
    return app


def make_services(settings: Settings, engine: AsyncEngine, clock: Callable[[], float]) -> Services:
    """Accounts, stations, sessions and tickets over one database; the command line uses them too."""
    database = sessions_of(engine)
    hasher = Hasher()
    trail = Trail(clock)
    return Services(
        settings=settings,
        database=database,
        hasher=hasher,
        clock=clock,
        accounts=Accounts(
            database,
            hasher,
            trail,
            guessing=_delays(settings),
            spraying=_delays(settings, SPRAYING_FACTOR),
            clock=clock,
        ),
        people=People(database, hasher, trail, clock),
        second_factors=SecondFactors(
            database, Vault(settings.data_dir), trail, delays=_delays(settings), clock=clock
        ),
        oidc=OpenIdConnect(settings, clock) if settings.oidc_issuer else None,
        stations=Stations(
            database, hasher, delays=_delays(settings), trail=trail, settings=settings, clock=clock
        ),
        proofs=Proofs(clock),
        sessions=HttpSessions(database, settings, clock),
        tickets=Tickets(),
        trail=trail,
        consents=Consents(trail, clock),
    )


@cache
def _own_pages() -> static.WebFiles:
    """The files of the pages: read, combined and compressed once in a process."""
    return static.WebFiles(WEB_FOLDER)


def _delays(settings: Settings, factor: int = 1) -> Delays:
    return Delays(
        free_tries=settings.sign_in_free_tries * factor,
        first_s=settings.sign_in_delay_s,
        longest_s=settings.sign_in_delay_max_s,
        forget_s=settings.sign_in_forget_s,
        clock=time.monotonic,
    )


def _add_routes(app: web.Application) -> None:
    router = app.router
    for path in pages.PAGES:
        router.add_get(path, pages.page)
    router.add_get("/web/{path:.+}", static.serve_file)
    routes_identity.add_routes(router)
    router.add_post("/api/ticket", ticket_handlers.new_ticket)
    router.add_get("/ws", _websocket_handler(app))
    router.add_get("/healthz", operations.healthz)
    router.add_get("/metrics", operations.metrics)


def _websocket_handler(app: web.Application) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    own = app[SERVICES]
    origins = own.settings.allowed_origins
    if own.settings.public_url:
        # A proxy may hand on another Host than the one people typed.
        origins = (*origins, own.settings.public_url)
    return make_websocket_handler(app[HUB], own.tickets, replace(own.settings, allowed_origins=origins))


async def _database(app: web.Application) -> AsyncIterator[None]:
    await upgrade(app[DATABASE])
    yield
    app[SERVICES].hasher.close()
    await app[DATABASE].dispose()


async def _checkpoints(app: web.Application) -> AsyncIterator[None]:
    own = app[SERVICES]
    checkpoints = open_checkpoints(own.settings, own.database, own.clock)
    making = checkpoints.keep_making(own.settings.audit_checkpoint_every_s)
    task = asyncio.create_task(making, name="make checkpoints")
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    # Everything else has ended by now: the last word on what happened in this run.
    await checkpoints.make_if_moved()


async def _media(app: web.Application) -> AsyncIterator[None]:
    engine = app[MEDIA]
    if not isinstance(engine, MediaEngine):
        yield
        return
    try:
        await engine.start()
    except OSError as error:
        port = app[SERVICES].settings.media_port
        why = "is in use by another program" if error.errno == errno.EADDRINUSE else "cannot be opened"
        raise SettingsError(
            f"media_port: {port} {why}; choose another UDP port, or other media_hosts"
        ) from None
    with counted(engine):
        yield
    await engine.close()


async def _consultations(app: web.Application) -> AsyncIterator[None]:
    await app[HUB].start()
    await app[CONSULTATIONS].start()
    yield
    await app[CONSULTATIONS].stop()


async def _say_goodbye(app: web.Application) -> None:
    await app[HUB].stop()


async def _sweeping(app: web.Application) -> AsyncIterator[None]:
    own = app[SERVICES]
    closing = keep_closing(app[HUB], own.sessions, own.settings.session_check_every_s)
    tasks = [
        asyncio.create_task(_sweep(own.sessions), name="sweep sessions"),
        asyncio.create_task(closing, name="close ended sign-ins"),
    ]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _sweep(sessions: HttpSessions) -> None:
    while True:
        try:
            gone = await sessions.drop_expired()
            log.debug("sessions_swept", count=gone)
        except Exception as error:  # the database may be away for a while; the next sweep tries again
            log.error("session_sweep_failed", **where(error))
        await asyncio.sleep(SWEEP_EVERY_S)
