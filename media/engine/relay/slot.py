"""One receive slot of a leg: a place for one other participant's voice and picture, fixed in the first offer.

Owns: the slot's two subscriptions and their sources. Must never choose who is shown: rooms.py does.
"""

from __future__ import annotations

from collections.abc import Callable

from media.engine.relay.inbound import InboundStream
from media.engine.relay.outbound import LinkBelow, OutboundStream
from media.engine.transport.answer import SlotSources
from media.engine.transport.offer import SlotLines


class Slot:
    """One receive slot: an audio and a video stream that show one other participant."""

    def __init__(
        self,
        index: int,
        downlink: LinkBelow,
        lines: SlotLines,
        sources: SlotSources,
        random_number: Callable[[int], int],
    ) -> None:
        def numbers() -> tuple[int, int, int]:
            # Sequence numbers start below 2^15 (libsrtp roll-over), and not at 0, so that a previous number exists.
            return 1 + random_number(0x7FFE), random_number(2**32), 1 + random_number(0x7FFE)

        self.index = index
        self.audio_mid = lines.audio.mid
        self.video_mid = lines.video.mid
        self.audio = OutboundStream(downlink, lines.audio, sources.audio_ssrc, 0, numbers())
        self.video = OutboundStream(
            downlink, lines.video, sources.video_ssrc, sources.video_rtx_ssrc, numbers()
        )
        self.source_leg_id: str | None = None

    def show(self, leg_id: str, audio: InboundStream, video: InboundStream | None) -> None:
        """Show another participant from now on; ``video`` is None if no picture is wanted."""
        self.source_leg_id = leg_id
        self.audio.attach(audio)
        if video is not None:
            self.video.attach(video)

    def clear(self) -> None:
        """Show nobody."""
        self.source_leg_id = None
        self.audio.attach(None)
        self.video.attach(None)
