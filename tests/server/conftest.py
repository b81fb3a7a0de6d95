"""The fixture most tests of the server want."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.databases import database, database_url, empty_database_url, engine, postgresql  # noqa: F401 (fixtures)
from tests.support.server import Server, running_server


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A running server without anybody in it."""
    async with running_server(tmp_path) as running:
        yield running
