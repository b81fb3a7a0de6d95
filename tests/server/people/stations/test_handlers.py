"""Coordinators enrol and revoke kiosks; a stolen cookie alone opens nothing."""

from __future__ import annotations

from signaling import messages as wire
from signaling.messages import Role
from tests.server.test_app import page
from tests.support.people import sent
from tests.support.server import Server


async def test_a_coordinator_enrols_a_kiosk_and_takes_it_out_of_service_at_once(server: Server) -> None:
    await server.new_doctor(login="coord", role=Role.COORDINATOR)
    async with server.client() as office, server.client() as kiosk:
        await server.sign_in(office, login="coord")
        status, made = await sent(office, "/api/stations/codes", site="CSCom de Diéma", name="Poste 1")
        assert status == 201
        await server.enrol(kiosk, made["code"])
        async with office.get("/api/stations") as answer:
            (line,) = await answer.json()
        assert (line["station_id"], line["site"], line["name"]) == (
            made["station_id"],
            "CSCom de Diéma",
            "Poste 1",
        )
        assert line["enrolled_at"] is not None
        assert line["code_expires_at"] is None
        ticket = await server.ticket(kiosk, "station")
        async with page(server, kiosk, "station") as opened:
            await opened.wait_for(wire.Welcome)
            path = f"/api/stations/{made['station_id']}/enrolment"
            assert (await office.delete(path)).status == 204
            assert (await opened.wait_for(wire.Goodbye)).code == "signed_out"
        assert (await kiosk.get("/api/station")).status == 401
        assert (await sent(kiosk, "/api/ticket", role="station"))[0] == 401
        assert server.services.tickets.redeem(ticket) is None
        async with office.delete("/api/stations/st_0000000000000000/enrolment") as answer:
            assert answer.status == 404


async def test_a_copied_cookie_is_worth_nothing_without_the_key(server: Server) -> None:
    made = await server.new_station()
    async with server.client() as kiosk, server.client() as thief:
        await server.enrol(kiosk, made.code)
        assert (await kiosk.get("/api/station")).status == 200
        thief.cookie_jar.update_cookies(
            {c.key: c.value for c in kiosk.cookie_jar}, response_url=thief._base_url
        )
        async with thief.get("/api/station") as answer:
            assert (answer.status, await answer.json()) == (401, {"code": "proof_needed"})
        assert (await sent(thief, "/api/ticket", role="station"))[0] == 401


async def test_the_stations_page_brings_the_first_challenge_with_it(server: Server) -> None:
    made = await server.new_station()
    async with server.client() as kiosk:
        async with kiosk.get("/station") as answer:
            cookie = answer.headers["Set-Cookie"]
        challenge = cookie.split(";")[0].removeprefix("keneya-challenge=")
        assert "HttpOnly" not in cookie
        await server.enrol(kiosk, made.code)
        cookies = {c.key: c.value for c in kiosk.cookie_jar}
        proof = server.key_of(kiosk).proof("GET", "/api/station", challenge)
    async with server.client() as bare:
        bare.cookie_jar.update_cookies(cookies, response_url=bare._base_url)
        async with bare.get("/api/station", headers={"X-Keneya-Proof": proof}) as answer:
            assert answer.status == 200
