"""The machine's clock jumps by years while the server serves: no turn and no sign-in is lost by it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.audit.clockcheck import ClockWrong, check_clock
from server.calls.handlers import CONSULTATIONS
from server.people.sessions.cookies import STATION
from server.people.sessions.store import SESSIONS
from server.platform.http.keys import CLOCK, DATABASE
from server.trail.trail import Trail
from signaling import messages as wire
from tests.support.cases import House, house
from tests.support.trails import some_entry

YEAR_S = 365 * 24 * 3600.0
DAY_S = 24 * 3600.0


class Machine:
    """The clock of this machine, and how far somebody has put it wrong."""

    def __init__(self) -> None:
        self.wrong_by_s = 0.0
        self._real = time.time

    def time(self) -> float:
        return self._real() + self.wrong_by_s


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(time, "time", made.time)
    return made


@pytest.fixture
async def home(tmp_path: Path, machine: Machine) -> AsyncIterator[House]:
    async with house(tmp_path, own_clock=True) as running:
        yield running


async def test_after_a_jump_and_back_a_case_still_goes_to_whom_it_was_meant_for(
    home: House, machine: Machine
) -> None:
    station = await home.station()
    surgeon = await home.person("keita", specialties=("surgery",))
    desk = home.server.app[CONSULTATIONS]
    for wrong_by_s in (5 * YEAR_S, 0.0):
        machine.wrong_by_s = wrong_by_s
        await desk.route()
    case_id = await home.open_case(station, specialty="obstetrics")
    await home.ask(station, case_id)
    await desk.route()
    (record,) = desk.waiting()
    assert desk.offered_to(record) == []
    await surgeon.get(f"/api/cases/{case_id}", 404)


async def test_who_waits_while_the_clock_jumps_is_offered_to_nobody_sooner(
    home: House, machine: Machine
) -> None:
    station = await home.station()
    await home.person("keita", specialties=("surgery",))
    case_id = await home.open_case(station, specialty="obstetrics")
    await home.ask(station, case_id)
    machine.wrong_by_s = 5 * YEAR_S
    desk = home.server.app[CONSULTATIONS]
    await desk.route()
    (record,) = desk.waiting()
    assert desk.offered_to(record) == []
    waits = [m for m in station.page.got if isinstance(m, wire.Waiting)]
    assert not [m for m in waits if m.widened == "alarm"]


async def test_no_sign_in_ends_by_a_jump(home: House, machine: Machine) -> None:
    station, doctor = await home.station(), await home.person("traore")
    sessions = home.server.app[SESSIONS]
    # The clients of this test share the clock and would forget their cookies.
    at_kiosk, at_desk = (
        {cookie.key: cookie.value for cookie in one.client.cookie_jar} for one in (station, doctor)
    )
    for wrong_by_s in (2 * YEAR_S, -2 * YEAR_S, 0.0):
        machine.wrong_by_s = wrong_by_s
        assert await sessions.drop_expired() == 0
        kiosk, person = await sessions.station(at_kiosk[STATION]), await sessions.account(at_desk["keneya"])
        assert (kiosk is not None, person is not None) == (True, True), wrong_by_s


@pytest.mark.parametrize(
    ("days", "believed"), [(0, True), (179, True), (181, False), (4000, False), (-1, False), (-0.03, True)]
)
async def test_a_server_does_not_start_with_a_clock_that_cannot_be_right(
    home: House, days: float, believed: bool
) -> None:
    database, clock = home.server.app[DATABASE], home.server.app[CLOCK]
    async with database.begin() as db:
        await Trail(clock).record(db, some_entry(1))
    now = clock() + days * DAY_S
    if believed:
        await check_clock(database, now)
        return
    with pytest.raises(ClockWrong, match=r"keneya clock believe"):
        await check_clock(database, now)
    # An operator who knows better says so, and the trail keeps that.
    async with database.begin() as db:
        await Trail(lambda: now).record(db, some_entry(2))
    await check_clock(database, now)
