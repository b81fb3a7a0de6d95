"""Frames into RTP payloads, as browsers write them, for the codecs that the server only reads."""

from __future__ import annotations

from media.core.rtp import Codec, vp8_payloads


def payloads_of(codec: Codec, frame: bytes, index: int, size: int = 1_000) -> list[bytes]:
    """The payloads of frame number `index` of a stream, none longer than `size`."""
    match codec:
        case Codec.VP8:
            return vp8_payloads(frame, index, size)
        case Codec.VP9:
            return vp9_payloads(frame, index, size)
        case Codec.AV1:
            return av1_payloads(obus_of(frame), size)
        case _:
            return h264_payloads(nal_units_of(frame), size)


def chunks(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def vp9_payloads(frame: bytes, index: int, size: int) -> list[bytes]:
    """RFC 9628 section 4.2, non-flexible mode, 15-bit picture id, as libwebrtc sends one layer."""
    pieces = chunks(frame, size - 3)
    delta = 0x40 if vp9_is_delta(frame) else 0
    number = bytes((0x80 | index >> 8 & 0x7F, index & 0xFF))
    payloads: list[bytes] = []
    for at, piece in enumerate(pieces):
        begin, end = (0x08 if at == 0 else 0), (0x04 if at == len(pieces) - 1 else 0)
        payloads.append(bytes((0x80 | delta | begin | end,)) + number + piece)
    return payloads


def vp9_is_delta(frame: bytes) -> bool:
    """VP9 bitstream section 6.2: marker, profile 0, show_existing_frame, frame_type."""
    return bool(frame[0] & 0x04)


def leb128(value: int) -> bytes:
    encoded = b""
    while value > 0x7F:
        encoded += bytes((value & 0x7F | 0x80,))
        value >>= 7
    return encoded + bytes((value,))


def obus_of(unit: bytes) -> list[bytes]:
    """The OBUs of a temporal unit without their size fields, temporal delimiters left out."""
    obus: list[bytes] = []
    at = 0
    while at < len(unit):
        header = unit[at]
        assert header & 0x02, "low-overhead format"
        head = 2 if header & 0x04 else 1
        size, shift, cursor = 0, 0, at + head
        while True:
            byte = unit[cursor]
            size |= (byte & 0x7F) << shift
            shift += 7
            cursor += 1
            if not byte & 0x80:
                break
        if header >> 3 & 0x0F != 2:
            content = unit[cursor : cursor + size]
            obus.append(bytes((header & ~0x02,)) + unit[at + 1 : at + head] + content)
        at = cursor + size
    return obus


def av1_payloads(obus: list[bytes], size: int, *, count_elements: bool = False) -> list[bytes]:
    """Aggregation header and elements; an OBU that does not fit goes on in the next packet."""
    payloads: list[bytes] = []
    new_sequence = 0x08 if obus and obus[0][0] >> 3 & 0x0F == 1 else 0
    open_packet: list[bytes] = []
    room = size - 1
    continued = False

    def close(goes_on: bool) -> None:
        nonlocal open_packet, room, continued
        head = (0x80 if continued else 0) | (0x40 if goes_on else 0) | (new_sequence if not payloads else 0)
        if count_elements and len(open_packet) <= 3:
            head |= len(open_packet) << 4
            sized = [leb128(len(one)) + one for one in open_packet[:-1]] + open_packet[-1:]
        else:
            sized = [leb128(len(one)) + one for one in open_packet]
        payloads.append(bytes((head,)) + b"".join(sized))
        open_packet, room, continued = [], size - 1, goes_on

    for index, obu in enumerate(obus):
        rest = obu
        while rest:
            take = rest[: max(1, room - 3)]
            open_packet.append(take)
            room -= len(take) + 3
            rest = rest[len(take) :]
            if rest:
                close(goes_on=True)
        if room < 8 and index < len(obus) - 1:
            close(goes_on=False)
    close(goes_on=False)
    return payloads


def nal_units_of(stream: bytes) -> list[bytes]:
    """The NAL units of an Annex B byte stream."""
    return [unit.rstrip(b"\x00") for unit in stream.split(b"\x00\x00\x01")[1:] if unit.rstrip(b"\x00")]


def h264_payloads(units: list[bytes], size: int) -> list[bytes]:
    """RFC 6184 mode 1: parameter sets together in a STAP-A, slices alone or in FU-A."""
    payloads: list[bytes] = []
    sets = [unit for unit in units if unit[0] & 0x1F in (6, 7, 8) and len(unit) + 3 < size // 3]
    if len(sets) > 1:
        head = max(unit[0] & 0x60 for unit in sets) | 24
        payloads.append(bytes((head,)) + b"".join(len(unit).to_bytes(2) + unit for unit in sets))
    for unit in units:
        if len(sets) > 1 and unit in sets:
            continue
        if len(unit) <= size:
            payloads.append(unit)
            continue
        pieces = chunks(unit[1:], size - 2)
        for at, piece in enumerate(pieces):
            flags = (0x80 if at == 0 else 0) | (0x40 if at == len(pieces) - 1 else 0)
            payloads.append(bytes((unit[0] & 0x60 | 28, flags | unit[0] & 0x1F)) + piece)
    return payloads
