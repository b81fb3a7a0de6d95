"""Which sources send and which have left: SDES and BYE (RFC 3550 sections 6.5 and 6.6)."""

from __future__ import annotations

from dataclasses import dataclass

from media.core.rtp.rtcp.packet import PT_BYE, PT_SOURCE_DESCRIPTION, WORD, RtcpError, need, packet

SDES_CNAME = 1
MAX_TEXT_BYTES = 255  # SDES texts have an 8-bit length


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """One SDES chunk. Only the CNAME of its items is kept; empty if there is none."""

    ssrc: int
    cname: str

    def encode(self) -> bytes:
        """Bytes of one SDES packet with one chunk. Raises `RtcpError` if the name has more than 255 bytes."""
        text = self.cname.encode("utf-8")
        if len(text) > MAX_TEXT_BYTES:
            raise RtcpError("CNAME longer than 255 bytes")
        chunk = WORD.pack(self.ssrc) + bytes((SDES_CNAME, len(text))) + text
        # One to four zero bytes end the list of items and complete the word (RFC 3550 section 6.5).
        return packet(1, PT_SOURCE_DESCRIPTION, chunk + bytes(4 - len(chunk) % 4))


@dataclass(frozen=True, slots=True)
class Bye:
    """These sources have left; a reason text is ignored."""

    ssrcs: list[int]

    def encode(self) -> bytes:
        """Bytes of one BYE. Raises `RtcpError` for more than 31 sources."""
        return packet(len(self.ssrcs), PT_BYE, b"".join(map(WORD.pack, self.ssrcs)))


def parse_source_description(count: int, body: bytes) -> list[SourceDescription]:
    """Every chunk of a packet. Raises `RtcpError`."""
    chunks: list[SourceDescription] = []
    offset = 0
    for _ in range(count):
        need(body, offset + 4, "SDES chunk")
        (ssrc,) = WORD.unpack_from(body, offset)
        cname, offset = _parse_items(body, offset + 4)
        chunks.append(SourceDescription(ssrc, cname))
    return chunks


def _parse_items(body: bytes, offset: int) -> tuple[str, int]:
    """The CNAME in the items of a chunk, and where the next chunk begins."""
    cname = ""
    while True:
        need(body, offset + 1, "SDES item")
        if body[offset] == 0:
            return cname, (offset // 4 + 1) * 4
        need(body, offset + 2, "SDES item")
        end = offset + 2 + body[offset + 1]
        need(body, end, "SDES item")
        if body[offset] == SDES_CNAME:
            # A name in another encoding is accepted: names are only compared.
            cname = body[offset + 2 : end].decode("utf-8", "replace")
        offset = end


def parse_bye(count: int, body: bytes) -> list[Bye]:
    """The one BYE of a packet. Raises `RtcpError`."""
    need(body, count * 4, "BYE")
    return [Bye([ssrc for (ssrc,) in WORD.iter_unpack(body[: count * 4])])]
