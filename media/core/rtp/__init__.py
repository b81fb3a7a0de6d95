"""RTP and RTCP as bytes: headers, RTX, RED, rewriting, the packet cache, codecs and packetizing.

Owns: everything that reads or writes the bytes of a packet or of a frame (RFC 3550, 4588, 2198, 7741). Must never
know a leg, a rate or a quality, nor decide anything: the packages above do.
"""

from media.core.rtp import red, rtcp, rtx
from media.core.rtp.cache import PacketCache
from media.core.rtp.codecs import Codec, is_keyframe
from media.core.rtp.depacketize import DepacketizeError, frame_of, starts_frame
from media.core.rtp.frameassembly import MAX_WAITING_PACKETS, Frame, FrameAssembler
from media.core.rtp.header import (
    COMPOSED_HEADER_MAX_BYTES,
    FIXED_HEADER_BYTES,
    MARKER,
    MAX_ONE_BYTE_EXTENSION_ID,
    Header,
    RestartDetector,
    RtpError,
    SequenceUnwrapper,
    build,
    compose,
    extension_u8,
    extension_u16,
    find_extension,
    is_rtcp,
    parse,
    payload_end,
    seq_delta,
    ts_delta,
)
from media.core.rtp.packetize import vp8_payloads
from media.core.rtp.red import RedError, RedReceiver, RedSender
from media.core.rtp.rewrite import StreamRewriter

__all__ = [
    "COMPOSED_HEADER_MAX_BYTES",
    "FIXED_HEADER_BYTES",
    "MARKER",
    "MAX_ONE_BYTE_EXTENSION_ID",
    "MAX_WAITING_PACKETS",
    "Codec",
    "DepacketizeError",
    "Frame",
    "FrameAssembler",
    "Header",
    "PacketCache",
    "RedError",
    "RedReceiver",
    "RedSender",
    "RestartDetector",
    "RtpError",
    "SequenceUnwrapper",
    "StreamRewriter",
    "build",
    "compose",
    "extension_u8",
    "extension_u16",
    "find_extension",
    "frame_of",
    "is_keyframe",
    "is_rtcp",
    "parse",
    "payload_end",
    "red",
    "rtcp",
    "rtx",
    "seq_delta",
    "starts_frame",
    "ts_delta",
    "vp8_payloads",
]
