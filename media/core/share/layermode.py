"""The one mode of temporal layers that we use: L1T3 of W3C webrtc-svc.

Owns: the facts about this mode, and which codecs have it. Must never decide who gets layers: layerrule.py does.
"""

from __future__ import annotations

from dataclasses import replace

from media.core.parameters import SendParameters
from media.core.rtp import Codec

# Three temporal layers in one stream, in the pattern 0 2 1 2: a quarter, a half and all of the frames.
LAYER_MODE = "L1T3"
ALL_LAYERS = 2
# For each layer, the share of bits of all layers up to it, as libwebrtc allocates them to three layers.
BIT_SHARES = (0.4, 0.6, 1.0)
LAYERED_CODECS = (Codec.AV1.value, Codec.VP9.value, Codec.VP8.value)


def with_layers(parameters: SendParameters, mode: str | None) -> SendParameters:
    """`parameters` with this scalabilityMode, if the codec has such layers."""
    video = parameters.video
    if mode is None or not video.active or video.codec not in LAYERED_CODECS:
        return parameters
    return replace(parameters, video=replace(video, scalability_mode=mode))
