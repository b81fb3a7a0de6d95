"""Refused datagrams stay counted by reason, even after their leg has gone."""

from __future__ import annotations

import asyncio

from tests.support.leg_client import relay, until, voice_passes


async def test_datagrams_of_strangers_and_nonsense_on_a_leg_are_counted() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await voice_passes(station, doctor)
        assert running.engine.refusals() == {}
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=running.address
        )
        try:
            transport.sendto(b"\x80\x60" + bytes(40))
            await until(lambda: running.engine.refusals().get("unknown_address") == 1)
        finally:
            transport.close()
        running.member("station").uplink.rtp_arrived(b"\x80", 0.0)
        assert running.engine.refusals() == {"rtp": 1, "unknown_address": 1}
        await running.engine.close_leg("station")
        assert running.engine.refusals() == {"rtp": 1, "unknown_address": 1}
