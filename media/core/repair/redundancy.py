"""What voice costs on the wire, and whether it pays to send voice twice (RED, RFC 2198).

Owns: the rate of a voice with its headers, and the rule when redundancy pays. Must never touch a packet: red.py
does.
"""

from __future__ import annotations

from media.core.parameters import AudioSend

# IPv4 20, UDP 8, RTP 12, SRTP tag 10, header extensions of a browser (transport-wide number, mid, level) at most
# 14.
PACKET_OVERHEAD_BYTES = 64
# One redundant block: a header of four bytes, and one byte for the primary block (RFC 2198 section 3).
RED_HEADER_BYTES = 5

# From this loss on, people hear it: at 17 packets/s one lost packet every 12 s.
RED_ON_LOSS = 0.005
RED_OFF_LOSS = 0.001
# Voice sent twice takes 41 kbit/s. Below 80 kbit/s it displaces the picture (30 kbit/s and headers), which is too
# much for a little loss. Much loss is worth it, because voice comes first; but below 60 kbit/s voice itself queues.
RED_MIN_BPS = 80_000
RED_KEEP_BPS = 70_000
MUCH_LOSS = 0.03
MUCH_LOSS_KEEP = 0.015
RED_MUCH_LOSS_MIN_BPS = 60_000
RED_MUCH_LOSS_KEEP_BPS = 50_000
# On this link redundancy costs a sixth of the rate, so it is used even without loss.
RED_AT_ONCE_BPS = 100_000
RED_AT_ONCE_KEEP_BPS = 85_000

# (least known rate in bit/s, least loss): redundancy pays if one row fits.
RULE_WHILE_OFF = ((RED_AT_ONCE_BPS, 0.0), (RED_MIN_BPS, RED_ON_LOSS), (RED_MUCH_LOSS_MIN_BPS, MUCH_LOSS))
RULE_WHILE_ON = (
    (RED_AT_ONCE_KEEP_BPS, 0.0),
    (RED_KEEP_BPS, RED_OFF_LOSS),
    (RED_MUCH_LOSS_KEEP_BPS, MUCH_LOSS_KEEP),
)


def voice_wire_bps(audio: AudioSend) -> int:
    """The rate of such a voice while somebody speaks, all headers included, in bit/s."""
    packet_bytes = PACKET_OVERHEAD_BYTES
    bitrate_bps = audio.max_bitrate_bps
    if audio.red:
        packet_bytes += RED_HEADER_BYTES
        bitrate_bps *= 2
    return round(bitrate_bps + packet_bytes * 8 * 1000 / audio.ptime_ms)


# The default voice, without and with redundancy.
PLAIN_VOICE_BPS = voice_wire_bps(AudioSend())
RED_VOICE_BPS = voice_wire_bps(AudioSend(red=True))


def redundancy_pays(loss_ratio: float, known_bps: float, *, was_on: bool) -> bool:
    """Whether to send voice with redundancy, on a link with this loss (0 to 1) and this known rate (bit/s).

    The caller makes sure that congestion does not cause the loss.
    """
    rule = RULE_WHILE_ON if was_on else RULE_WHILE_OFF
    return any(known_bps >= least_bps and loss_ratio >= least_loss for least_bps, least_loss in rule)
