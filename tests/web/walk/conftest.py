"""A server whose names are too long for any line, and three browsers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Page

from server.people.accounts.store import Profile
from server.people.profile import Spoken
from signaling.messages import Role
from tests.support.patience import PATIENCE_MS
from tests.support.server import PASSWORD, Server, running_server
from tests.web.walk.looking import LONG


@pytest_asyncio.fixture(loop_scope="module")
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with running_server(tmp_path) as running:
        for login, role in (("docteur", Role.CLINICIAN), ("oumou", Role.MEDIATOR)):
            profile = Profile(f"Dr {LONG}", role, LONG, languages=[Spoken("bm")])
            made = await running.services.accounts.create(login, profile, password=PASSWORD, lasting=True)
            running.services.sessions.waive_second_factor(made)
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def faces(chromium: Browser) -> AsyncIterator[list[Page]]:
    """Three pages, each in a profile of its own."""
    async with AsyncExitStack() as stack:
        pages = []
        for _ in range(3):
            context = await chromium.new_context(viewport={"width": 1280, "height": 800}, locale="fr-FR")
            stack.push_async_callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            pages.append(await context.new_page())
        yield pages
