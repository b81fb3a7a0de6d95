"""The media of a page, driven as its session would; the other end is a peer connection in the same page.

Owns: what the tests of the leg and of the own devices share. Must never assert anything of the pages.
"""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page

# `far` answers the newest offer as the server would: it takes everything, RED included.
SETUP = """async () => {
    const { Media } = await import('/web/shared/call/link/media.js');
    const seen = { sent: [], legs: [], slots: [], negotiations: 0 };
    const near = [];
    const Plain = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Plain {
        constructor(...given) { super(...given); near.push(this); }
        async setLocalDescription(...given) { seen.negotiations += 1; return super.setLocalDescription(...given); }
    };
    const media = new Media({
        send: (message) => seen.sent.push(message),
        onDevices: () => {},
        onSlots: (slots) => seen.slots.push(slots.map((one) => one.participantId)),
        onLeg: (condition) => seen.legs.push(condition),
    });
    const answer = async () => {
        const far = new Plain();
        const sdp = seen.sent.filter((one) => one.type === 'leg_offer').at(-1).sdp;
        await far.setRemoteDescription({ type: 'offer', sdp });
        const made = await far.createAnswer();
        await far.setLocalDescription(made);
        return made.sdp;
    };
    Object.assign(window, { seen, near, media, answer });
}"""
VOICE = {
    "active": True,
    "max_bitrate_bps": 16_000,
    "ptime_ms": 60,
    "dtx": True,
    "fec": True,
    "red": False,
    "level": False,
}
PICTURE = {
    "active": True, "max_bitrate_bps": 60_000, "max_framerate": 8.0, "scale_resolution_down_by": 2.0, "codec": None,
}  # fmt: skip
WELCOME = {"type": "welcome", "resumed": False, "leg_id": None}


class Near:
    """The page's media, driven as its session would."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def run(self, script: str, argument: Any = None) -> Any:
        return await self.page.evaluate(f"async (given) => {{ {script} }}", argument)

    async def sent(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.run(
            "return seen.sent.filter((one) => one.type === given)", kind
        )
        return found

    async def until(self, condition: str) -> None:
        # On the test's clock, not the page's: that one stands still.
        for _ in range(200):
            if await self.run(f"return Boolean({condition})"):
                return
            await self.page.clock.run_for(10)
        raise AssertionError(f"never: {condition}")

    async def offered(self, count: int) -> None:
        await self.until(f"seen.sent.filter((one) => one.type === 'leg_offer').length === {count}")

    async def start(self) -> None:
        await self.run("media.leg.setOnline(true); media.leg.start()")
        await self.offered(1)

    async def answered(self, leg_id: str = "leg-1") -> None:
        """The server's answer to the newest offer; `ref` is what our `send` returned for it."""
        script = """const ref = seen.sent.findLastIndex((one) => one.type === 'leg_offer') + 1;
            media.handle({ type: 'leg_answer', leg_id: given, sdp: await answer(), ref });"""
        await self.run(script, leg_id)
        await self.until("near.at(-1).signalingState === 'stable'")

    async def steered(self, audio: dict[str, Any] = VOICE, video: dict[str, Any] = PICTURE) -> None:
        message = {"type": "send_parameters", "leg_id": "leg-1", "audio": audio, "video": video}
        await self.run("media.handle(given)", message)

    async def encodings(self) -> list[dict[str, Any]]:
        script = "return near.at(-1).getSenders().slice(0, 2).map((one) => one.getParameters().encodings[0])"
        found: list[dict[str, Any]] = await self.run(script)
        return found
