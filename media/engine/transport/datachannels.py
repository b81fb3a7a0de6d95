"""The two data channels of one leg: an ordered, reliable one and an unreliable one (RFC 8831).

Owns: their opening, the size of a message, and the limit of their backlog. Must never know what a message means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from aiortc import RTCDataChannel, RTCDataChannelParameters
from aiortc.rtcsctptransport import RTCSctpCapabilities, RTCSctpTransport

from media.engine.transport.aiortc_private import LegDtlsTransport

# As the answer says (a=max-message-size); a piece of a still has 1 kB.
MESSAGE_MAX_BYTES = 65_536
# The size of a few unacknowledged orders.
UNRELIABLE_BACKLOG_BYTES = 256


class DataChannels:
    """Both channels, over one SCTP association. `on_message` is called on the event loop and must not block."""

    def __init__(
        self, dtls: LegDtlsTransport, on_message: Callable[[bytes], None], refused: Counter[str]
    ) -> None:
        self._sctp = RTCSctpTransport(dtls)
        self._on_message = on_message
        self._refused = refused
        self._reliable: RTCDataChannel | None = None
        self._unreliable: RTCDataChannel | None = None

    async def open(self, peer_port: int) -> None:
        """Open both channels. Raises ConnectionError if the transport has closed."""
        reliable = RTCDataChannel(
            self._sctp, RTCDataChannelParameters(label="keneya", id=0, negotiated=True, ordered=True)
        )
        reliable.on("message", self._arrived)
        self._reliable = reliable
        # For probes of the uplink, and urgent orders. Nothing is retransmitted here: a retransmission would delay
        # the messages after it, and all would arrive together, as on a fast link.
        unreliable = RTCDataChannel(
            self._sctp,
            RTCDataChannelParameters(label="probe", id=1, negotiated=True, ordered=False, maxRetransmits=0),
        )
        unreliable.on("message", self._arrived)
        self._unreliable = unreliable
        await self._sctp.start(RTCSctpCapabilities(maxMessageSize=MESSAGE_MAX_BYTES), peer_port)

    @property
    def is_drained(self) -> bool:
        """Whether the reliable channel is open and has no backlog."""
        channel = self._reliable
        return channel is not None and channel.readyState == "open" and channel.bufferedAmount == 0

    def send(self, data: bytes, buffer_max_bytes: int) -> bool:
        """Send on the reliable channel. False if it is not open or its backlog exceeds `buffer_max_bytes`."""
        channel = self._reliable
        if channel is None or channel.readyState != "open" or channel.bufferedAmount > buffer_max_bytes:
            return False
        channel.send(data)
        return True

    def send_unreliable(self, data: bytes) -> None:
        """Send once on the unreliable channel, if it is open and has hardly any backlog.

        Unacknowledged messages count as backlog, and on the links that need this channel, acknowledgements are
        lost.
        """
        channel = self._unreliable
        if (
            channel is not None
            and channel.readyState == "open"
            and channel.bufferedAmount < UNRELIABLE_BACKLOG_BYTES
        ):
            channel.send(data)

    async def close(self) -> None:
        """End the association."""
        await self._sctp.stop()

    def _arrived(self, message: str | bytes) -> None:
        data = message.encode() if isinstance(message, str) else message
        if len(data) > MESSAGE_MAX_BYTES:
            self._refused["data_too_large"] += 1
            return
        self._on_message(data)
