"""A call ends with the sign-in it stands on, also when its socket and its session were gone long before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest

from server.app import MEDIA
from server.calls.handlers import CONSULTATIONS
from server.sockets.ended import close_ended
from server.sockets.hub import HUB
from signaling import messages as wire
from signaling.limits import RESUME_WITHIN_S
from signaling.messages import Role
from tests.support.cases import House, Someone, house
from tests.support.commandline import keneya
from tests.support.server import PASSWORD
from tests.support.signaling import MediaRecorder, is_connected, until


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, session_check_every_s=1) as running:
        running.server.app[HUB].clock = running.clock
        yield running


def media_of(home: House) -> MediaRecorder:
    return cast(MediaRecorder, home.server.app[MEDIA])


async def leg(home: House, someone: Someone) -> str:
    """A connected leg of this page; its id."""
    await someone.page.say(wire.LegOffer(sdp="v=0"))
    answer = await someone.page.expect(wire.LegAnswer)
    media_of(home).say(answer.leg_id, "connected")
    return str(answer.leg_id)


async def only_media_left(home: House, someone: Someone) -> None:
    """The socket is cut, and nobody comes back in time: the session is over, the media still flow."""
    hub = home.server.app[HUB]
    someone.page.cut()
    await until(lambda: not is_connected(hub, someone.id))
    home.clock.now += RESUME_WITHIN_S
    await hub.sweep()
    assert not hub.has_session(someone.id)


async def call_without_a_session(home: House, lost: str) -> tuple[Someone, Someone, str, str]:
    """Station, doctor, the leg of the one whose session is over, the case; both are in the call's room."""
    station, doctor = await home.station(), await home.person("traore")
    legs = {"station": await leg(home, station), "doctor": await leg(home, doctor)}
    case_id = await home.open_case(station)
    await home.ask(station, case_id)
    await doctor.page.say(wire.Accept(consultation_id=case_id))
    await doctor.page.expect(wire.Consultation, lambda m: m.state is wire.ConsultationState.IN_CALL)
    await only_media_left(home, {"station": station, "doctor": doctor}[lost])
    assert set(media_of(home).rooms) == set(legs.values())
    return station, doctor, legs[lost], case_id


async def out(home: House, leg_id: str) -> None:
    """The leg is in no room and no more."""
    media = media_of(home)
    await until(lambda: leg_id not in media.rooms and leg_id not in media.open)


async def command(home: House, *arguments: str) -> None:
    """The command, with an engine of its own on the server's database."""
    folder = home.server.settings.data_dir
    code, _, err = await keneya(folder, *arguments, KENEYA_DATA_DIR=str(folder))
    assert code == 0, err


async def _as_administrator(home: House, method: str, path: str, body: object) -> None:
    chief = await home.keeper("chief", Role.ADMINISTRATOR)
    async with chief.request(method, path, json=body) as answer:
        assert answer.status in (200, 204), await answer.text()


async def _disabled_by_command(home: House, doctor: Someone) -> None:
    await command(home, "account", "disable", "--login", "traore")


async def _disabled(home: House, doctor: Someone) -> None:
    await _as_administrator(home, "PUT", f"/api/accounts/{doctor.id}/disabled", {"disabled": True})


async def _reset(home: House, doctor: Someone) -> None:
    await _as_administrator(home, "POST", f"/api/accounts/{doctor.id}/reset", {})


async def _given_another_role(home: House, doctor: Someone) -> None:
    profile = {"name": "Traoré", "role": "mediator"}
    await _as_administrator(home, "PUT", f"/api/accounts/{doctor.id}", profile)


async def _signed_out(home: House, doctor: Someone) -> None:
    async with doctor.client.delete("/api/session") as answer:
        assert answer.status == 204


async def _signed_out_everywhere(home: House, doctor: Someone) -> None:
    async with home.server.client() as elsewhere:
        await home.server.sign_in(elsewhere, "traore")
        async with elsewhere.delete("/api/sessions") as answer:
            assert answer.status == 204


async def _one_session_ended_from_elsewhere(home: House, doctor: Someone) -> None:
    (here,) = [line["session_id"] for line in await doctor.get("/api/sessions") if line["here"]]
    async with home.server.client() as elsewhere:
        await home.server.sign_in(elsewhere, "traore")
        async with elsewhere.delete(f"/api/sessions/{here}") as answer:
            assert answer.status == 204


async def _password_changed_elsewhere(home: House, doctor: Someone) -> None:
    async with home.server.client() as elsewhere:
        await home.server.sign_in(elsewhere, "traore")
        typed = {"password": "a kettle sings at noon", "current": PASSWORD}
        async with elsewhere.post("/api/session/password", json=typed) as answer:
            assert answer.status == 200, await answer.text()


async def _at_its_absolute_end(home: House, doctor: Someone) -> None:
    home.clock.now += home.server.settings.session_absolute_s


@pytest.mark.parametrize(
    "end",
    [
        _disabled_by_command,
        _disabled,
        _reset,
        _given_another_role,
        _signed_out,
        _signed_out_everywhere,
        _one_session_ended_from_elsewhere,
        _password_changed_elsewhere,
        _at_its_absolute_end,
    ],
)
async def test_a_doctor_without_a_session_leaves_the_call_when_the_sign_in_ends(
    home: House, end: Callable[[House, Someone], Awaitable[None]]
) -> None:
    _, doctor, leg_id, case_id = await call_without_a_session(home, "doctor")
    await end(home, doctor)
    await out(home, leg_id)
    desk = home.server.app[CONSULTATIONS]
    await until(lambda: [one.consultation_id for one in desk.waiting()] == [case_id])


@pytest.mark.parametrize("how", ["revoked", "replaced"])
async def test_a_station_without_a_session_leaves_the_call_when_it_is_a_station_no_longer(
    home: House, how: str
) -> None:
    station, _, leg_id, _ = await call_without_a_session(home, "station")
    if how == "revoked":
        keeper = await home.keeper("coordination", Role.COORDINATOR)
        async with keeper.delete(f"/api/stations/{station.id}/enrolment") as answer:
            assert answer.status == 204
    else:
        code = await home.server.new_station()
        assert code.station_id == station.id
        async with home.server.client() as kiosk:
            await home.server.enrol(kiosk, code.code)
    await out(home, leg_id)


async def test_a_call_whose_sign_in_holds_goes_on_without_its_session(home: House) -> None:
    _, _, leg_id, _ = await call_without_a_session(home, "doctor")
    assert await close_ended(home.server.app[HUB], home.server.services.sessions) == 0
    async with home.server.client() as elsewhere:
        await home.server.sign_in(elsewhere, "traore")
        async with elsewhere.delete("/api/session") as answer:
            assert answer.status == 204
    home.clock.now += 3600
    await home.server.app[HUB].sweep()
    assert leg_id in media_of(home).rooms


async def test_a_call_ends_with_its_own_sign_in_and_not_with_that_of_the_page_that_took_over(
    home: House,
) -> None:
    """Signed in twice: the call stands on the first sign-in, the socket on the second."""
    _, doctor, leg_id, _ = await call_without_a_session(home, "doctor")
    async with home.server.client() as second:
        await home.server.sign_in(second, "traore")
        page = await home._page(second, "clinician")
        await _signed_out(home, doctor)
        await out(home, leg_id)
        await page.ping()


async def test_a_leg_that_is_being_opened_when_its_sign_in_ends_is_never_used(home: House) -> None:
    doctor, media = await home.person("traore"), media_of(home)
    media.gate.clear()
    await doctor.page.say(wire.LegOffer(sdp="v=0"))
    await until(lambda: bool(media.calls))
    await _signed_out(home, doctor)
    async with home.server.client() as second:
        await home.server.sign_in(second, "traore")
        page = await home._page(second, "clinician")
        media.gate.set()
        await page.ping()
        await until(lambda: not media.open)
        assert home.server.app[CONSULTATIONS].leg_of(doctor.id) is None
        await page.ping()


async def test_what_a_page_says_after_its_goodbye_is_not_carried_out(home: House) -> None:
    doctor, hub = await home.person("traore", on_duty=False), home.server.app[HUB]
    # On its way when the sign-in ends: the server reads it after its goodbye.
    await doctor.page.say(wire.LegOffer(sdp="v=0"))
    ending = asyncio.ensure_future(hub.sign_out(doctor.id))
    await doctor.page.closed()
    await ending
    assert not media_of(home).calls
