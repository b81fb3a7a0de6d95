"""The benchmark of records on little data: it asks every question on both databases, and its trail is whole."""

from __future__ import annotations

import pytest

from benchmarks.lab.postgresql import PostgresqlMissing, programs
from benchmarks.records import QUESTIONS, _arguments, run


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_every_question_is_asked_and_the_trail_is_verified(engine: str) -> None:
    if engine == "postgresql":
        try:
            programs()
        except PostgresqlMissing as missing:
            pytest.skip(str(missing))
    line = await run(_arguments(["--cases", "120", "--rows", "100", "--repeat", "5", "--engines", engine]))
    for name in QUESTIONS:
        assert 0 < line[engine][f"{name}_ms_p50"] <= line[engine][f"{name}_ms_p95"]
    # `keneya audit verify` ends this run with an error when it finds anything.
    assert line[engine]["verify_peak_rss_mib"] > 0
