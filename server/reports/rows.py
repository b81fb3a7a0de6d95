"""Reading many rows while calls go on.

Owns: `in_pieces`. A report of a year is made on the event loop that forwards voice: few rows are taken at a time,
and packets pass in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncSession

# About ten microseconds a row in a report: a piece holds packets up for 2 ms.
PIECE_ROWS = 200


async def in_pieces(db: AsyncSession, query: Executable) -> AsyncIterator[Sequence[tuple[Any, ...]]]:
    """All rows of a query, so many at a time."""
    found = await db.stream(query)
    async for piece in found.partitions(PIECE_ROWS):
        yield [tuple(row) for row in piece]
        await asyncio.sleep(0)
