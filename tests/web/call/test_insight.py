"""Who speaks, whose turn it is, and whose link is thin: judged from numbers, shown in words."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

LINK = {"level": 2, "rtt_ms": 700, "loss_ratio": 0, "down_kbps": 40, "up_kbps": 40}
KAYES = {
    "participant_id": "st", "role": "station", "name": "Poste 1", "site": "Kayes", "presence": "connected",
    "audio_muted": False, "video_muted": False, "link": LINK, "rung_down": "voice", "rung_up": "voice",
    "rung_reason": "link",
}  # fmt: skip

# The loudness of the own microphone and of the other's voice is the test's to set; stats come every 150 ms.
SETUP = """async ([link, other]) => {
    const { startLanguage } = await import('/web/shared/base/i18n.js');
    await startLanguage();
    const { Insight } = await import('/web/shared/call/view/insight.js');
    const sound = { own: 0, other: 0 };
    const sums = { own: 0, other: 0, seconds: 0 };
    const devices = {
        muted: false, chosen: [],
        preferences: { audio_only: false, save_data: false, profile: 'face' },
        choose(change) { this.chosen.push(change); Object.assign(this.preferences, change); insight.panel.show(); },
    };
    const leg = {
        stats: async () => {
            sums.seconds += 0.15;
            sums.own += 0.15 * sound.own ** 2;
            sums.other += 0.15 * sound.other ** 2;
            const audio = { kind: 'audio', totalSamplesDuration: sums.seconds };
            return new Map([
                ['a', { ...audio, id: 'a', type: 'media-source', totalAudioEnergy: sums.own }],
                ['b', { ...audio, id: 'b', type: 'inbound-rtp', trackIdentifier: 't',
                    totalAudioEnergy: sums.other }],
            ]);
        },
    };
    const tile = {
        participant: other, voiceTrack: 't', speaks: null,
        showVoice(level, speaks) { this.speaks = speaks; },
    };
    const make = (tag) => document.body.appendChild(document.createElement(tag));
    const root = make('section');
    const facts = root.appendChild(document.createElement('div'));
    const qualityButton = make('button');
    const own = { root, facts, ownBox: make('div'), qualityButton, profiles: true };
    const insight = new Insight({ devices, leg }, own);
    insight.start(() => ({ tiles: [tile], quality: link }));
    const cue = () => !insight.turnCue.hidden;
    const said = () => root.querySelector('.rung').checkVisibility() ? root.querySelector('.rung').innerText : '';
    Object.assign(window, { insight, devices, sound, tile, cue, said, other, qualityButton });
}"""


class Talk:
    """The insight of a page, driven by loudness and time."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def run(self, script: str, argument: Any = None) -> Any:
        return await self.page.evaluate(f"async (given) => {{ {script} }}", argument)

    async def sound(self, ms: int, *, own: float = 0.0, other: float = 0.0) -> None:
        """Both microphones like this for so long; the page's clock is ours."""
        await self.run("Object.assign(sound, given)", {"own": own, "other": other})
        for _ in range(ms // 50):
            await self.page.clock.run_for(50)
            await self.run("await 0")

    async def cue(self) -> bool:
        return bool(await self.run("return cue()"))

    async def said(self, **rungs: str) -> str:
        return str(await self.run("insight.showRungs(given, [other]); return said()", rungs))


async def talk(page: Page, rtt_ms: int = 700) -> Talk:
    link = LINK | {"rtt_ms": rtt_ms}
    await page.evaluate(SETUP, [link, KAYES | {"link": link}])
    return Talk(page)


async def test_a_voice_is_seen_while_it_sounds_and_a_pause_later_no_more(modules: Page) -> None:
    one = await talk(modules)
    await one.sound(600, other=0.1)
    assert await one.run("return tile.speaks") is True
    await one.sound(900)
    assert await one.run("return tile.speaks") is False


async def test_a_quiet_room_is_no_voice(modules: Page) -> None:
    one = await talk(modules)
    await one.sound(1_000, own=0.003, other=0.003)
    assert await one.run("return [tile.speaks, insight.ownSpeaks.hidden]") == [False, True]


async def test_the_own_voice_is_seen_unless_muted(modules: Page) -> None:
    one = await talk(modules)
    await one.sound(600, own=0.1)
    assert await one.run("return insight.ownSpeaks.hidden") is False
    await one.run("devices.muted = true")
    await one.sound(900, own=0.1)
    assert await one.run("return insight.ownSpeaks.hidden") is True


async def test_after_the_own_last_word_one_is_asked_to_wait_until_an_answer_can_be_here(
    modules: Page,
) -> None:
    one = await talk(modules, rtt_ms=700)
    await one.sound(600, own=0.1)
    assert not await one.cue()
    await one.sound(700)
    assert await one.cue()
    await one.sound(2_000)  # 1.4 s there and back, and a breath
    assert not await one.cue()


async def test_the_answer_ends_the_wait(modules: Page) -> None:
    one = await talk(modules)
    await one.sound(600, own=0.1)
    await one.sound(700)
    assert await one.cue()
    await one.sound(450, other=0.1)
    assert not await one.cue()


async def test_over_a_short_way_nobody_is_asked_to_wait(modules: Page) -> None:
    one = await talk(modules, rtt_ms=100)
    await one.sound(600, own=0.1)
    for _ in range(8):
        await one.sound(150)
        assert not await one.cue()


async def test_the_end_of_a_call_leaves_nothing_on_the_screen(modules: Page) -> None:
    one = await talk(modules)
    await one.sound(600, own=0.1)
    await one.sound(700)
    await one.run("insight.stop()")
    await one.sound(600, own=0.1)
    assert await one.run("return [insight.turnCue.hidden, insight.ownSpeaks.hidden]") == [True, True]


async def test_the_other_ends_thin_link_is_named_by_its_place(modules: Page) -> None:
    one = await talk(modules)
    text = await one.said(down="voice", up="voice", reason="other_side")
    assert "Voix seule" in text
    assert "liaison mince côté Kayes" in text


async def test_the_own_thin_link_and_the_own_choice_are_told_as_such(modules: Page) -> None:
    one = await talk(modules)
    assert "liaison mince ici" in await one.said(down="voice-thin", up="voice-thin", reason="link")
    assert "votre choix" in await one.said(down="voice", up="voice", reason="pinned")


async def test_a_camera_that_gives_nothing_is_not_called_switched_off(modules: Page) -> None:
    one = await talk(modules)
    rungs = {"down": "voice", "up": "voice", "reason": "camera_off"}
    assert "votre caméra est coupée" in await one.said(**rungs)
    text = str(await one.run("insight.showRungs(given, [other], true); return said()", rungs))
    assert "votre caméra ne donne pas d’image" in text
    theirs = "{ ...other, rung_reason: 'camera_off', video_fault: given }"
    for fault, words in (
        ("busy", "la caméra ne donne pas d’image côté Kayes"),
        (None, "caméra coupée côté Kayes"),
    ):
        given = "{ down: 'voice', up: 'voice', reason: 'other_side' }"
        script = f"insight.showRungs({given}, [{theirs}]); return said()"
        assert words in str(await one.run(script, fault))


async def test_two_directions_are_told_apart_and_a_good_picture_needs_no_reason(modules: Page) -> None:
    one = await talk(modules)
    text = await one.said(down="video", up="voice", reason="link")
    assert "Reçu" in text
    assert "Envoyé" in text
    good = await one.said(down="video", up="video", reason="link")
    assert "mince" not in good
    assert "Reçu" not in good


async def test_rungs_are_announced_politely_as_a_whole(modules: Page) -> None:
    await talk(modules)
    line = modules.locator(".rung")
    assert await line.get_attribute("role") == "status"
    assert await line.get_attribute("aria-atomic") == "true"


async def test_the_panel_is_worked_with_the_keyboard_alone(modules: Page) -> None:
    one = await talk(modules)
    await one.run("insight.panel.open()")
    await modules.keyboard.press("Enter")
    assert await modules.locator("[data-action=audio-only]").get_attribute("aria-pressed") == "true"
    await modules.keyboard.press("Tab")
    await modules.keyboard.press("Space")
    assert await modules.locator("[data-action=save-data]").get_attribute("aria-pressed") == "true"
    await modules.keyboard.press("Tab")
    await modules.keyboard.press("ArrowDown")
    await modules.keyboard.press("ArrowDown")
    chosen = [{"audio_only": True}, {"save_data": True}, {"profile": "detail"}, {"profile": "motion"}]
    assert await one.run("return devices.chosen") == chosen
    await modules.keyboard.press("Escape")
    assert not await modules.locator("#quality").is_visible()
    assert await one.run("return document.activeElement === qualityButton") is True
