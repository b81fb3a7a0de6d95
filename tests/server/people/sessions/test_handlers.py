"""A person's sessions: listed, ended one by one, ended everywhere; never another person's."""

from __future__ import annotations

from signaling import messages as wire
from tests.server.test_app import page
from tests.support.server import Server

FIREFOX = {"User-Agent": "Mozilla/5.0 (Android 14; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0"}


async def test_a_person_sees_the_own_sessions_and_ends_one_of_them(server: Server) -> None:
    await server.new_doctor()
    await server.new_doctor(login="other")
    async with server.client() as here, server.client(server.own_headers | FIREFOX) as there:
        await server.sign_in(here)
        await server.sign_in(there)
        async with server.client() as stranger:
            await server.sign_in(stranger, login="other")
            async with here.get("/api/sessions") as answer:
                lines = await answer.json()
            assert len(lines) == 2
            assert [line["here"] for line in lines].count(True) == 1
            (away,) = [line for line in lines if not line["here"]]
            assert away["device"] == "Firefox, Android"
            # Another person's session and one that never was are answered alike.
            for session_id in (away["session_id"], "se_0000000000000000"):
                async with stranger.delete(f"/api/sessions/{session_id}") as answer:
                    assert (answer.status, await answer.json()) == (404, {"code": "not_found"})
        assert (await here.delete(f"/api/sessions/{away['session_id']}")).status == 204
        assert (await there.get("/api/session")).status == 401
        assert (await here.get("/api/session")).status == 200


async def test_ending_a_session_ends_its_socket_and_no_other(server: Server) -> None:
    await server.new_doctor()
    async with server.client() as here, server.client() as there:
        await server.sign_in(here)
        await server.sign_in(there)
        async with there.get("/api/sessions") as answer:
            (mine,) = [line["session_id"] for line in await answer.json() if line["here"]]
        async with page(server, here, "clinician") as opened:
            await opened.wait_for(wire.Welcome)
            assert (await here.delete(f"/api/sessions/{mine}")).status == 204  # the other browser's
            async with here.get("/api/sessions") as answer:
                (own,) = [line["session_id"] for line in await answer.json()]
            assert (await here.delete(f"/api/sessions/{own}")).status == 204
            assert (await opened.wait_for(wire.Goodbye)).code == "signed_out"


async def test_signing_out_everywhere_leaves_nothing(server: Server) -> None:
    await server.new_doctor()
    async with server.client() as here, server.client() as there:
        await server.sign_in(here)
        await server.sign_in(there)
        assert (await here.delete("/api/sessions")).status == 204
        for client in (here, there):
            assert (await client.get("/api/session")).status == 401
