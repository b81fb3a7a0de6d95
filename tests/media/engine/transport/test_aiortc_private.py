"""One contract test for each private or undocumented name of aiortc and aioice that aiortc_private.py rests on.

When an upgrade of either library turns one of these red, mend media/engine/transport/aiortc_private.py before
anything else: the engine still imports, but its legs will not behave.
"""

from __future__ import annotations

import asyncio
import inspect

import aioice.ice
import aioice.stun
import pytest
from aioice.candidate import candidate_foundation, candidate_priority
from aiortc import rtcdtlstransport
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport
from aiortc.rtcicetransport import RTCIceGatherer, RTCIceTransport
from pylibsrtp import Error as SrtpError
from pylibsrtp import Policy, Session

from media.engine.transport.aiortc_private import (
    QUEUE_MAX_DATAGRAMS,
    LegConnection,
    LegDtlsTransport,
    LegIceGatherer,
    LegStunProtocol,
)
from tests.support.patience import PATIENCE_S

Address = tuple[str, int]


class FakePort:
    """A shared port without a socket."""

    def __init__(self) -> None:
        self.candidate_addresses: list[Address] = [("192.0.2.7", 8081)]
        self.sent: list[tuple[bytes, Address]] = []
        self.expected: dict[bytes, LegStunProtocol] = {}

    def send(self, data: bytes, address: Address) -> None:
        self.sent.append((data, address))

    def expect(self, transaction_id: bytes, protocol: LegStunProtocol) -> None:
        self.expected[transaction_id] = protocol

    def unexpect(self, transaction_id: bytes) -> None:
        self.expected.pop(transaction_id, None)


def connection(*ports: FakePort) -> LegConnection:
    return LegConnection(list(ports), lambda _: None, lambda *_: None, lambda _: None)


def request(to: LegConnection, *, password: str | None = None) -> aioice.stun.Message:
    message = aioice.stun.Message(aioice.stun.Method.BINDING, aioice.stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{to.local_username}:peer"
    message.attributes["PRIORITY"] = 1
    message.attributes["ICE-CONTROLLING"] = 1
    message.add_message_integrity((password or to.local_password).encode())
    return message


def parameters(function: object) -> list[str]:
    assert callable(function)
    return list(inspect.signature(function).parameters)


# aioice.ice.StunProtocol ---------------------------------------------------------------------------------


def test_stun_protocol_is_made_of_its_receiver() -> None:
    assert parameters(aioice.ice.StunProtocol.__init__) == ["self", "receiver"]


async def test_stun_protocol_keeps_receiver_and_transactions() -> None:
    owner = connection(FakePort())
    protocol = LegStunProtocol(owner, FakePort())
    assert protocol.receiver is owner
    assert protocol.transactions == {}


def test_stun_protocol_request_has_the_arguments_we_override() -> None:
    assert parameters(aioice.ice.StunProtocol.request) == [
        "self",
        "request",
        "addr",
        "integrity_key",
        "retransmissions",
    ]


async def test_a_running_transaction_is_known_to_the_port_and_forgotten_after_it() -> None:
    port = FakePort()
    owner = connection(port)
    protocol = LegStunProtocol(owner, port)
    message = request(owner)
    task = asyncio.create_task(protocol.request(message, ("198.51.100.1", 9), retransmissions=0))
    await asyncio.sleep(0)
    assert list(port.expected) == list(protocol.transactions) == [message.transaction_id]
    assert port.sent == [(bytes(message), ("198.51.100.1", 9))]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert port.expected == {}
    assert protocol.transactions == {}


async def test_stun_protocol_sends_through_its_transport_attribute() -> None:
    port = FakePort()
    owner = connection(port)
    message = request(owner)
    LegStunProtocol(owner, port).send_stun(message, ("198.51.100.1", 9))
    assert port.sent == [(bytes(message), ("198.51.100.1", 9))]


async def test_nothing_is_sent_to_the_dummy_candidate() -> None:
    port = FakePort()
    owner = connection(port)
    LegStunProtocol(owner, port).send_stun(request(owner), ("192.0.2.1", 9))
    assert port.sent == []


async def test_closing_the_transport_ends_the_protocol() -> None:
    protocol = LegStunProtocol(connection(FakePort()), FakePort())
    async with asyncio.timeout(PATIENCE_S):
        await protocol.close()


# aioice.ice.Connection -----------------------------------------------------------------------------------


def test_connection_takes_role_and_credentials() -> None:
    names = parameters(aioice.ice.Connection.__init__)
    assert {"ice_controlling", "local_username", "local_password"} <= set(names)


async def test_connection_has_the_private_attributes_we_fill() -> None:
    made = aioice.ice.Connection(ice_controlling=False)
    assert made._local_candidates_start is False
    assert made._local_candidates_end is False
    assert made._local_candidates == []
    assert made._protocols == []
    assert made._nominated == {}
    assert made._queue.empty()


async def test_gathering_gives_one_host_candidate_for_each_announced_address() -> None:
    port = FakePort()
    port.candidate_addresses.append(("198.51.100.20", 8081))
    owner = connection(port)
    await owner.gather_candidates()
    assert [(one.host, one.port, one.type) for one in owner.local_candidates] == [
        ("192.0.2.7", 8081, "host"),
        ("198.51.100.20", 8081, "host"),
    ]
    first, second = owner.local_candidates
    assert first.priority > second.priority
    assert owner.protocol_on(port) is not None
    await owner.close()
    assert owner.protocol_on(port) is None


async def test_data_received_queues_datagrams_up_to_the_bound() -> None:
    owner = connection(FakePort())
    for _ in range(QUEUE_MAX_DATAGRAMS + 5):
        owner.data_received(b"\x16record", 1)
    assert owner._queue.qsize() == QUEUE_MAX_DATAGRAMS
    assert owner.dropped == 5
    assert owner._queue.get_nowait() == (b"\x16record", 1)


def test_the_hooks_we_override_have_their_arguments() -> None:
    assert parameters(aioice.ice.Connection.data_received) == ["self", "data", "component"]
    assert parameters(aioice.ice.Connection.check_incoming) == ["self", "message", "addr", "protocol"]
    assert parameters(aioice.ice.Connection.check_complete) == ["self", "pair"]
    assert parameters(aioice.ice.Connection.build_request) == ["self", "pair", "nominate"]
    assert parameters(aioice.ice.Connection.request_received) == ["self", "message", "addr", "protocol"]
    assert inspect.iscoroutinefunction(aioice.ice.Connection.query_consent)
    assert inspect.iscoroutinefunction(aioice.ice.Connection.gather_candidates)


async def test_only_an_authentic_request_reaches_check_incoming() -> None:
    port = FakePort()
    heard: list[Address] = []
    owner = LegConnection([port], heard.append, lambda *_: None, lambda _: None)
    await owner.gather_candidates()
    owner.remote_username, owner.remote_password = "peer", "p" * 22
    owner._early_checks_done = True
    protocol = owner.protocol_on(port)
    assert protocol is not None
    assert protocol.request_arrived(bytes(request(owner, password="wrong" * 5)), ("198.51.100.1", 1))
    assert heard == []
    assert protocol.request_arrived(bytes(request(owner)), ("198.51.100.1", 2))
    assert heard == [("198.51.100.1", 2)]
    await owner.close()


async def test_a_request_before_the_offer_is_applied_waits() -> None:
    port = FakePort()
    heard: list[Address] = []
    owner = LegConnection([port], heard.append, lambda *_: None, lambda _: None)
    await owner.gather_candidates()
    protocol = owner.protocol_on(port)
    assert protocol is not None
    assert protocol.request_arrived(bytes(request(owner)), ("198.51.100.1", 2))
    assert heard == []
    assert len(owner._early_checks) == 1
    assert owner._early_checks.maxlen is not None


async def test_a_check_without_priority_is_malformed() -> None:
    port = FakePort()
    owner = connection(port)
    await owner.gather_candidates()
    protocol = owner.protocol_on(port)
    assert protocol is not None
    message = request(owner)
    del message.attributes["PRIORITY"]
    message.add_message_integrity(owner.local_password.encode())
    assert not protocol.request_arrived(bytes(message), ("198.51.100.1", 2))


def test_candidate_pair_tells_protocol_and_remote_address() -> None:
    assert parameters(aioice.ice.CandidatePair.__init__) == ["self", "protocol", "remote_candidate"]
    assert isinstance(inspect.getattr_static(aioice.ice.CandidatePair, "remote_addr"), property)


def test_candidate_helpers_take_what_we_give_them() -> None:
    assert candidate_foundation("host", "udp", "192.0.2.1") == candidate_foundation(
        "host", "udp", "192.0.2.1"
    )
    assert candidate_priority(1, "host", 65_535) > candidate_priority(1, "host", 65_534)


# aioice.stun ---------------------------------------------------------------------------------------------


async def test_stun_messages_parse_and_prove_themselves() -> None:
    owner = connection(FakePort())
    message = aioice.stun.parse_message(bytes(request(owner)))
    assert message.message_class == aioice.stun.Class.REQUEST
    assert message.check_message_integrity(owner.local_password.encode())
    assert not message.check_message_integrity(b"another")


def test_the_stun_parser_raises_what_we_catch() -> None:
    with pytest.raises(ValueError, match="20 bytes"):
        aioice.stun.parse_message(b"\x00\x01")


# aiortc --------------------------------------------------------------------------------------------------


async def test_the_ice_transport_takes_the_gatherers_connection() -> None:
    owner = connection(FakePort())
    gatherer = LegIceGatherer(owner)
    assert gatherer._connection is owner
    transport = RTCIceTransport(gatherer)
    assert transport._connection is owner
    # The DTLS transport reads and writes through these two.
    assert transport._recv == owner.recv
    assert transport._send == owner.send


def test_the_stock_gatherer_keeps_its_connection_under_the_same_name() -> None:
    assert isinstance(RTCIceGatherer(iceServers=[])._connection, aioice.ice.Connection)


def test_srtp_profiles_carry_their_openssl_names() -> None:
    names = [profile.openssl_profile for profile in rtcdtlstransport.SRTP_PROFILES]
    assert b"SRTP_AES128_CM_SHA1_80" in names


async def test_the_dtls_transport_offers_the_profile_with_the_short_tag_alone() -> None:
    transport = RTCIceTransport(LegIceGatherer(connection(FakePort())))
    ours = LegDtlsTransport(transport, RTCCertificate.generateCertificate())
    assert [profile.openssl_profile for profile in ours._srtp_profiles] == [b"SRTP_AES128_CM_SHA1_80"]
    stock = RTCDtlsTransport(transport, [RTCCertificate.generateCertificate()])
    assert ours._srtp_profiles[0] in stock._srtp_profiles


async def test_the_dtls_transport_is_the_active_side_and_not_ready_at_first() -> None:
    transport = RTCIceTransport(LegIceGatherer(connection(FakePort())))
    ours = LegDtlsTransport(transport, RTCCertificate.generateCertificate())
    assert ours._role == "client"
    assert ours._state is rtcdtlstransport.State.NEW
    assert not ours.srtp_ready
    ours._state = rtcdtlstransport.State.CONNECTED
    assert ours.srtp_ready


async def test_the_srtp_sessions_stand_under_their_names() -> None:
    transport = RTCIceTransport(LegIceGatherer(connection(FakePort())))
    ours = LegDtlsTransport(transport, RTCCertificate.generateCertificate())
    key = bytes(range(30))
    ours._tx_srtp = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND))
    ours._rx_srtp = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND))
    packet = b"\x80\x6f\x00\x01" + bytes(8) + b"opus"
    protected = ours.protect(packet)
    assert protected != packet
    assert ours.unprotect(protected) == packet
    with pytest.raises(SrtpError):
        ours.unprotect(protected)
    report = b"\x80\xc9\x00\x01" + bytes(4)
    assert ours.unprotect_rtcp(ours.protect_rtcp(report)) == report
