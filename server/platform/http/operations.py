"""GET /healthz and GET /metrics, for operators.

Owns: these two handlers. Must never show strangers more than whether the server is up.
"""

from __future__ import annotations

import asyncio
import hmac

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from sqlalchemy import text

from server.platform.http.bodies import json_response
from server.platform.http.errors import ApiError
from server.platform.http.keys import DATABASE, SETTINGS
from server.platform.settings.config import Settings

# A database that does not answer SELECT 1 in this time is too slow for consultations.
DATABASE_WITHIN_S = 2.0


async def healthz(request: web.Request) -> web.Response:
    """200 if pages and database work, 503 if the database does not answer."""
    try:
        async with asyncio.timeout(DATABASE_WITHIN_S), request.app[DATABASE]() as db:
            await db.execute(text("SELECT 1"))
    except Exception as error:  # the drivers raise different exceptions; all mean the same here
        raise ApiError(503, "database_away") from error
    return json_response({"status": "ok"})


async def metrics(request: web.Request) -> web.Response:
    """The registry in the text format of Prometheus; 404 for a client that may not read it."""
    if not _may_read(request, request.app[SETTINGS]):
        raise web.HTTPNotFound
    body = generate_latest(REGISTRY)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _may_read(request: web.Request, settings: Settings) -> bool:
    """Whether the token is there: behind a proxy that adds no header, every visitor looks like this machine."""
    if not settings.metrics_token:
        return False
    given = request.headers.get("Authorization", "").encode()
    return hmac.compare_digest(given, f"Bearer {settings.metrics_token}".encode())
