"""Many rows are read without holding up the loop that forwards voice."""

from __future__ import annotations

import asyncio

from sqlalchemy import literal, select, union_all

from server.platform.database.engine import DbSessions
from server.reports.rows import PIECE_ROWS, in_pieces


async def test_other_tasks_run_between_pieces_and_no_row_is_lost(database: DbSessions) -> None:
    numbers = list(range(2 * PIECE_ROWS + 1))
    query = select(union_all(*(select(literal(n).label("n")) for n in numbers)).subquery().c.n)
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    found: list[int] = []
    seen_at: list[int] = []
    async with database() as db:
        async for piece in in_pieces(db, query):
            assert len(piece) <= PIECE_ROWS
            found += [row[0] for row in piece]
            seen_at.append(turns)
    task.cancel()
    assert sorted(found) == numbers
    assert sorted(set(seen_at)) == seen_at
    assert len(seen_at) == 3
