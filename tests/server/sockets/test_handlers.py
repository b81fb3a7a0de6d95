"""Tickets over HTTP."""

from __future__ import annotations

from server.people.principal import Principal
from server.sockets.ended import close_ended
from server.sockets.hub import HUB
from signaling import messages as wire
from signaling.messages import Role
from tests.support.server import PASSWORD, Server
from tests.support.signaling import Page


async def test_strangers_get_no_ticket(server: Server) -> None:
    async with server.client() as client:
        for body in ({}, {"role": "station"}, {"role": "clinician"}):
            async with client.post("/api/ticket", json=body) as answer:
                assert (answer.status, await answer.json()) == (401, {"code": "not_signed_in"})


async def test_a_ticket_names_the_participant_who_requested_it(server: Server) -> None:
    made = await server.new_station()
    doctor_id = await server.new_doctor()
    async with server.client() as kiosk, server.client() as desk:
        await server.enrol(kiosk, made.code)
        await server.sign_in(desk)
        station_ticket, doctor_ticket = await server.ticket(kiosk), await server.ticket(desk)
    tickets = server.services.tickets
    assert tickets.redeem(station_ticket) == Principal(
        made.station_id, Role.STATION, "Poste 1", "CSRéf de Kayes"
    )
    assert tickets.redeem(doctor_ticket) == Principal(
        doctor_id, Role.CLINICIAN, "Dr Traoré", "Hôpital du Point G"
    )


async def test_a_ticket_carries_all_that_a_page_needs_to_begin(server: Server) -> None:
    made = await server.new_station()
    async with server.client() as kiosk:
        await server.enrol(kiosk, made.code)
        async with kiosk.post("/api/ticket", json={"role": "station"}) as answer:
            answered = await answer.json()
            assert (answered["name"], answered["site"], answered["ice_servers"]) == (
                "Poste 1",
                "CSRéf de Kayes",
                [],
            )
            # A station in use stays enrolled.
            assert "Max-Age" in answer.headers["Set-Cookie"]


async def test_a_browser_with_both_roles_says_which_one_it_uses(server: Server) -> None:
    made = await server.new_station()
    doctor_id = await server.new_doctor()
    async with server.client() as client:
        await server.enrol(client, made.code)
        await server.sign_in(client)
        async with client.post("/api/ticket", json={}) as answer:
            assert (answer.status, await answer.json()) == (409, {"code": "which_role"})
        for role, expected in (("station", made.station_id), ("clinician", doctor_id)):
            principal = server.services.tickets.redeem(await server.ticket(client, role))
            assert principal is not None
            assert principal.participant_id == expected


MEDIATOR_PAGE = {"X-Keneya-Face": "mediator"}


async def test_a_page_of_another_kind_gets_no_ticket_of_whoever_is_signed_in(server: Server) -> None:
    await server.new_doctor()
    async with server.client() as client:
        await server.sign_in(client)
        for headers, status, code in (({}, 403, "wrong_page"), (MEDIATOR_PAGE, 401, "not_signed_in")):
            async with client.post("/api/ticket", json={"role": "mediator"}, headers=headers) as answer:
                assert (answer.status, await answer.json()) == (status, {"code": code})


async def test_who_signs_in_on_a_page_of_another_kind_ends_nothing_of_a_doctor_in_the_same_browser(
    server: Server,
) -> None:
    doctor_id = await server.new_doctor()
    mediator_id = await server.new_doctor("oumou", "Oumou", Role.MEDIATOR)
    async with server.client() as client:
        await server.sign_in(client)
        async with client.ws_connect("/ws") as ws:
            page = Page(ws)
            ticket = await server.ticket(client, "clinician")
            await page.send_raw(wire.encode(wire.Hello(protocol=wire.PROTOCOL_VERSION, ticket=ticket)))
            await page.expect(wire.Welcome)
            body = {"login": "oumou", "password": PASSWORD}
            async with client.post("/api/session", json=body, headers=MEDIATOR_PAGE) as answer:
                assert (await answer.json())["participant_id"] == mediator_id
            for headers, expected in (({}, doctor_id), (MEDIATOR_PAGE, mediator_id)):
                async with client.get("/api/session", headers=headers) as answer:
                    assert (await answer.json())["participant_id"] == expected
            await close_ended(server.app[HUB], server.services.sessions)
            await client.delete("/api/session", headers=MEDIATOR_PAGE)
            await page.ping()
            async with client.get("/api/session") as answer:
                assert (await answer.json())["participant_id"] == doctor_id


async def test_signing_out_on_one_page_leaves_the_call_on_another_of_the_same_person(server: Server) -> None:
    await server.new_doctor()
    office = {"X-Keneya-Face": "office"}
    async with server.client() as client:
        await server.sign_in(client)
        async with client.ws_connect("/ws") as ws:
            page = Page(ws)
            ticket = await server.ticket(client, "clinician")
            await page.send_raw(wire.encode(wire.Hello(protocol=wire.PROTOCOL_VERSION, ticket=ticket)))
            await page.expect(wire.Welcome)
            body = {"login": "docteur", "password": PASSWORD}
            assert (await client.post("/api/session", json=body, headers=office)).status == 200
            assert (await client.delete("/api/session", headers=office)).status == 204
            await page.ping()
            await client.delete("/api/session")
            assert (await page.expect(wire.Goodbye)).code == "signed_out"


async def test_a_link_which_cannot_say_its_page_is_for_whoever_may_follow_it(server: Server) -> None:
    await server.new_doctor()
    await server.new_doctor("coordo", "Coordo", Role.COORDINATOR)
    async with server.client() as client:
        await server.sign_in(client)
        body = {"login": "coordo", "password": PASSWORD}
        office = {"X-Keneya-Face": "office"}
        assert (await client.post("/api/session", json=body, headers=office)).status == 200
        assert (await client.get("/api/waiting")).status == 200
        assert (await client.get("/api/waiting", headers={"X-Keneya-Face": "mediator"})).status == 401


async def test_signing_out_revokes_unused_tickets(server: Server) -> None:
    await server.new_doctor()
    async with server.client() as client:
        await server.sign_in(client)
        ticket = await server.ticket(client)
        await client.delete("/api/session")
    assert server.services.tickets.redeem(ticket) is None


async def test_a_disabled_account_is_out_at_once(server: Server) -> None:
    from sqlalchemy import update

    from server.people.tables import Account

    await server.new_doctor()
    async with server.client() as client:
        await server.sign_in(client)
        async with server.services.database.begin() as db:
            await db.execute(update(Account).values(disabled=True))
        assert (await client.post("/api/ticket", json={})).status == 401
