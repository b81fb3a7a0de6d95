"""The fixtures that most tests of the server want."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.databases import database, database_url, empty_database_url, engine, postgresql  # noqa: F401 (fixtures)
from tests.support.hashes import cheap_hashes
from tests.support.server import Server, running_server


# Of the widest scope that ends with the tests of the server: those of attacks hash at the real cost.
@pytest.fixture(scope="module", autouse=True)
def _cheap_hashes() -> Iterator[None]:
    with cheap_hashes():
        yield


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A running server without anybody in it."""
    async with running_server(tmp_path) as running:
        yield running
