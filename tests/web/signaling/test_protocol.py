"""The page's end of the protocol, in a real browser with a socket of ours and virtual time."""

from __future__ import annotations

import json
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# A connection with sockets that only the test moves; everything observable ends in `seen`.
SETUP = """async () => {
    const { Connection } = await import('/web/shared/signaling/protocol.js');
    const seen = { sockets: [], messages: [], statuses: [], tickets: 0, refuse: 0 };
    const socket = () => {
        const one = { sent: [], closed: false };
        one.send = (text) => one.sent.push(JSON.parse(text));
        one.close = () => { one.closed = true; };
        seen.sockets.push(one);
        return one;
    };
    const ticket = async () => {
        seen.tickets += 1;
        if (seen.refuse) throw Object.assign(new Error('refused'), { status: seen.refuse });
        return `ticket-${seen.tickets}`;
    };
    const connection = new Connection({
        url: 'ws://nowhere', ticket, socket, random: () => 0.5,
        onMessage: (message) => seen.messages.push(message),
        onStatus: (status) => seen.statuses.push({ ...status, atMs: performance.now() }),
    });
    Object.assign(window, { seen, connection });
    connection.connect();
}"""
WELCOME = {
    "type": "welcome", "session_id": "s", "resume_token": "token-1", "resumed": False, "resume_within_s": 120,
    "heartbeat_s": 25, "participant_id": "p", "role": "station", "name": "Poste 1",
}  # fmt: skip
END = {"type": "end", "consultation_id": "c"}


class Peer:
    """The server's side of the newest socket, played by the test."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def seen(self, expression: str) -> Any:
        return await self.page.evaluate(f"() => window.seen.{expression}")

    async def sent(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = await self.seen("sockets.at(-1).sent")
        return messages

    async def open(self) -> None:
        await self.page.evaluate("() => window.seen.sockets.at(-1).onopen()")

    async def says(self, **message: Any) -> None:
        script = "(text) => window.seen.sockets.at(-1).onmessage({ data: text })"
        await self.page.evaluate(script, json.dumps(message))

    async def welcome(self, **changes: Any) -> None:
        await self.open()
        await self.says(**(WELCOME | changes))

    async def drop(self) -> None:
        await self.page.evaluate("() => window.seen.sockets.at(-1).onclose()")

    async def page_sends(self, message: dict[str, Any]) -> int:
        return int(await self.page.evaluate("(message) => window.connection.send(message)", message))

    async def passes(self, ms: int) -> None:
        await self.page.clock.run_for(ms)

    async def status(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.seen("statuses.at(-1)")
        return found


@pytest_asyncio.fixture(loop_scope="module")
async def peer(modules: Page) -> Peer:
    await modules.evaluate(SETUP)
    return Peer(modules)


async def test_hello_with_a_ticket_comes_first_and_what_was_asked_before_follows_it_once(peer: Peer) -> None:
    await peer.page_sends(END)
    await peer.open()
    hello, asked = await peer.sent()
    assert hello == {"type": "hello", "protocol": 1, "ticket": "ticket-1", "resume": None}
    assert (asked["type"], asked["seq"]) == ("end", 1)
    await peer.says(**WELCOME)
    assert (await peer.status())["state"] == "open"
    assert len(await peer.sent()) == 2


async def test_what_never_reached_a_welcome_is_asked_again_on_the_next_socket(peer: Peer) -> None:
    await peer.page_sends(END)
    await peer.open()
    await peer.drop()
    await peer.passes(1_000)
    await peer.open()
    assert [message.get("seq") for message in await peer.sent()] == [None, 1]


async def test_the_socket_opens_while_the_ticket_is_fetched(peer: Peer) -> None:
    await peer.welcome()
    await peer.page.evaluate(
        "() => { connection.options.ticket = () => new Promise((resolve) => (window.ticketComes = resolve)); }"
    )
    await peer.drop()
    await peer.passes(1_000)
    await peer.open()
    assert await peer.sent() == []
    await peer.page.evaluate("() => window.ticketComes('late')")
    assert [(message["type"], message["ticket"]) for message in await peer.sent()] == [("hello", "late")]


async def test_messages_are_numbered_from_one_and_acknowledge_what_came(peer: Peer) -> None:
    await peer.welcome()
    await peer.says(type="duty", seq=1, on=True)
    await peer.says(type="duty", seq=4, on=False)
    assert [await peer.page_sends(END), await peer.page_sends(END)] == [1, 2]
    assert [(m["seq"], m["ack"]) for m in (await peer.sent())[1:]] == [(1, 4), (2, 4)]


async def test_what_came_is_acknowledged_late_and_together(peer: Peer) -> None:
    await peer.welcome()
    await peer.says(type="duty", seq=1, on=True)
    await peer.passes(19_000)
    assert len(await peer.sent()) == 1
    await peer.passes(1_000)
    assert [(message["type"], message["ack"]) for message in (await peer.sent())[1:]] == [("ping", 1)]


async def test_sixteen_messages_are_acknowledged_without_waiting(peer: Peer) -> None:
    await peer.welcome()
    for seq in range(1, 17):
        await peer.says(type="duty", seq=seq, on=True)
    await peer.passes(1)
    assert [(message["type"], message["ack"]) for message in (await peer.sent())[1:]] == [("ping", 16)]


async def test_a_message_that_comes_twice_is_handled_once(peer: Peer) -> None:
    await peer.welcome()
    for _ in range(2):
        await peer.says(type="duty", seq=1, on=True)
    assert await peer.seen("messages.filter((one) => one.type === 'duty').length") == 1


async def test_a_resumed_session_sends_again_exactly_what_was_not_acknowledged(peer: Peer) -> None:
    await peer.welcome()
    for _ in range(3):
        await peer.page_sends(END)
    await peer.says(type="duty", seq=7, ack=1, on=True)
    await peer.drop()
    await peer.passes(1_000)
    await peer.welcome(resumed=True, resume_token="token-2", ack=2)
    hello, *again = await peer.sent()
    assert hello["resume"] == {"token": "token-1", "seq": 7}
    assert [message["seq"] for message in again] == [3]
    assert await peer.page_sends(END) == 4


async def test_a_refused_resume_drops_what_was_meant_for_the_old_session(peer: Peer) -> None:
    await peer.welcome()
    await peer.says(type="duty", seq=9, on=True)
    await peer.page_sends(END)
    await peer.drop()
    await peer.passes(1_000)
    await peer.welcome(resumed=False, resume_token="token-2")
    assert len(await peer.sent()) == 1  # hello alone
    assert await peer.page_sends(END) == 1
    await peer.says(type="duty", seq=1, on=True)
    assert await peer.seen("messages.filter((one) => one.type === 'duty').length") == 2


async def test_silence_brings_a_ping_and_a_ping_without_answer_a_new_socket(peer: Peer) -> None:
    await peer.welcome()
    await peer.passes(25_000)
    assert (await peer.sent())[-1]["type"] == "ping"
    await peer.passes(15_000)
    assert await peer.seen("sockets[0].closed") is True
    await peer.passes(1_000)
    assert await peer.seen("sockets.length") == 2


async def test_an_answered_ping_keeps_the_socket(peer: Peer) -> None:
    await peer.welcome()
    for _ in range(4):
        await peer.passes(25_000)
        await peer.says(type="pong")
    assert await peer.seen("sockets.length") == 1


async def test_retries_grow_apart_up_to_a_bound_and_start_anew_after_a_welcome(peer: Peer) -> None:
    waits = []
    for _ in range(9):
        await peer.drop()
        status = await peer.status()
        assert status["state"] == "away"
        # To the hundredth: the clock may tick between the two readings.
        waits.append(round(status["retryAtMs"] - status["atMs"], -1))
        await peer.passes(20_000)
    assert waits == sorted(waits)
    assert waits[0] < 1_000
    assert waits[-1] == waits[-2] <= 20_000
    await peer.welcome()
    await peer.drop()
    status = await peer.status()
    assert round(status["retryAtMs"] - status["atMs"], -1) == waits[0]


async def test_a_server_that_is_back_within_ten_minutes_is_found_within_four_seconds(peer: Peer) -> None:
    await peer.welcome()
    await peer.page.evaluate("() => { window.seen.refuse = 503; }")
    await peer.drop()
    for _ in range(5):
        await peer.passes(110_000)
        tickets = await peer.seen("tickets")
        await peer.passes(4_000)
        assert await peer.seen("tickets") > tickets
    # Somebody who is still away then is looked for as before.
    await peer.passes(120_000)
    status = await peer.status()
    assert 10_000 < status["retryAtMs"] - status["atMs"] <= 20_000


async def test_a_server_that_does_not_answer_is_asked_for_a_ticket_before_a_socket_is_opened(
    peer: Peer,
) -> None:
    # Browsers hold a page back that opens many sockets in vain.
    await peer.welcome()
    await peer.page.evaluate("() => { window.seen.refuse = 503; }")
    await peer.drop()
    await peer.passes(60_000)
    assert await peer.seen("tickets") > 10
    assert await peer.seen("sockets.length") == 2
    await peer.page.evaluate("() => { window.seen.refuse = 0; }")
    await peer.passes(4_000)
    assert await peer.seen("sockets.length") == 3
    await peer.welcome(resumed=True)
    assert (await peer.status())["state"] == "open"


async def test_a_goodbye_without_retry_is_the_end(peer: Peer) -> None:
    await peer.welcome()
    await peer.says(type="goodbye", code="taken_over", retry=False)
    status = await peer.status()
    assert (status["state"], status["code"]) == ("over", "taken_over")
    await peer.passes(120_000)
    assert await peer.seen("sockets.length") == 1


async def test_a_session_the_server_disagrees_about_is_not_resumed(peer: Peer) -> None:
    await peer.welcome()
    await peer.says(type="goodbye", code="unexpected_message", retry=True)
    await peer.passes(1_000)
    await peer.open()
    assert (await peer.sent())[0]["resume"] is None


async def test_a_refused_ticket_means_signed_out_and_an_absent_server_means_later(peer: Peer) -> None:
    await peer.welcome()
    await peer.page.evaluate("() => { window.seen.refuse = 503; }")
    await peer.drop()
    await peer.passes(1_000)
    assert (await peer.status())["state"] == "away"
    await peer.page.evaluate("() => { window.seen.refuse = 401; }")
    await peer.passes(20_000)
    assert (await peer.status())["code"] == "signed_out"


async def test_a_socket_that_never_opens_is_given_up(peer: Peer) -> None:
    await peer.passes(31_000)
    assert await peer.seen("sockets[0].closed") is True
    assert await peer.seen("sockets.length") == 2


async def test_what_is_not_our_protocol_ends_the_socket_not_the_page(peer: Peer) -> None:
    await peer.welcome()
    await peer.page.evaluate("() => window.seen.sockets[0].onmessage({ data: '<html>' })")
    assert (await peer.status())["state"] == "away"


async def test_leaving_on_purpose_says_bye(peer: Peer) -> None:
    await peer.welcome()
    await peer.page.evaluate("() => window.connection.close()")
    assert (await peer.sent())[-1]["type"] == "bye"
    assert (await peer.status())["code"] == "closed"
