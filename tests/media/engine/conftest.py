"""Legs and the engine in one process: in virtual time, but for what waits for other processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.support.virtualtime import VirtualLoop


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop on which a test of this folder runs."""
    # Worker processes make the copies.
    if item.path.parent.name == "copies":
        return {"real": asyncio.new_event_loop}
    return {"virtual": VirtualLoop}
