"""What the view of a call shows follows from what it was told: no call, no clock, no page."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

LINK = {"level": 2, "rtt_ms": 700, "loss_ratio": 0, "down_kbps": 40, "up_kbps": 40}


def person(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "participant_id": name, "role": "station", "name": name, "site": "Kayes", "presence": "connected",
        "audio_muted": False, "video_muted": False, "link": LINK, "rung_down": None, "rung_up": None,
        "rung_reason": None, **changes,
    }  # fmt: skip


def shown(state: str = "in_call", now_ms: int = 0, call_id: str = "c", **changes: Any) -> dict[str, Any]:
    """The consultation of `me` and `post` on the screen; a set is written as a list."""
    call = {
        "type": "consultation", "consultation_id": call_id, "state": state, "urgency": "red", "reason": "fever",
        "participants": [person("me"), person("post", **changes)],
    }  # fmt: skip
    return {"type": "shown", "call": call, "selfId": "me", "nowMs": now_ms, "flowing": []}


def devices(**changes: Any) -> dict[str, Any]:
    own = {"muted": False, "cameraRests": False, "microphone": "on", "camera": "on"}
    return {"type": "devices", "own": own | changes}


def tick(now_ms: int, *flowing: str) -> dict[str, Any]:
    return {"type": "tick", "nowMs": now_ms, "flowing": list(flowing)}


CONNECTED = {"type": "leg", "condition": "connected"}
RUNGS = {"type": "rungs", "leg_id": "l", "down": "video", "up": "voice", "reason": "link"}
LEFT = {"type": "hidden"}


async def seen(page: Page, *messages: dict[str, Any]) -> dict[str, Any]:
    """What is on the screen after these messages."""
    found: dict[str, Any] = await page.evaluate(
        """async (messages) => {
            const { START, reduce, view } = await import('/web/shared/call/view/callstate.js');
            const sets = (one) => ('flowing' in one ? { ...one, flowing: new Set(one.flowing) } : one);
            return view(messages.map(sets).reduce(reduce, START));
        }""",
        list(messages),
    )
    return found


async def test_nothing_is_shown_before_a_call(pure: Page) -> None:
    found = await seen(pure, devices())
    assert (found["people"], found["about"], found["seconds"], found["rungs"]) == ([], None, None, None)
    assert found["ownPicture"] == {"shown": False, "there": True}


async def test_the_others_are_shown_and_oneself_is_not(pure: Page) -> None:
    (other,) = (await seen(pure, shown()))["people"]
    assert other["participant"]["participant_id"] == "post"
    assert other["name"] == "Kayes · post"


async def test_a_place_that_is_called_like_its_site_is_named_once(pure: Page) -> None:
    (other,) = (await seen(pure, shown(site="post")))["people"]
    assert other["name"] == "post"


@pytest.mark.parametrize(
    ("changes", "flowing", "keys", "picture"),
    [
        ({"presence": "reconnecting", "audio_muted": True}, True, ["tile.reconnecting"], False),
        ({"presence": "away"}, False, ["tile.away"], False),
        ({"audio_muted": True, "video_muted": True}, False, ["tile.muted", "tile.no_camera"], False),
        ({"audio_muted": True}, False, ["tile.muted"], False),
        ({"video_muted": True}, True, ["tile.no_camera"], False),
        ({"video_muted": True, "video_fault": "busy"}, False, ["preview.busy"], False),
        ({"audio_muted": True, "audio_fault": "none"}, True, ["mic.none"], True),
        (
            {"audio_muted": True, "audio_fault": "denied", "video_muted": True, "video_fault": "quiet"},
            False,
            ["mic.denied", "preview.quiet"],
            False,
        ),
        ({}, False, ["tile.voice"], False),
        ({}, True, [], True),
    ],
)
async def test_what_is_not_as_it_should_be_with_another_is_said_by_its_cause(
    pure: Page, changes: dict[str, Any], flowing: bool, keys: list[str], picture: bool
) -> None:
    (other,) = (await seen(pure, shown(**changes), tick(1, *(["post"] if flowing else []))))["people"]
    assert [state["key"] for state in other["states"]] == keys
    # Who comes back may still be seen for a moment.
    assert other["hasPicture"] == (picture or (flowing and changes.get("presence") == "reconnecting"))


@pytest.mark.parametrize(
    ("messages", "key"),
    [
        ([shown("accepted")], "banner.connecting"),
        ([shown(), {"type": "leg", "condition": "connecting"}], "banner.connecting"),
        ([shown(), {"type": "leg", "condition": "disconnected"}], "banner.reconnecting"),
        ([shown("interrupted"), {"type": "leg", "condition": "connecting"}], "banner.reconnecting"),
        ([shown("interrupted"), CONNECTED], "banner.other_away"),
        ([shown(), CONNECTED, {"type": "server_away", "away": True}], "banner.server_away"),
        ([shown(), CONNECTED, devices()], ""),
    ],
)
async def test_the_banner_says_the_one_thing_to_know_first(
    pure: Page, messages: list[dict[str, Any]], key: str
) -> None:
    assert (await seen(pure, *messages))["banner"]["keys"] == ([key] if key else [])


@pytest.mark.parametrize(
    ("own", "keys", "picture"),
    [
        ({"microphone": "denied", "muted": True}, ["banner.mic.denied"], "mic-off"),
        ({"microphone": "busy"}, ["banner.mic.busy"], "mic-off"),
        ({"muted": True}, ["banner.muted"], "mic-off"),
        ({"camera": "busy"}, ["banner.camera.busy"], "camera-off"),
        (
            {"muted": True, "cameraRests": True, "camera": "off"},
            ["banner.muted", "banner.camera_off"],
            "mic-off",
        ),
        ({"microphone": "none", "camera": "none"}, ["banner.mic.none", "banner.camera.none"], "mic-off"),
        ({"muted": True, "camera": "quiet"}, ["banner.muted", "banner.camera.quiet"], "mic-off"),
        ({"cameraRests": True, "camera": "off"}, [], "clock"),
    ],
)
async def test_one_is_told_of_all_that_the_others_do_not_hear_and_see_and_why(
    pure: Page, own: dict[str, Any], keys: list[str], picture: str
) -> None:
    banner = (await seen(pure, shown(), CONNECTED, devices(**own)))["banner"]
    assert banner == {"keys": keys, "picture": picture}


async def test_whoever_is_seen_standing_still_is_told(pure: Page) -> None:
    frozen, moving = ({"type": "frozen", "on": on} for on in (True, False))
    call = [shown(), CONNECTED, devices()]
    assert (await seen(pure, *call, frozen))["banner"] == {
        "keys": ["banner.frozen"],
        "picture": "camera-off",
    }
    assert (await seen(pure, *call, frozen, devices(camera="busy")))["banner"]["keys"] == [
        "banner.camera.busy"
    ]
    assert (await seen(pure, *call, frozen, moving))["banner"]["keys"] == []
    assert (await seen(pure, *call, frozen, LEFT, *call))["banner"]["keys"] == []


async def test_the_clock_runs_from_the_first_moment_together_and_not_through_another_call(
    pure: Page,
) -> None:
    met = [shown("accepted", 500), shown("in_call", 1_000), shown("interrupted", 3_000)]
    assert (await seen(pure, met[0]))["seconds"] is None
    assert (await seen(pure, *met, tick(6_000)))["seconds"] == 5
    assert (await seen(pure, *met, shown("in_call", 8_000, call_id="d"), tick(9_000)))["seconds"] == 1
    assert (await seen(pure, *met, LEFT))["seconds"] is None


async def test_the_rungs_are_shown_towards_somebody_who_is_there(pure: Page) -> None:
    assert (await seen(pure, shown(), RUNGS))["rungs"] == RUNGS
    assert (await seen(pure, shown(presence="away"), RUNGS))["rungs"] is None
    assert (await seen(pure, shown("interrupted"), RUNGS))["rungs"] is None
    assert (await seen(pure, shown(), RUNGS, LEFT, shown()))["rungs"] is None


async def test_what_the_call_used_is_shown_in_whole_kilobits_and_forgotten_with_it(pure: Page) -> None:
    used = {"type": "used", "facts": {"downKbps": 23.6, "upKbps": 11.2, "totalBytes": 1_000}}
    assert (await seen(pure, shown(), used))["use"] == {"downKbps": 24, "upKbps": 11, "totalBytes": 1_000}
    assert (await seen(pure, used))["use"] is None
    assert (await seen(pure, shown(), used, LEFT))["use"] is None


async def test_a_tap_is_asked_for_while_the_browser_is_silent_and_somebody_is_there(pure: Page) -> None:
    silent, loud = ({"type": "sound", "blocked": blocked} for blocked in (True, False))
    assert (await seen(pure, shown(), silent))["tapToHear"]
    assert not (await seen(pure, shown(), silent, loud))["tapToHear"]
    alone = shown()
    alone["call"]["participants"].pop()
    assert not (await seen(pure, shown(), silent, alone, shown()))["tapToHear"]


@pytest.mark.parametrize(
    ("own", "control", "picture", "key", "pressed"),
    [
        ({}, "mute", "mic", "call.mute", False),
        ({"muted": True}, "mute", "mic-off", "call.unmute", True),
        ({"microphone": "none"}, "mute", "mic-off", "call.mic_again", False),
        ({"microphone": "none", "muted": True}, "mute", "mic-off", "call.unmute", True),
        ({"camera": "busy"}, "camera", "camera-off", "call.camera_again", False),
        ({}, "camera", "camera", "call.camera_off", False),
        ({"cameraRests": True}, "camera", "camera-off", "call.camera_on", True),
    ],
)
async def test_a_control_says_what_a_press_will_do(
    pure: Page, own: dict[str, Any], control: str, picture: str, key: str, pressed: bool
) -> None:
    expected = {"picture": picture, "key": key, "pressed": pressed}
    assert (await seen(pure, devices(**own)))[control] == expected


async def test_what_is_known_already_changes_nothing(pure: Page) -> None:
    script = """async (message) => {
        const { START, reduce } = await import('/web/shared/call/view/callstate.js');
        const once = reduce(START, message);
        return once !== START && reduce(once, message) === once;
    }"""
    assert await pure.evaluate(script, devices())
    assert await pure.evaluate(script, CONNECTED)


AWAY = {"type": "server_away", "away": True}


def used(down_kbps: float) -> dict[str, Any]:
    return {"type": "used", "facts": {"downKbps": down_kbps, "upKbps": 9, "totalBytes": 1}}


@pytest.mark.parametrize(
    ("messages", "unheard", "picture", "banner"),
    [
        ([CONNECTED], False, "mic", ""),
        ([{"type": "leg", "condition": "disconnected"}], True, "mic-off", "banner.reconnecting"),
        ([{"type": "leg", "condition": "connecting"}], True, "mic-off", "banner.connecting"),
        # The socket alone is away: what the others send still comes.
        ([CONNECTED, AWAY, used(12.0)], False, "mic", "banner.server_away"),
        ([CONNECTED, AWAY, used(0)], True, "mic-off", "banner.reconnecting"),
        ([CONNECTED, used(0)], False, "mic", ""),
    ],
)
async def test_an_open_microphone_that_nobody_hears_is_not_shown_as_open(
    pure: Page, messages: list[dict[str, Any]], unheard: bool, picture: str, banner: str
) -> None:
    found = await seen(pure, devices(), shown(), *messages)
    assert (found["unheard"], found["mute"]["picture"], found["banner"]["keys"]) == (
        unheard,
        picture,
        [banner] if banner else [],
    )
    assert found["mute"]["pressed"] is False
