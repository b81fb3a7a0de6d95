"""What a page knows and shows after some messages, from its own state.js and view.js and nothing else of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

RUN = """async ({ page, messages }) => {
    const [{ START, reduce }, { view }] = await Promise.all(
        ['state', 'view'].map((name) => import(`/web/${page}/${name}.js`)));
    let before = START;
    let state = START;
    for (const message of messages) [before, state] = [state, reduce(state, message)];
    return { state, shown: view(state), changed: state !== before };
}"""

Message = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """A page that was told something. ``changed``: by the last message."""

    state: dict[str, Any]
    shown: dict[str, Any]
    changed: bool


async def told(pure: Page, page: str, *messages: Message) -> Told:
    """What ``page`` knows and shows once all messages have come, in their order."""
    return Told(**await pure.evaluate(RUN, {"page": page, "messages": list(messages)}))


def person(participant_id: str, role: str = "station", **more: Any) -> Message:
    """A participant of a consultation, connected."""
    link = {"level": 4, "rtt_ms": None, "loss_ratio": None, "down_kbps": None, "up_kbps": None}
    return {
        "participant_id": participant_id, "role": role, "name": participant_id, "presence": "connected",
        "audio_muted": False, "video_muted": False, "link": link, "site": "", **more,
    }  # fmt: skip


def consultation(state: str, *people: Message, case: str = "case-1", **more: Any) -> Message:
    """A consultation as the server tells it."""
    return {
        "type": "consultation", "consultation_id": case, "state": state, "urgency": "orange", "reason": "",
        "participants": list(people) or [person("station-1"), person("doctor-1", "clinician")], **more,
    }  # fmt: skip


def welcome(participant_id: str, *, resumed: bool = False) -> Message:
    """The first message on a socket."""
    return {"type": "welcome", "participant_id": participant_id, "name": "Dr Traoré", "resumed": resumed}
