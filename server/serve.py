"""Running the application on real sockets until somebody stops it.

Owns: listening sockets, TLS (1.2 and newer), signals (SIGHUP: the certificate was renewed) and a clean stop. Must
never start half: a port in use or an unreadable certificate ends the start with one line.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from media.engine.garbage import spare_calls
from server.app import MEDIA, SERVING
from server.platform.database.serving import ServedElsewhere
from server.platform.http.access_log import AccessLogger
from server.platform.http.entrance import Entrance, capacity_within, raise_file_limit
from server.platform.http.gate import Gate
from server.platform.http.guests import GUESTS
from server.platform.http.origin import is_trusted_proxy
from server.platform.settings.config import Settings, SettingsError

log = structlog.get_logger(__name__)

# Long enough for answers under way on a slow link, short enough for a service manager's patience.
SHUTDOWN_S = 5.0
# Connections that wait in the kernel to be accepted: what all stations send in the second after an outage.
BACKLOG = 256
# linux/tcp.h: retransmit a few lost packets at an even pace instead of doubling the wait each time, so that a page
# is heard within seconds after a black-out. Python's socket module does not name it.
TCP_THIN_LINEAR_TIMEOUTS = 16
# The smallest MTU of IPv6, 1,280, less IPv6 and TCP headers: a tunnel that drops larger packets without a word lets
# these through, pages and photos alike. Costs half a percent more headers elsewhere.
SEGMENT_MAX_BYTES = 1_220

# SD_LISTEN_FDS_START: the first descriptor after the standard ones.
FIRST_FD = 3

OnReady = Callable[[str], Awaitable[None]]


async def serve(settings: Settings, app: web.Application, on_ready: OnReady) -> None:
    """Serve until SIGINT or SIGTERM, or until another server has the database. Raises SettingsError.

    ``on_ready`` gets the address to open. Callers, such as pages of before a restart, wait in the backlog and are
    answered once it is done: nobody meets a server that is half prepared.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    context = tls_context(settings)
    files = raise_file_limit()
    sockets = handed_over() or listen(settings.http_host, settings.http_port)
    runner = web.AppRunner(
        app, access_log_class=AccessLogger, handle_signals=False, shutdown_timeout=SHUTDOWN_S
    )
    garbage = asyncio.create_task(spare_calls(lambda: app[MEDIA].in_call), name="spare calls")
    entrance: Entrance | None = None
    try:
        await runner.setup()
        address = address_to_open(settings, sockets[0].getsockname()[1])
        await on_ready(address)
        entrance = open_entrance(settings, app, runner, sockets, files=files, context=context)
        if context is not None:
            loop.add_signal_handler(signal.SIGHUP, read_certificate_again, settings, entrance)
        log.info("serving", url=address, open_files=files)
        await _either(stop, app[SERVING].lost)
        log.info("stopping")
    finally:
        garbage.cancel()
        if entrance is not None:
            await entrance.close()
        await runner.cleanup()
        for listening in sockets:
            listening.close()
    if app[SERVING].lost.is_set():
        raise ServedElsewhere(
            "database_url: this server has lost its lock on it, most likely to another one, and has stopped"
        )


async def _either(*events: asyncio.Event) -> None:
    """Return when one of them is set."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


def open_entrance(
    settings: Settings,
    app: web.Application,
    runner: web.AppRunner,
    sockets: list[socket.socket],
    *,
    files: int,
    context: ssl.SSLContext | None = None,
) -> Entrance:
    """Accept on these sockets for a runner that is set up, with as many connections as ``files`` allows."""
    assert runner.server is not None
    entrance = Entrance(
        runner.server,
        Gate(capacity_within(files)),
        app[GUESTS],
        context=context,
        is_proxy=lambda address: is_trusted_proxy(address, settings),
    )
    for listening in sockets:
        entrance.open(listening)
    return entrance


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """The TLS context of the certificate and key, or None for plain HTTP. Raises SettingsError."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    for name, path in (("tls_certificate", settings.tls_certificate), ("tls_key", settings.tls_key)):
        try:
            path.open("rb").close()
        except OSError as error:
            raise SettingsError(f"{name}: {path} cannot be read ({error.strerror})") from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # A key behind a passphrase must not make a service wait for a keyboard.
        context.load_cert_chain(settings.tls_certificate, settings.tls_key, password=lambda: b"")
    except (ssl.SSLError, ValueError):
        raise SettingsError(
            "tls_certificate and tls_key: must be PEM files that belong together, without a passphrase"
        ) from None
    return context


def read_certificate_again(settings: Settings, entrance: Entrance) -> None:
    """On SIGHUP, after the certificate was renewed. One that cannot be used is reported, and the old one stays."""
    try:
        context = tls_context(settings)
    except SettingsError as error:
        log.error("certificate_not_renewed", problem=str(error))
        return
    if context is not None:
        entrance.renew(context)
        log.info("certificate_renewed")


def listen(host: str, port: int) -> list[socket.socket]:
    """One socket for each address of ``host``, all on one port. Raises SettingsError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise SettingsError(f"http_host: {host} is not an address of this machine") from None
    sockets: list[socket.socket] = []
    failure: OSError | None = None
    for family, kind, proto, _, address in dict.fromkeys(found):
        chosen = sockets[0].getsockname()[1] if sockets else port
        try:
            sockets.append(_bound(family, kind, proto, (address[0], chosen, *address[2:])))
        except OSError as error:
            # `localhost` often has an IPv6 address on machines whose kernel has no IPv6.
            failure = error
            if error.errno == errno.EADDRINUSE:
                break
    if not sockets or (failure is not None and failure.errno == errno.EADDRINUSE):
        for listening in sockets:
            listening.close()
        raise SettingsError(_why_not(host, port, failure))
    return sockets


def handed_over() -> list[socket.socket]:
    """The sockets that a service manager has opened for this process (sd_listen_fds(3)); usually none."""
    named = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if named[0] != str(os.getpid()) or not named[1].isdecimal():
        return []
    sockets = [socket.socket(fileno=number) for number in range(FIRST_FD, FIRST_FD + int(named[1]))]
    for listening in sockets:
        listening.set_inheritable(False)
        listening.setblocking(False)
        _suit_thin_links(listening)
    return sockets


def _bound(family: int, kind: int, proto: int, address: tuple[object, ...]) -> socket.socket:
    listening = socket.socket(family, kind, proto)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # `::` alone means everybody, IPv4 included; any other address means itself.
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, address[0] != "::")
        _suit_thin_links(listening)
        listening.bind(address)
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def _suit_thin_links(listening: socket.socket) -> None:
    """Options that every accepted connection takes over; systems that lack one do without."""
    if sys.platform == "linux":
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_MAX_BYTES)
        listening.setsockopt(socket.IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 1)


def _why_not(host: str, port: int, failure: OSError | None) -> str:
    number = failure.errno if failure else None
    if number == errno.EADDRINUSE:
        return f"http_port: {port} is in use by another program; stop it or choose another port"
    if number == errno.EACCES:
        return f"http_port: {port} needs more rights than this user has; choose one above 1023"
    return f"http_host: {host} is not an address of this machine"


def address_to_open(settings: Settings, port: int) -> str:
    """The address people open, without a slash at the end."""
    if settings.public_url:
        return settings.public_url
    host = settings.http_host
    if host in ("127.0.0.1", "::1", "0.0.0.0", "::"):  # noqa: S104 (a name for people, nothing is bound)
        host = "localhost"
    host = f"[{host}]" if ":" in host else host
    return f"{'https' if settings.tls else 'http'}://{host}:{port}"
