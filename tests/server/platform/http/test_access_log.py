"""What the log and the counters say of a request is too little to find, place or time a survivor-safe case."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from server.platform.logs import configure_logging
from tests.support.cases import House, Someone, house
from tests.support.patience import PATIENCE_S

INTAKE = {"survivor_safe": True, "patient_ref": "Hirondelle", "specialty": "psychology", "urgency": "red"}


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """Every line of the log from now on, as the operator has it."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure_logging("info", "json")
    formatter = root.handlers[0].formatter
    assert formatter is not None
    written: list[dict[str, Any]] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(json.loads(formatter.format(record)))

    root.handlers[:] = [Keeper()]
    yield written
    root.handlers[:] = before
    root.setLevel(level)


async def in_the_log(lines: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """The lines about requests; a line is written after its answer was sent."""
    async with asyncio.timeout(PATIENCE_S):
        while len(found := [one for one in lines if one["event"] == "request"]) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found


def counted() -> set[tuple[str, ...]]:
    """What the counters of requests tell apart."""
    return {
        tuple(f"{name}={value}" for name, value in sorted(sample.labels.items()) if name != "le")
        for metric in REGISTRY.collect()
        if metric.name.startswith("keneya_http")
        for sample in metric.samples
    }


def told(line: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in line.items() if key not in ("timestamp", "ms")}


async def leaves_quickly(station: Someone, case_id: str) -> None:
    await station.post(f"/api/cases/{case_id}/exit", {}, 204)
    async with station.client.get("/conseils") as answer:
        assert answer.status == 200


async def stays(station: Someone, case_id: str) -> None:
    await station.post(f"/api/cases/{case_id}/outcomes", {"outcome": "better", "words": ""}, 204)
    async with station.client.get("/") as answer:
        assert answer.status == 200


async def test_the_way_out_and_the_poster_look_like_any_other_act_and_page(
    home: House, lines: list[dict[str, Any]]
) -> None:
    station = await home.station()
    survivor = await home.open_case(station, **INTAKE)
    ordinary = await home.open_case(station)
    seen = []
    for case_id, ends in ((survivor, leaves_quickly), (ordinary, stays)):
        lines.clear()
        await ends(station, case_id)
        seen.append([told(line) for line in await in_the_log(lines, 2)])
    assert [[(one["method"], one["route"], one["status"]) for one in some] for some in seen] == 2 * [
        [("POST", "/api/cases", 200), ("GET", "page", 200)]
    ]
    assert all("network" not in line and "bytes" not in line for some in seen for line in some)
    labels = " ".join(" ".join(one) for one in counted())
    for word in ("exit", "conseils", "{case_id}", "status=201", "status=204"):
        assert word not in labels


async def test_no_word_of_a_survivor_safe_case_is_in_the_log(
    home: House, lines: list[dict[str, Any]]
) -> None:
    station = await home.station()
    psychologist = await home.person("diarra", specialties=("psychology",))
    case_id = await home.open_case(station, **INTAKE)
    await home.ask(station, case_id)
    await home.pass_time(400)  # nobody answers: the alarm
    await home.accept(psychologist, case_id)
    await station.post(f"/api/cases/{case_id}/exit", {}, 204)
    text = json.dumps(lines)
    for word in (case_id, "red_case_waits", "exit", "psychology", "survivor", "discreet", "Hirondelle"):
        assert word not in text


async def test_where_there_is_trouble_its_network_is_logged(home: House, lines: list[dict[str, Any]]) -> None:
    async with home.server.client(headers={}) as stranger:
        assert (await stranger.post("/api/session", json={})).status == 403
    (line,) = await in_the_log(lines, 1)
    assert (line["status"], line["network"]) == (403, "127.0.0.0/24")
