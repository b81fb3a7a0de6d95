"""Tickets over HTTP."""

from __future__ import annotations

from server.people.principal import Principal
from signaling.messages import Role
from tests.support.server import Server


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
