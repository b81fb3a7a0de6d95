"""The application: makes every part once and ties the parts together. Wiring only.

Owns: the order in which parts start (database, media, consultations) and stop (the reverse). Must never
hold a rule.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import time
from collections.abc import AsyncIterator, Callable
from functools import cache
from pathlib import Path

import structlog
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

import web as pages_package
from media.engine.engine import MediaEngine, MediaSettings
from server.audit.checkpoint_file import open_checkpoints
from server.audit.clockcheck import check_clock
from server.audit.routes import add_audit
from server.backup.contents import MARK
from server.calls import Consultations
from server.calls.handlers import CONSULTATIONS
from server.calls.media_metrics import counted
from server.calls.media_port import MediaPort
from server.calls.routes import add_calls
from server.calls.store import DatabaseConsultationStore
from server.cases.consented import ConsentedCases
from server.cases.patientcopy.handlers import CATALOGS
from server.cases.photos.plainphotos import seal_plain_photos
from server.cases.photos.store import PHOTOS, Photos
from server.cases.routes import add_cases
from server.consents.routes import add_consents
from server.consents.store import CONSENTS, Consents
from server.erasure.routes import add_erasure
from server.erasure.store import ERASURES, Erasures
from server.groups.handlers import add_groups
from server.mediators.routes import add_mediators
from server.people.routes import add_people
from server.people.sessions.live import LIVE
from server.people.sessions.store import SESSIONS, HttpSessions
from server.platform.clock import SteadyClock
from server.platform.database.engine import open_database, sessions_of
from server.platform.database.serving import Serving
from server.platform.database.upgrade import upgrade
from server.platform.faults import where
from server.platform.http import operations, pages, static
from server.platform.http.bodies import BODY_MAX_BYTES
from server.platform.http.errors import errors_as_json
from server.platform.http.guards import add_security_headers, refuse_forged_requests
from server.platform.http.guests import GUESTS, Guests, report_to_the_gate
from server.platform.http.keys import CLOCK, DATABASE, SEALING, SETTINGS, WALL
from server.platform.repeats.store import REPEATS, Repeats
from server.platform.sealing.keyring import Keyring
from server.platform.sealing.masterkeys import master_keys_of
from server.platform.sealing.plainrows import seal_what_is_plain
from server.platform.sealing.sealedrows import info_with
from server.platform.settings.config import Settings, SettingsError
from server.reports.routes import add_reports
from server.rosters.routes import add_rosters
from server.sites.routes import add_sites
from server.sockets.ended import keep_closing
from server.sockets.hub import HUB, Hub
from server.sockets.routes import add_sockets
from server.sockets.turn import ice_servers
from server.trail.refused import REFUSED, Refused
from server.trail.trail import TRAIL, Trail

log = structlog.get_logger(__name__)

# Expired sessions open nothing, and unfinished uploads show nothing; sweeping only keeps table and folder small. Of
# answers kept for repeated requests it is the promise: they go after a day and an hour.
SWEEP_EVERY_S = 3600

# An editable install may add entries to the package's path that are no folders.
WEB_FOLDER = next(Path(entry) for entry in pages_package.__path__ if Path(entry).is_dir())

ENGINE = web.AppKey("engine", AsyncEngine)
SERVING = web.AppKey("serving", Serving)
MEDIA: web.AppKey[MediaPort] = web.AppKey("media")


def create_app(
    settings: Settings, *, media: MediaPort | None = None, clock: Callable[[], float] | None = None
) -> web.Application:
    """The whole server but its TCP sockets. Raises SettingsError.

    ``clock`` gives UTC seconds; None: those of this machine, without its jumps.

    ``media`` stands in for the media engine where a test has no use for UDP; whoever gives it starts it.
    """
    app = web.Application(
        middlewares=[report_to_the_gate, errors_as_json, refuse_forged_requests],
        client_max_size=BODY_MAX_BYTES,
    )
    app[GUESTS] = Guests()
    app[SETTINGS], app[CLOCK], app[WALL] = settings, clock or SteadyClock(), clock or time.time
    app[ENGINE] = open_database(settings.database)
    app[SERVING] = Serving(app[ENGINE], settings.data_dir)
    app[SEALING] = Keyring(master_keys_of(settings))
    app[DATABASE] = sessions_of(app[ENGINE], info_with(app[SEALING]))
    app[REPEATS] = Repeats(app[DATABASE], app[CLOCK])
    app[TRAIL] = Trail(app[CLOCK])
    app[REFUSED] = Refused(app[DATABASE], app[TRAIL], time.monotonic)
    app[CONSENTS] = Consents(app[TRAIL], app[CLOCK])
    add_people(app)
    app[HUB] = app[LIVE] = Hub(
        ice_servers=lambda participant_id: ice_servers(settings, participant_id, app[WALL]()),
        ice_ttl_s=settings.turn_ttl_s,
        data_price=(settings.data_price_fcfa_per_gb, settings.data_price_currency),
    )
    app[MEDIA] = media or MediaEngine(
        MediaSettings(
            port=settings.media_port,
            hosts=settings.media_hosts,
            announced=settings.media_announced_addresses,
        )
    )
    _add_domains(app)
    app[static.WEB_FILES] = _own_pages()
    app[CATALOGS] = WEB_FOLDER / "shared" / "base" / "i18n"
    app.on_response_prepare.append(add_security_headers)
    # Started in this order, stopped in the reverse; goodbyes come first, while the sockets still stand.
    app.cleanup_ctx.extend([_database, _checkpoints, _refusals, _media, _consultations, _sweeping])
    app.on_shutdown.append(_say_goodbye)
    _add_routes(app)
    return app


def _add_domains(app: web.Application) -> None:
    """Add every domain, the live ones first; each makes its own services."""
    store = DatabaseConsultationStore(
        app[DATABASE], app[TRAIL], app[CLOCK], price_per_gb=app[SETTINGS].data_price_fcfa_per_gb
    )
    desk = Consultations(store, app[MEDIA], app[HUB], clock=app[CLOCK])
    mediators = add_mediators(app, desk)
    add_groups(app, desk)
    add_calls(app, desk)
    add_cases(app, desk, desk.is_offered)
    add_erasure(app)
    add_consents(app, ConsentedCases(app[DATABASE], app[CLOCK]), desk, mediators)
    add_sockets(app)
    add_rosters(app)
    add_sites(app)
    add_reports(app)
    add_audit(app)


@cache
def _own_pages() -> static.WebFiles:
    """The files of the pages: read, combined and compressed once in a process."""
    return static.WebFiles(WEB_FOLDER)


def _add_routes(app: web.Application) -> None:
    router = app.router
    for path in pages.PAGES:
        router.add_get(path, pages.page)
    router.add_get("/web/{path:.+}", static.serve_file)
    router.add_get("/healthz", operations.healthz)
    router.add_get("/metrics", operations.metrics)


async def _database(app: web.Application) -> AsyncIterator[None]:
    try:
        _refuse_half_restored(app[SETTINGS])
        async with app[SERVING].held():
            # Again: a restore may have begun before the lock was free.
            _refuse_half_restored(app[SETTINGS])
            await upgrade(app[ENGINE])
            await check_clock(app[DATABASE], app[WALL]())
            await seal_what_is_plain(app[DATABASE], app[SEALING], app[CLOCK])
            await seal_plain_photos(app[DATABASE], app[SEALING], app[SETTINGS].data_dir / "photos")
            yield
    finally:
        await app[ENGINE].dispose()


def _refuse_half_restored(settings: Settings) -> None:
    if (settings.data_dir / MARK).exists():
        raise SettingsError("data_dir: a restore was cut off; run `keneya restore` again")


async def _checkpoints(app: web.Application) -> AsyncIterator[None]:
    checkpoints = open_checkpoints(app[SETTINGS], app[DATABASE], app[CLOCK])
    making = checkpoints.keep_making(app[SETTINGS].audit_checkpoint_every_s)
    task = asyncio.create_task(making, name="make checkpoints")
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    # Everything else has ended by now: this checkpoint covers the whole run.
    await checkpoints.make_if_moved()


async def _refusals(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(app[REFUSED].keep_writing(), name="write refusals")
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await app[REFUSED].try_to_write(everything=True)


async def _media(app: web.Application) -> AsyncIterator[None]:
    engine = app[MEDIA]
    if not isinstance(engine, MediaEngine):
        yield
        return
    try:
        await engine.start()
    except OSError as error:
        port = app[SETTINGS].media_port
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
    closing = keep_closing(app[HUB], app[SESSIONS], app[SETTINGS].session_check_every_s)
    tasks = [
        asyncio.create_task(
            _sweep(app[SESSIONS], app[PHOTOS], app[ERASURES], app[REPEATS]), name="sweep sessions"
        ),
        asyncio.create_task(closing, name="close ended sign-ins"),
    ]
    if isinstance(clock := app[CLOCK], SteadyClock):
        tasks.append(asyncio.create_task(clock.keep_looking(), name="look at the clock"))
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _sweep(sessions: HttpSessions, photos: Photos, erasures: Erasures, repeats: Repeats) -> None:
    is_first = True
    while True:
        try:
            gone = await sessions.drop_expired()
            log.debug("sessions_swept", count=gone)
            log.debug("uploads_swept", count=await photos.sweep())
            log.debug("answers_swept", count=await repeats.sweep())
            if not is_first:  # whoever sees a wrong time at the start has an hour to stop the server
                await erasures.sweep()
        except Exception as error:  # the database may be away for a while; the next sweep tries again
            log.error("sweep_of_rows_failed", **where(error))
        is_first = False
        await asyncio.sleep(SWEEP_EVERY_S)
