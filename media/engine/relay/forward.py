"""Forwards each packet of a publisher's stream to every slot that shows it.

Owns: this step between uplink and downlink. Must never do more: it runs for every packet of every call.
"""

from __future__ import annotations

from media.core.rtp import Codec, Header
from media.engine.relay.inbound import InboundStream


def forward(stream: InboundStream, codec: Codec, header: Header, data: bytes, now_ms: float) -> None:
    """Forward one plain packet of `stream`; a packet of a muted stream only advances the sequence numbers."""
    if stream.muted:
        for out in stream.outputs:
            out.skip(header[3], header[1])
    elif stream.kind == "audio":
        for out in stream.outputs:
            out.forward_audio(codec, header, data, now_ms)
    else:
        for out in stream.outputs:
            out.forward_video(codec, header, data, now_ms)
