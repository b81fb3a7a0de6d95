"""What several receivers get of one source: simulcast, temporal layers, a lower copy, the loudest voices.

Owns: the rules by which receivers on unlike links share one publisher, and the messages to a downscaler worker.
Must never touch a packet or a process: the engine's share/ and copies/ carry the rules out.
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
from media.core.share.copyrule import (
    COPY_MAX_BPS,
    GROUP_WATCHERS_MIN,
    LowerCopyRule,
    SourceView,
    picture_for_copy,
)
from media.core.share.layerfilter import ALL_LAYERS, LAYERED, MODE, LayerFilter, layer_of, with_layers
from media.core.share.layerrule import LayerChoice, LayerRule, room_with_layers
from media.core.share.loudest import SILENCE, VOICES_HEARD, LoudestVoices, level_of, too_many_voices
from media.core.share.noroomrule import NoRoomRule
from media.core.share.simulcastrule import SimulcastRule, UplinkView, low_picture

__all__ = [
    "ALL_LAYERS",
    "COPY_MAX_BPS",
    "GROUP_WATCHERS_MIN",
    "LAYERED",
    "MODE",
    "SILENCE",
    "VOICES_HEARD",
    "Done",
    "Kind",
    "LayerChoice",
    "LayerFilter",
    "LayerRule",
    "LoudestVoices",
    "LowerCopyRule",
    "Message",
    "MessageError",
    "MessageReader",
    "NoRoomRule",
    "Open",
    "Picture",
    "Retarget",
    "Simple",
    "SimulcastRule",
    "SourceFrame",
    "SourceView",
    "Target",
    "UplinkView",
    "encode",
    "layer_of",
    "level_of",
    "low_picture",
    "picture_for_copy",
    "room_with_layers",
    "too_many_voices",
    "with_layers",
]
