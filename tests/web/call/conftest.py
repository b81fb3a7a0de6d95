"""A page whose media a test drives."""

from __future__ import annotations

import pytest_asyncio
from playwright.async_api import Page

from tests.web.call.near import SETUP, Near


@pytest_asyncio.fixture(loop_scope="module")
async def near(modules: Page) -> Near:
    await modules.evaluate(SETUP)
    return Near(modules)
