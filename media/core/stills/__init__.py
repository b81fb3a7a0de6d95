"""Stills over a leg's data channel: frames, resumable transfers, and a pace that does not delay voice.

Owns: the wire format of stills, sending and receiving from any offset, and the rate of background transfers. Must
never know whose still it is or who may see it: the engine's relay/ does.
"""

from media.core.stills.backgroundrate import MAX_BPS, BackgroundRate
from media.core.stills.stillframes import (
    GOING_MAX,
    NO_SLOT,
    SERVER_IDS,
    STILL_MAX_BYTES,
    Cancel,
    Chunk,
    Done,
    Frame,
    Grant,
    Have,
    Hello,
    Offer,
    StillError,
    StillKind,
    StillMime,
    build,
    parse,
)
from media.core.stills.transfer import CHUNK_OVERHEAD_BYTES, Still, StillReceiver, StillSender, chunk_bytes_at

__all__ = [
    "CHUNK_OVERHEAD_BYTES",
    "GOING_MAX",
    "MAX_BPS",
    "NO_SLOT",
    "SERVER_IDS",
    "STILL_MAX_BYTES",
    "BackgroundRate",
    "Cancel",
    "Chunk",
    "Done",
    "Frame",
    "Grant",
    "Have",
    "Hello",
    "Offer",
    "Still",
    "StillError",
    "StillKind",
    "StillMime",
    "StillReceiver",
    "StillSender",
    "build",
    "chunk_bytes_at",
    "parse",
]
