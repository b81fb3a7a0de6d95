"""A page to which the others' packets almost stop arriving: its judgement of the link, and what it sends."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

from media.core.estimate import ArrivalRhythm

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

LOOK_MS = 25.0
# Looks at two receivers: for each look, whether the voice and the picture have something new.
LOOK = """async (looks) => {
    const { LOOK_MS, Rhythm } = await import('/web/shared/call/link/rhythm.js');
    const newest = [0, 0];
    const receivers = newest.map((_, index) => ({
        track: { kind: index ? 'video' : 'audio' },
        getSynchronizationSources: () => newest[index] ? [{ timestamp: newest[index], source: index }] : [],
    }));
    const rhythm = new Rhythm();
    return looks.map((look, index) => {
        look.forEach((isNew, which) => { if (isNew) newest[which] = 1 + index; });
        return rhythm.look(receivers, LOOK_MS * index);
    });
}"""
# A leg's listener over a connection whose media arrive until `stopAt` and from `backAt` on; returns its calls of
# the send control. A packet of another kind arrives every `otherMs`. While media do not arrive, one voice packet
# is lost every `lossMs` (0: none arrives). A browser counts packets, or bytes as Firefox does.
LISTEN = """async ([stopAt, backAt, ends, otherMs, lossMs, counts]) => {
    const { LOOK_MS, listener } = await import('/web/shared/call/link/rhythm.js');
    const asked = [];
    const control = {
        rest: async (resting) => { asked.push(`rest ${resting}`); },
        holdOn: async (holding) => { asked.push(`hold ${holding}`); },
    };
    let newest = 0;
    const [heard, seen] = ['audio', 'video'].map((kind) => ({
        track: { kind }, getSynchronizationSources: () => [{ timestamp: newest }],
    }));
    let nowMs = 0;
    performance.now = () => nowMs;
    const others = () => Math.floor(nowMs / otherMs);
    const arriveMs = () => lossMs ? nowMs : Math.max(Math.min(nowMs, stopAt), nowMs - backAt + stopAt);
    const heardPackets = () => Math.floor(arriveMs() / 20);
    const transport = () => counts === 'packets'
        ? { type: 'transport', packetsReceived: heardPackets() + others() } : { type: 'transport' };
    const pair = () => ({ type: 'candidate-pair', nominated: true,
        bytesReceived: (40 + 12 + 10) * heardPackets() + 60 * others() });
    const lost = () => lossMs ? Math.floor(Math.max(0, Math.min(nowMs, backAt) - stopAt) / lossMs) : 0;
    const voice = () => ({ type: 'inbound-rtp', kind: 'audio', packetsReceived: heardPackets(),
        bytesReceived: 40 * heardPackets(), headerBytesReceived: 12 * heardPackets(), packetsLost: lost() });
    const getStats = async () => new Map([['T', transport()], ['P', pair()], ['V', voice()]]);
    const look = listener({ getReceivers: () => [heard, seen], getStats }, control);
    for (; nowMs < ends; nowMs += LOOK_MS) {
        if (nowMs < stopAt || nowMs >= backAt) newest = 1 + nowMs;
        look();
        await new Promise((done) => { queueMicrotask(done); });
    }
    delete performance.now;  // the page's own clock again: it serves every test of this file
    return asked;
}"""

Look = tuple[bool, bool]


def talk(index: int) -> Look:
    """A voice packet at each look, a picture at each third."""
    return True, index % 3 == 0


def looks(seconds: float) -> range:
    return range(int(seconds * 1000 / LOOK_MS))


async def flows(page: Page, seen: list[Look]) -> list[str]:
    told: list[str] = await page.evaluate(LOOK, seen)
    return told


def of_the_relay(seen: list[Look]) -> list[bool]:
    """The relay's judgement of the same packets."""
    rhythm, voice_packets, pictures, answers = ArrivalRhythm(), 0, 0, []
    for index, (voice, picture) in enumerate(seen):
        voice_packets, pictures = voice_packets + voice, pictures + picture
        answers.append(rhythm.follow(LOOK_MS * index, voice_packets, pictures))
    return answers


async def test_page_and_relay_judge_alike(pure: Page) -> None:
    steady = [talk(index) for index in looks(5)]
    stalled = [*steady, *([(False, False)] * 8), *steady]
    trickling = [*steady, *[(index % 6 == 0, False) for index in looks(1)], *steady]
    for seen in (steady, stalled, trickling):
        told = await flows(pure, seen)
        assert [flow != "flows" for flow in told][: len(steady) + 30] == of_the_relay(seen)[
            : len(steady) + 30
        ]
        assert ("stalls" in told) == (seen is not steady)


async def test_a_stall_passes_and_a_collapse_is_trusted_for_seconds(pure: Page) -> None:
    steady = [talk(index) for index in looks(5)]
    stall = await flows(pure, [*steady, *([(False, False)] * 8), *steady])
    assert "collapsed" not in stall
    assert stall[-1] == "flows"
    collapse = await flows(pure, [*steady, *([(False, False)] * 30), *steady])
    assert collapse.index("stalls") < collapse.index("collapsed")
    assert 4_000 <= collapse.count("collapsed") * LOOK_MS <= 5_000
    assert collapse[-1] == "flows"


async def test_a_page_that_was_asleep_concludes_nothing(pure: Page) -> None:
    late = """async (looks) => {
        const { LOOK_MS, Rhythm } = await import('/web/shared/call/link/rhythm.js');
        const rhythm = new Rhythm();
        let newest = 0;
        const [heard, seen] = ['audio', 'video'].map((kind) => ({
            track: { kind }, getSynchronizationSources: () => [{ timestamp: newest }],
        }));
        const flows = [];
        for (let index = 0; index < looks; index += 1) {
            newest = 1 + index;
            rhythm.look([heard, seen], LOOK_MS * index);
        }
        for (let step = 1; step < 5; step += 1) {
            flows.push(rhythm.look([heard, seen], LOOK_MS * looks + 1000 * step));
        }
        return flows;
    }"""
    assert await pure.evaluate(late, len(looks(5))) == ["flows"] * 4


@pytest.mark.parametrize("counts", ["packets", "bytes"])
@pytest.mark.parametrize(
    ("back_at_ms", "other_ms", "loss_ms", "asked"),
    [
        (5_200, 1_000, 0, ["rest true", "rest false"]),
        (5_700, 1_000, 0, ["rest true", "hold true", "rest false", "rest false", "hold false"]),
        (5_700, 50, 0, ["rest true", "rest false", "rest false"]),
        (5_700, 50, 200, ["rest true", "rest false", "rest false"]),
        (5_700, 50, 25, ["rest true", "hold true", "rest false", "rest false", "hold false"]),
    ],
    ids=["stall", "collapse", "silence of the others", "a voice packet lost now and then", "a full queue"],
)
async def test_less_is_sent_in_a_stall_and_as_little_as_possible_after_a_collapse(
    pure: Page, back_at_ms: int, other_ms: int, loss_ms: int, asked: list[Any], counts: str
) -> None:
    assert await pure.evaluate(LISTEN, [5_000, back_at_ms, 12_000, other_ms, loss_ms, counts]) == asked


# A SendControl over senders that only keep what they are told; each step is a method and its argument.
SEND = """async (steps) => {
    const { SendControl } = await import('/web/shared/call/link/sender.js');
    const sender = (extra) => {
        const kept = { encodings: [{ active: false }], codecs: [] };
        const setParameters = async (told) => { Object.assign(kept, structuredClone(told)); };
        return { track: null, getParameters: () => structuredClone(kept), setParameters, ...extra };
    };
    const audio = sender(), video = sender();
    const control = new SendControl({ signalingState: 'stable' }, audio, video, { change: async () => {} });
    const seen = [];
    for (const [step, argument] of steps) {
        await control[step](argument);
        const { active, maxFramerate } = video.getParameters().encodings[0];
        seen.push([active, maxFramerate ?? null, audio.getParameters().encodings[0].maxBitrate]);
    }
    return seen;
}"""
VOICE = {
    "active": True, "max_bitrate_bps": 16_000, "ptime_ms": 20, "dtx": True, "fec": True, "red": True,
    "level": False,
}  # fmt: skip
PICTURE = {
    "active": True, "max_bitrate_bps": 150_000, "max_framerate": 15, "scale_resolution_down_by": 2, "codec": None,
    "degradation_preference": None, "scalability_mode": None,
}  # fmt: skip
ORDER = {"audio": VOICE, "video": PICTURE}
NO_PICTURE = {"audio": VOICE | {"max_bitrate_bps": 8_000}, "video": PICTURE | {"active": False}}


async def test_a_rest_keeps_the_encoder_and_ends_as_it_began(pure: Page) -> None:
    steps = [["apply", ORDER], ["rest", True], ["rest", False]]
    assert await pure.evaluate(SEND, steps) == [[True, 15, 16_000], [True, 0, 6_000], [True, 15, 16_000]]


async def test_an_order_from_before_a_collapse_waits_until_it_is_over(pure: Page) -> None:
    steps = [["apply", ORDER], ["holdOn", True], ["apply", ORDER], ["holdOn", False]]
    told = await pure.evaluate(SEND, steps)
    assert [active for active, _, _ in told] == [True, False, False, True]
    assert [bitrate_bps for _, _, bitrate_bps in told] == [16_000, 6_000, 6_000, 16_000]


async def test_an_order_without_a_picture_knows_of_the_collapse(pure: Page) -> None:
    steps = [["apply", ORDER], ["holdOn", True], ["apply", NO_PICTURE], ["holdOn", False]]
    told = await pure.evaluate(SEND, steps)
    assert [(active, bitrate_bps) for active, _, bitrate_bps in told[2:]] == [(False, 8_000), (False, 8_000)]


async def test_the_servers_own_order_to_hold_lasts_until_its_next_parameters(pure: Page) -> None:
    told = await pure.evaluate(SEND, [["apply", ORDER], ["hold", None], ["apply", ORDER]])
    assert [active for active, _, _ in told] == [True, False, True]
