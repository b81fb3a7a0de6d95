"""The application keys that handlers of every domain use.

Owns: the keys of settings, database, clock and keyring. Must never hold a key of a domain: each defines its own.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from server.platform.database.engine import DbSessions
from server.platform.sealing.keyring import Keyring
from server.platform.settings.config import Settings

SETTINGS = web.AppKey("settings", Settings)
DATABASE = web.AppKey("database", DbSessions)
SEALING = web.AppKey("sealing", Keyring)
# UTC seconds without the jumps of the machine's clock (server/platform/clock.py).
CLOCK: web.AppKey[Callable[[], float]] = web.AppKey("clock")
# The same with its jumps: for what another clock than ours decides.
WALL: web.AppKey[Callable[[], float]] = web.AppKey("wall")
