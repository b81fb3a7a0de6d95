"""What the card of the own devices says of what gives nothing: each by its own cause, nothing that is not so."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

NOTES = """async ([audio, video]) => {
    const { notesFor } = await import('/web/shared/call/devices/notes.js');
    return notesFor(audio, video).map(([title, text, ...more]) => [title.replace('.title', ''), ...more].join(' '));
}"""


@pytest.mark.parametrize(
    ("audio", "video", "notes"),
    [
        ("on", "on", []),
        ("off", "off", []),
        ("on", "busy", ["note.busy.camera note.heard"]),
        ("busy", "on", ["note.busy.mic"]),
        ("busy", "busy", ["note.busy.both"]),
        ("none", "none", ["note.none.both"]),
        ("denied", "denied", ["note.denied.both"]),
        # Nobody is heard already whose microphone is missing too.
        ("none", "busy", ["note.none.mic", "note.busy.camera"]),
        ("denied", "none", ["note.denied.mic", "note.none.camera"]),
        ("quiet", "quiet", ["note.quiet.mic", "note.quiet.camera"]),
    ],
)
async def test_each_device_that_gives_nothing_is_named_with_its_own_cause(
    pure: Page, audio: str, video: str, notes: list[str]
) -> None:
    assert await pure.evaluate(NOTES, [audio, video]) == notes
