"""When another process ends a sign-in, its socket is closed, and no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from server.calls.handlers import CONSULTATIONS
from server.people.sessions.store import IDS_A_QUERY
from server.people.tables import HttpSession
from server.sockets.ended import close_ended
from server.sockets.hub import HUB
from signaling import messages as wire
from tests.server.test_main import run
from tests.support import commandline
from tests.support.cases import House, Someone, house
from tests.support.signaling import Page, until


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, session_check_every_s=1) as running:
        yield running


async def keneya(home: House, *arguments: str, alone: bool = False) -> None:
    """The command, with an engine of its own; ``alone``: as an operator runs it, in a process of its own."""
    folder = home.server.settings.data_dir
    code, _, err = await (run if alone else commandline.keneya)(
        folder, *arguments, KENEYA_DATA_DIR=str(folder)
    )
    assert code == 0, err


async def shut_out(someone: Someone) -> None:
    goodbye = await someone.page.expect(wire.Goodbye)
    assert (goodbye.code, goodbye.retry) == ("signed_out", False)
    with pytest.raises(ConnectionError):
        await someone.page.receive()
    async with someone.client.post("/api/ticket", json={}) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("command", ["disable", "reset"])
async def test_a_command_that_disables_an_account_closes_its_socket(home: House, command: str) -> None:
    doctor, other, station = await home.person("traore"), await home.person("keita"), await home.station()
    # One of them shows that a server hears of what another process did.
    await keneya(home, "account", command, "--login", "traore", alone=command == "disable")
    await shut_out(doctor)
    await other.page.ping()
    await station.page.ping()


async def test_the_patient_of_a_disabled_doctor_waits_for_another_one(home: House) -> None:
    doctor, station = await home.person("traore"), await home.station()
    case_id = await home.open_case(station)
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    await keneya(home, "account", "disable", "--login", "traore")
    await shut_out(doctor)
    desk = home.server.app[CONSULTATIONS]
    await until(lambda: [one.consultation_id for one in desk.waiting()] == [case_id])
    await station.page.ping()


async def test_a_ticket_from_before_the_end_holds_no_longer(home: House) -> None:
    doctor = await home.person("traore", on_duty=False)
    ticket = await home.server.ticket(doctor.client, "clinician")
    await keneya(home, "account", "disable", "--login", "traore")
    await shut_out(doctor)
    async with doctor.client.ws_connect("/ws") as ws:
        page = Page(ws)
        await page.send_raw(wire.encode(wire.Hello(protocol=wire.PROTOCOL_VERSION, ticket=ticket)))
        await page.expect(wire.Welcome)
        assert (await page.expect(wire.Goodbye)).code == "signed_out"


async def test_a_revoked_station_and_a_sign_in_at_its_absolute_end_go_too(home: House) -> None:
    doctor, station = await home.person("traore"), await home.station()
    async with home.server.services.database.begin() as db:
        await db.execute(delete(HttpSession).where(HttpSession.station_id == station.id))
    goodbye = await station.page.expect(wire.Goodbye)
    assert goodbye.code == "signed_out"
    await doctor.page.ping()
    home.clock.now += home.server.settings.session_absolute_s
    await shut_out(doctor)


async def test_a_person_with_a_valid_sign_in_keeps_the_socket(home: House) -> None:
    doctor, station = await home.person("traore"), await home.station()
    assert await close_ended(home.server.app[HUB], home.server.services.sessions) == 0
    await doctor.page.ping()
    await station.page.ping()


async def test_more_sign_ins_than_one_statement_takes_are_all_checked(home: House) -> None:
    sessions = home.server.services.sessions
    made_up = [f"se_{number:016x}" for number in range(2 * IDS_A_QUERY + 1)]
    assert await sessions.ended_among(made_up) == set(made_up)
    assert await sessions.ended_among([]) == set()
