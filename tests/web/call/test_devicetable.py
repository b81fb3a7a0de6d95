"""The table of a microphone or a camera, played through without any device: every order of what may happen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# A machine with devices, and a clock that jumps from one event to the next.
PLAY = """async (count) => {
    const { START, next, stateOf } = await import('/web/shared/call/devices/devicetable.js');
    const OPENS_MS = 400;
    class Machine {
        device = START; nowMs = 0; due = []; track = null; asked = 0; told = []; stopped = 0; made = 0;
        constructor(count) {
            this.present = Array.from({ length: count }, (_, index) => `d${index}`);
            this.faults = {};
        }
        tell(event) {
            const { device, effects } = next(this.device, event);
            this.device = device;
            for (const effect of effects) this.follow(effect, event.track);
            const state = stateOf(device);
            if (this.told.at(-1)?.state !== state) this.told.push({ state, atMs: this.nowMs });
            return this;
        }
        follow(effect, track) {
            if (effect.do === 'ask') { this.asked += 1; this.later(OPENS_MS, () => this.answer(effect.id)); }
            if (effect.do === 'wait') this.later(effect.ms, () => this.tell({ type: 'due' }), 'wait');
            if (effect.do === 'take') { if (this.track) this.stopped += 1; this.track = track; }
            if (effect.do === 'drop') this.stopped += 1;
            if (effect.do === 'stop') { if (this.track) this.stopped += 1; this.track = null; }
            if (effect.do !== 'wait' && effect.do !== 'drop') this.due = this.due.filter((one) => !one.name);
        }
        later(ms, run, name = '') { this.due.push({ atMs: this.nowMs + ms, run, name }); }
        answer(id) {
            const used = id || this.present[0];
            const others = this.present;
            const silent = this.faults[used] === 'silent';
            const why = !this.present.includes(used) ? 'none' : silent ? undefined : this.faults[used];
            if (why) return this.tell({ type: 'failed', why, others });
            this.made += 1;
            const track = { id: used };
            this.tell({ type: 'got', id: used, silent, others, atMs: this.nowMs, track });
        }
        run(ms) {
            const endMs = this.nowMs + ms;
            for (;;) {
                const soonest = this.due.filter((one) => one.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
                if (!soonest) break;
                this.due.splice(this.due.indexOf(soonest), 1);
                this.nowMs = soonest.atMs;
                soonest.run();
            }
            this.nowMs = endMs;
            return this;
        }
        opened() { return this.tell({ type: 'open' }).run(20_000); }
        get live() { return this.device.phase === 'on' && this.track ? this.track.id : ''; }
        sign(name, track = this.track) {
            const type = { ended: 'gone', listed: 'listed', mute: 'mute', unmute: 'unmute' }[name];
            // Nobody listens any more to a track that was given back.
            if (type !== 'listed' && track !== this.track) return this;
            // The shell looks at the list: a track whose device is not in it is gone.
            const isGone = type === 'listed' && this.track && !this.present.includes(this.track.id);
            return this.tell({ type: isGone ? 'gone' : type, atMs: this.nowMs });
        }
    }
    const without = (names, name) => names.filter((other) => other !== name);
    const orders = (names) => names.length < 2 ? [names]
        : names.flatMap((name) => orders(without(names, name)).map((rest) => [name, ...rest]));
    const some = (names) => names.length === 0 ? []
        : [...orders(names), ...names.flatMap((name) => some(without(names, name)))];
    SCRIPT
}"""


async def played(pure: Page, script: str, count: int = 1) -> Any:
    """What ``script`` returns, played on a machine with ``count`` devices."""
    return await pure.evaluate(PLAY.replace("SCRIPT", script), count)


@pytest.mark.parametrize("count", [2, 3])
async def test_a_device_that_goes_is_replaced_within_two_seconds_in_any_order_and_at_any_distance(
    pure: Page, count: int
) -> None:
    bad = await played(
        pure,
        """const bad = [];
        const distances = [0, 100, 300, 600];
        const plays = some(['ended', 'listed', 'mute']).flatMap((order) => distances.map((ms) => [order, ms]));
        for (const [order, apartMs] of plays) {
            const one = new Machine(count).opened();
            const { track } = one;
            one.told = [];
            one.present = one.present.slice(1);
            const endMs = one.nowMs + 2_000;
            for (const sign of order) one.sign(sign, track).run(apartMs);
            one.run(endMs - one.nowMs);
            const isTold = one.told.some(({ state }) => state !== 'on');
            if (one.live !== 'd1' || !isTold || one.stopped !== one.made - 1) bad.push([order, apartMs, one.told]);
        }
        return bad;""",
        count,
    )
    assert bad == []


@pytest.mark.parametrize("count", [2, 3])
async def test_devices_that_go_one_after_the_other_are_replaced_until_the_last(
    pure: Page, count: int
) -> None:
    found = await played(
        pure,
        """const one = new Machine(count).opened(), lived = [];
        while (one.present.length) {
            lived.push(one.live);
            one.present = one.present.slice(1);
            one.sign('ended').run(2_000);
        }
        return { lived, at: one.device.phase, told: one.told.at(-1).state };""",
        count,
    )
    assert found == {"lived": [f"d{number}" for number in range(count)], "at": "missing", "told": "none"}


@pytest.mark.parametrize("fault", ["busy", "none", "silent"])
async def test_a_device_that_is_given_back_without_an_event_is_found_within_two_seconds_however_late(
    pure: Page, fault: str
) -> None:
    late = await played(
        pure,
        f"""const late = [];
        for (let offMs = 0; offMs < 12_000; offMs += 170) {{
            const one = new Machine(1).opened();
            one.faults.d0 = '{fault}';
            one.sign('{"mute" if fault == "silent" else "ended"}').run(offMs);
            one.faults = {{}};
            if (!one.run(2_000).live) late.push(offMs);
        }}
        return late;""",
    )
    assert late == []


async def test_a_silent_or_held_device_gives_way_to_any_other_that_works(pure: Page) -> None:
    lived = await played(
        pure,
        """return ['silent', 'busy'].map((fault) => {
            const one = new Machine(3).opened();
            one.faults = { d0: fault, d1: fault };
            return one.sign(fault === 'silent' ? 'mute' : 'ended').run(2_000).live;
        });""",
    )
    assert lived == ["d2", "d2"]


async def test_a_broken_device_is_not_asked_for_more_than_once_in_its_wait(pure: Page) -> None:
    asked = await played(
        pure,
        """const one = new Machine(1).opened();
        const before = one.asked;
        // It opens, and its track ends at once, for a minute.
        for (let tenths = 0; tenths < 600; tenths += 1) {
            if (one.live) one.sign('ended');
            one.run(100);
        }
        return one.asked - before;""",
    )
    assert asked <= 40


async def test_a_refusal_waits_for_the_permission_or_for_a_press(pure: Page) -> None:
    found = await played(
        pure,
        """const one = new Machine(1);
        one.faults.d0 = 'denied';
        one.opened();
        const asked = one.asked;
        one.sign('listed').run(60_000);
        const waited = one.asked === asked && one.told.at(-1).state;
        one.faults = {};
        const granted = one.tell({ type: 'granted' }).run(1_000).live;
        const two = new Machine(1);
        two.faults.d0 = 'denied';
        two.opened().faults = {};
        return [waited, granted, two.tell({ type: 'open' }).run(1_000).live];""",
    )
    assert found == ["denied", "d0", "d0"]


async def test_what_is_given_back_while_the_browser_is_asked_does_not_stay_open(pure: Page) -> None:
    found = await played(
        pure,
        """const one = new Machine(1).tell({ type: 'open' }).tell({ type: 'close' }).run(5_000);
        const closed = [one.track, one.stopped, one.made];
        const two = new Machine(1).tell({ type: 'open' }).tell({ type: 'close' }).tell({ type: 'open' }).run(5_000);
        return [...closed, two.live, two.asked];""",
    )
    assert found == [None, 1, 1, "d0", 1]


async def test_nobody_is_told_that_a_device_is_missing_before_it_was_asked_for(pure: Page) -> None:
    told = await played(
        pure, "return new Machine(1).tell({ type: 'open' }).run(5_000).told.map((one) => one.state)"
    )
    assert told == ["off", "on"]
