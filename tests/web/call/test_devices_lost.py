"""Microphones and cameras that go, in a browser whose devices are the test's own, whatever it tells of them."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# `world` stands for the machine: which devices are plugged in, what is wrong with each, what a browser tells.
WORLD = """async () => {
    const KINDS = { audio: 'audioinput', video: 'videoinput' };
    const sound = () => new AudioContext().createMediaStreamDestination().stream.getTracks()[0];
    const picture = () => document.createElement('canvas').captureStream().getTracks()[0];
    class World extends EventTarget {
        plugged = { audio: ['mic-1', 'mic-2'], video: ['cam-1', 'cam-2'] };
        faults = {};
        asked = [];
        async enumerateDevices() {
            return Object.entries(this.plugged).flatMap(([kind, ids]) =>
                ids.map((deviceId) => ({ kind: KINDS[kind], deviceId, groupId: `of ${deviceId}`, label: '' })));
        }
        async getUserMedia(wanted) {
            this.asked.push(wanted);
            const choice = (kind) => wanted[kind].deviceId?.exact ?? this.plugged[kind][0];
            const ids = Object.keys(wanted).map((kind) => [kind, choice(kind)]);
            for (const [kind, id] of ids) {
                if (!this.plugged[kind].includes(id)) throw new DOMException('test', 'NotFoundError');
                if (this.faults[id]) throw new DOMException('test', this.faults[id]);
            }
            return new MediaStream(ids.map(([kind, id]) => this.track(kind, id)));
        }
        track(kind, id) {
            const track = kind === 'audio' ? sound() : picture();
            track.getSettings = () => ({ deviceId: id, groupId: `of ${id}` });
            return track;
        }
        // What a browser may tell of a device, in whatever order.
        ended = (track) => { track.stop(); track.dispatchEvent(new Event('ended')); };
        devicechange = () => this.dispatchEvent(new Event('devicechange'));
        mute = (track) => this.silence(track, true);
        silence = (track, muted) => {
            Object.defineProperty(track, 'muted', { configurable: true, value: muted });
            track.dispatchEvent(new Event(muted ? 'mute' : 'unmute'));
        };
        unplug = (kind) => { this.plugged[kind] = this.plugged[kind].slice(1); };
    }
    const world = new World();
    Object.defineProperty(navigator, 'mediaDevices', { value: world });
    const { Media } = await import('/web/shared/call/link/media.js');
    const sent = [];
    const media = new Media({ send: (message) => sent.push(message), onDevices() {}, onSlots() {}, onLeg() {} });
    media.devices.tellOthers(true);
    await media.devices.open();
    Object.assign(window, { world, media, sent });
    window.live = (kind) => {
        const track = media.devices.capture.tracks[kind];
        const isOn = media.devices.capture.states[kind] === 'on' && track.readyState === 'live';
        return isOn ? track.getSettings().deviceId : '';
    };
    window.toldOff = (kind) => sent.some((one) => one.type === 'media_state' && one[`${kind}_muted`]);
    window.saysOff = (kind) => sent.filter((one) => one.type === 'media_state').at(-1)?.[`${kind}_muted`] ?? false;
}"""
SIGNS = [order for size in (1, 2, 3) for order in permutations(("ended", "devicechange", "mute"), size)]
KINDS = ("audio", "video")
NAMES = {"audio": ("mic-1", "mic-2"), "video": ("cam-1", "cam-2")}
WITHIN_MS = 2_000


class Desk:
    """A page in a call, and the machine under it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def run(self, script: str, argument: Any = None) -> Any:
        return await self.page.evaluate(f"async (given) => {{ {script} }}", argument)

    async def until(self, condition: str) -> None:
        """Within the time that a call may be without a voice."""
        for _ in range(WITHIN_MS // 50):
            if await self.run(f"return Boolean({condition})"):
                return
            await self.page.clock.run_for(50)
        assert await self.run(f"return Boolean({condition})"), f"never: {condition}"


@pytest_asyncio.fixture(loop_scope="module")
async def desk(modules: Page) -> Desk:
    await modules.evaluate(WORLD)
    return Desk(modules)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("signs", SIGNS, ids="-".join)
async def test_another_device_takes_over_whatever_the_browser_tells_of_the_one_that_went(
    desk: Desk, kind: str, signs: tuple[str, ...]
) -> None:
    first, second = NAMES[kind]
    assert await desk.run(f"return live('{kind}')") == first
    await desk.run(
        """window.track = media.devices.capture.tracks[given.kind];
        world.unplug(given.kind);
        for (const sign of given.signs) {
            world[sign](track);
            await Promise.resolve();
        }""",
        {"kind": kind, "signs": signs},
    )
    await desk.until(f"live('{kind}') === '{second}'")
    assert await desk.run(f"return toldOff('{kind}')")
    assert not await desk.run(f"return saysOff('{kind}')")
    other = "video" if kind == "audio" else "audio"
    assert await desk.run(f"return live('{other}') && !toldOff('{other}')")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_device_that_is_plugged_in_again_is_found_with_and_without_a_word_of_the_browser(
    desk: Desk, kind: str
) -> None:
    for word in ("world.devicechange()", ""):
        await desk.run(
            "world.before = world.plugged[given]; world.plugged[given] = [];"
            "world.ended(media.devices.capture.tracks[given])",
            kind,
        )
        await desk.page.clock.run_for(60_000)
        assert await desk.run(f"return media.devices.capture.states.{kind}") == "none"
        assert await desk.run(f"return saysOff('{kind}')")
        await desk.run(f"world.plugged.{kind} = world.before; {word}")
        await desk.until(f"live('{kind}') && !saysOff('{kind}')")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_device_that_another_program_gives_back_is_taken_without_an_event(
    desk: Desk, kind: str
) -> None:
    await desk.run(
        """for (const id of world.plugged[given]) world.faults[id] = 'NotReadableError';
        world.ended(media.devices.capture.tracks[given]);""",
        kind,
    )
    await desk.page.clock.run_for(60_000)
    assert await desk.run(f"return media.devices.capture.states.{kind}") == "busy"
    await desk.run("world.faults = {}")
    await desk.until(f"live('{kind}') && !saysOff('{kind}')")


@pytest.mark.parametrize("kind", KINDS)
async def test_while_one_device_is_held_the_other_one_is_used(desk: Desk, kind: str) -> None:
    await desk.run(
        """const [held] = world.plugged[given];
        world.faults[held] = 'NotReadableError';
        world.ended(media.devices.capture.tracks[given]);""",
        kind,
    )
    await desk.until(f"live('{kind}') === world.plugged.{kind}[1]")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_track_that_falls_silent_and_speaks_again_is_kept_where_there_is_no_other_device(
    desk: Desk, kind: str
) -> None:
    await desk.run(
        """world.plugged[given] = world.plugged[given].slice(0, 1);
        const make = world.track.bind(world);
        world.track = (...of) => {
            const track = make(...of);
            Object.defineProperty(track, 'muted', { configurable: true, value: true });
            return track;
        };
        window.track = media.devices.capture.tracks[given];
        world.mute(track);""",
        kind,
    )
    await desk.page.clock.run_for(30_000)
    assert await desk.run(f"return media.devices.capture.states.{kind}") == "quiet"
    assert await desk.run(f"return saysOff('{kind}')")
    await desk.run("world.silence(track, false)")
    assert await desk.run(f"return media.devices.capture.tracks.{kind} === track && live('{kind}') !== ''")
    assert not await desk.run(f"return saysOff('{kind}')")


async def test_what_is_granted_after_a_refusal_in_the_browser_opens_by_itself(desk: Desk) -> None:
    await desk.run(
        """const statuses = {};
        navigator.permissions.query = async ({ name }) => (statuses[name] = { state: 'denied', onchange: null });
        window.statuses = statuses;
        for (const id of ['mic-1', 'mic-2', 'cam-1', 'cam-2']) world.faults[id] = 'NotAllowedError';
        for (const kind of ['audio', 'video']) world.ended(media.devices.capture.tracks[kind]);"""
    )
    await desk.until("statuses.camera?.onchange && statuses.microphone?.onchange")
    asked = await desk.run("return world.asked.length")
    await desk.page.clock.run_for(60_000)
    assert await desk.run("return world.asked.length") == asked  # nobody is asked again and again
    assert await desk.run("return media.devices.capture.states") == {"audio": "denied", "video": "denied"}
    await desk.run(
        """world.faults = {};
        for (const status of Object.values(statuses)) { status.state = 'granted'; status.onchange(); }"""
    )
    await desk.until("live('audio') && live('video')")


async def test_whoever_presses_for_the_microphone_is_asked_again_after_a_refusal(desk: Desk) -> None:
    await desk.run(
        """for (const id of ['mic-1', 'mic-2']) world.faults[id] = 'NotAllowedError';
        world.ended(media.devices.capture.tracks.audio);"""
    )
    await desk.until("media.devices.capture.states.audio === 'denied'")
    await desk.run("world.faults = {}; media.devices.setMuted(true); media.devices.setMuted(false)")
    await desk.until("live('audio')")


async def test_a_device_given_back_on_purpose_stays_closed_whatever_happens(desk: Desk) -> None:
    await desk.run(
        """const { audio, video } = media.devices.capture.tracks;
        window.asked = world.asked.length;
        media.devices.close();
        for (const track of [audio, video]) { world.mute(track); world.ended(track); }
        world.devicechange();"""
    )
    await desk.page.clock.run_for(10_000)
    assert await desk.run("return world.asked.length === asked")
    assert await desk.run("return media.devices.capture.states") == {"audio": "off", "video": "off"}
