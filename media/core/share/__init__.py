"""What each of several receivers gets from one publisher: simulcast, temporal layers, lower copies, loudest voices.

Owns: the rules by which receivers with different links share one publisher, and the messages to a downscaler
worker. Must never touch a packet or a process: the engine's share/ and copies/ carry the rules out.
"""

from media.core.share.copymessages import (
    Done,
    Kind,
    Message,
    MessageError,
    MessageReader,
    Open,
    Picture,
    Retarget,
    Simple,
    SourceFrame,
    Target,
    encode,
)
from media.core.share.copyrule import COPY_MAX_BPS, CopyView, LowerCopyRule, SourceView
from media.core.share.group import GROUP_WATCHERS_MIN
from media.core.share.layerfilter import LayerFilter, layer_of
from media.core.share.layermode import ALL_LAYERS, LAYER_MODE, LAYERED_CODECS, with_layers
from media.core.share.layerrule import LayerChoice, LayerRule, LayerView, room_with_layers
from media.core.share.loudest import SILENCE, VOICES_HEARD, LoudestVoices, level_of, too_many_voices
from media.core.share.noroomrule import NoRoomRule, NoRoomView
from media.core.share.simulcastrule import SimulcastRule, SimulcastView, UplinkView
from media.core.share.smallpicture import small_picture_for, small_video

__all__ = [
    "ALL_LAYERS",
    "COPY_MAX_BPS",
    "GROUP_WATCHERS_MIN",
    "LAYERED_CODECS",
    "LAYER_MODE",
    "SILENCE",
    "VOICES_HEARD",
    "CopyView",
    "Done",
    "Kind",
    "LayerChoice",
    "LayerFilter",
    "LayerRule",
    "LayerView",
    "LoudestVoices",
    "LowerCopyRule",
    "Message",
    "MessageError",
    "MessageReader",
    "NoRoomRule",
    "NoRoomView",
    "Open",
    "Picture",
    "Retarget",
    "Simple",
    "SimulcastRule",
    "SimulcastView",
    "SourceFrame",
    "SourceView",
    "Target",
    "UplinkView",
    "encode",
    "layer_of",
    "level_of",
    "room_with_layers",
    "small_picture_for",
    "small_video",
    "too_many_voices",
    "with_layers",
]
