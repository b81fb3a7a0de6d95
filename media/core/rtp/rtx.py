"""Retransmission as a separate stream (RFC 4588): wraps packets to retransmit, unwraps those that arrive.

Owns: the RTX payload format: two bytes of original sequence number (OSN), then the original payload (section 4).
Must never decide whether a packet is retransmitted: repair/ does.
"""

from __future__ import annotations

from media.core.rtp.header import FIXED_HEADER_BYTES, MARKER, PADDING, RtpError, compose, parse, payload_end

OSN_BYTES = 2


def wrap(
    packet: bytes, *, ssrc: int, payload_type: int, sequence_number: int, twcc_id: int = 0, twcc_seq: int = 0
) -> bytes:
    """The RTX packet for `packet`, which we sent before. Marker and timestamp stay.

    `ssrc`, `payload_type` and `sequence_number` are those of the RTX stream. Raises RtpError if `packet` is no RTP.
    """
    second_byte, original_sequence_number, timestamp, _, header_len = parse(packet)
    body = bytes((packet[0] & PADDING,)) + original_sequence_number.to_bytes(OSN_BYTES) + packet[header_len:]
    return compose(
        body,
        1,
        second_byte=second_byte & MARKER | payload_type,
        sequence_number=sequence_number,
        timestamp=timestamp,
        ssrc=ssrc,
        twcc_id=twcc_id,
        twcc_seq=twcc_seq,
    )


def unwrap(data: bytes, header_len: int, *, ssrc: int, payload_type: int) -> bytes | None:
    """The original packet inside an RTX packet that passed `rtp.parse`; None for a padding-only probe.

    `ssrc` and `payload_type` are those of the original stream. CSRCs and header extensions stay: the audio level
    belongs to the original packet, the transport-wide number to the RTX packet. Raises RtpError.
    """
    end = payload_end(data, header_len)
    if end == header_len:
        return None
    if end < header_len + OSN_BYTES:
        raise RtpError("no room for the original sequence number")
    return (
        bytes((data[0] & ~PADDING, data[1] & MARKER | payload_type))
        + data[header_len : header_len + OSN_BYTES]
        + data[4:8]
        + ssrc.to_bytes(4)
        + data[FIXED_HEADER_BYTES:header_len]
        + data[header_len + OSN_BYTES : end]
    )
