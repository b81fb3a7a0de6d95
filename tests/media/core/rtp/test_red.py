"""RED: a repeated payload is restored under its own number, and nothing is guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core.rtp import red
from media.core.rtp.red import RedBlock, RedError, RedReceiver, RedSender

OPUS = 111
FRAME = 2_880  # 60 ms at 48 kHz
SILK_60MS = 0x58  # TOC: configuration 11, one frame
DTX_20MS = 0x48  # configuration 9, one frame


def voice(number: int, toc: int = SILK_60MS) -> bytes:
    return bytes((toc,)) + number.to_bytes(4)


def packets(
    count: int, distance: int = 2, start: int = 0, first_ts: int = 0, step: int = FRAME
) -> list[tuple[int, int, bytes]]:
    """(sequence number, timestamp, RED payload) of a voice without pauses."""
    sender = RedSender(distance, 500)
    stream = []
    for index in range(count):
        timestamp = (first_ts + index * step) & 0xFFFFFFFF
        stream.append(
            ((start + index) & 0xFFFF, timestamp, sender.encapsulate(OPUS, timestamp, voice(index)))
        )
    return stream


def numbers(receiver: RedReceiver, stream: list[tuple[int, int, bytes]]) -> list[int]:
    return [number for packet in stream for number, _, _ in receiver.received(*packet)]


def test_the_layout_is_that_of_rfc_2198() -> None:
    payload = bytes.fromhex("ef" + f"{2_880 << 10 | 3:06x}" + "6f" + "aabbcc" + "ddee")
    assert red.parse(payload) == [
        RedBlock(OPUS, 2_880, b"\xaa\xbb\xcc"),
        RedBlock(OPUS, 0, b"\xdd\xee"),
    ]
    sender = RedSender(1, 100)
    assert sender.encapsulate(OPUS, 5, b"\xaa\xbb\xcc") == b"\x6f\xaa\xbb\xcc"
    assert sender.encapsulate(OPUS, 2_885, b"\xdd\xee") == payload


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("", "no primary"),
        ("ef000003", "no primary"),
        ("ef0000", "cut off"),
        ("ef000003" + "6f" + "aabb", "beyond the end"),
        ("ef000000" * (red.MAX_BLOCKS + 1) + "6f", "more blocks"),
    ],
)
def test_malformed_payloads_are_refused(payload: str, reason: str) -> None:
    with pytest.raises(RedError, match=reason):
        red.parse(bytes.fromhex(payload))


@pytest.mark.parametrize(
    ("payload", "samples"),
    [
        (b"\x58", 2_880),  # SILK 60 ms
        (b"\x59\x00", 5_760),  # two of them
        (b"\x60", 480),  # hybrid 10 ms
        (b"\xf8", 960),  # CELT 20 ms
        (b"\xe3\x04", 480),  # four of 2.5 ms
        (b"\xfb", 0),  # the number of frames is missing
        (b"", 0),
    ],
)
def test_an_opus_packet_gives_its_duration(payload: bytes, samples: int) -> None:
    assert red.opus_duration(payload) == samples


def test_a_stream_without_loss_comes_through_as_it_was() -> None:
    receiver = RedReceiver()
    out = [item for packet in packets(20) for item in receiver.received(*packet)]
    assert out == [(n, n * FRAME, voice(n)) for n in range(20)]


def test_lost_packets_are_restored_in_order_across_both_wraps() -> None:
    stream = packets(10, start=0xFFFD, first_ts=0x1_0000_0000 - 3 * FRAME)
    receiver = RedReceiver()
    for packet in stream[:2]:
        receiver.received(*packet)
    out = receiver.received(*stream[4])
    assert out == [
        (0xFFFF, 0x1_0000_0000 - FRAME, voice(2)),
        (0, 0, voice(3)),
        (1, FRAME, voice(4)),
    ]


def test_a_restored_packet_is_not_delivered_twice() -> None:
    stream = packets(6)
    receiver = RedReceiver()
    assert numbers(receiver, [stream[0], stream[2], stream[1], stream[2], stream[3]]) == [0, 1, 2, 3]


def test_a_reordered_packet_fills_its_gap() -> None:
    stream = packets(8, distance=0)
    receiver = RedReceiver()
    assert numbers(receiver, [stream[0], stream[2], stream[1]]) == [0, 2, 1]


def test_beyond_the_distance_only_the_nearest_packets_are_restored() -> None:
    stream = packets(10)
    receiver = RedReceiver()
    receiver.received(*stream[0])
    # Five lost, two repeated: the durations show that the two come right before the packet.
    assert numbers(receiver, [stream[6]]) == [4, 5, 6]


def test_a_payload_that_could_have_any_of_several_numbers_stays_lost() -> None:
    receiver = RedReceiver()
    receiver.received(10, 0, b"\x6f" + voice(0))
    # Two packets are missing, and one payload of 20 ms belongs somewhere in a pause of 300 ms.
    sender = RedSender(1, 500)
    sender.encapsulate(OPUS, 7_000, voice(1, DTX_20MS))
    assert [n for n, _, _ in receiver.received(13, 14_400, sender.encapsulate(OPUS, 14_400, voice(2)))] == [
        13
    ]


def test_a_single_payload_for_a_single_loss_needs_no_duration() -> None:
    receiver = RedReceiver()
    receiver.received(10, 0, b"\x6f" + voice(0))
    sender = RedSender(1, 500)
    sender.encapsulate(OPUS, 7_000, voice(1, DTX_20MS))
    out = receiver.received(12, 14_400, sender.encapsulate(OPUS, 14_400, voice(2)))
    assert out == [(11, 7_000, voice(1, DTX_20MS)), (12, 14_400, voice(2))]


def test_a_payload_right_after_a_known_packet_has_the_next_number() -> None:
    receiver = RedReceiver()
    receiver.received(10, 0, b"\x6f" + voice(0))
    sender = RedSender(1, 500)
    sender.encapsulate(OPUS, FRAME, voice(1, DTX_20MS))
    out = receiver.received(14, 5 * FRAME, sender.encapsulate(OPUS, 5 * FRAME, voice(2)))
    assert [n for n, _, _ in out] == [11, 14]


def test_more_payloads_than_lost_numbers_are_a_contradiction_and_ignored() -> None:
    receiver = RedReceiver()
    receiver.received(10, 0, b"\x6f" + voice(0))
    sender = RedSender(2, 500)
    sender.encapsulate(OPUS, 100, voice(1))
    sender.encapsulate(OPUS, 200, voice(2))
    assert [n for n, _, _ in receiver.received(12, FRAME, sender.encapsulate(OPUS, FRAME, voice(3)))] == [12]


def test_payloads_from_before_the_first_packet_are_not_restored() -> None:
    assert numbers(RedReceiver(), packets(5)[3:4]) == [3]


def test_redundancy_of_another_payload_type_is_not_taken_for_voice() -> None:
    receiver = RedReceiver()
    receiver.received(10, 0, b"\x6f" + voice(0))
    other = bytes((0x80 | 13,)) + (FRAME << 10 | 1).to_bytes(3) + b"\x6f" + b"\x00" + voice(2)
    assert [n for n, _, _ in receiver.received(12, 2 * FRAME, other)] == [12]


def test_switching_between_red_and_plain_loses_and_repeats_nothing() -> None:
    stream = packets(8)
    receiver = RedReceiver()
    assert receiver.note_plain(0, 0, voice(0))
    assert numbers(receiver, [stream[2]]) == [1, 2]
    assert not receiver.note_plain(1, FRAME, voice(1))
    assert receiver.note_plain(3, 3 * FRAME)
    assert numbers(receiver, [stream[4]]) == [4]


def test_a_restarted_stream_is_followed() -> None:
    receiver = RedReceiver()
    numbers(receiver, packets(5))
    assert numbers(receiver, packets(3, start=40_000, first_ts=9_999)) == [40_001, 40_002]


def test_memory_is_bounded() -> None:
    receiver = RedReceiver()
    numbers(receiver, packets(5 * red.WINDOW_PACKETS))
    assert len(receiver._known) == len(receiver._order) == len(receiver._number_at) == red.WINDOW_PACKETS


def test_after_a_pause_too_long_for_the_offset_field_nothing_is_repeated() -> None:
    sender = RedSender(2, 500)
    sender.encapsulate(OPUS, 0, voice(0))
    far = sender.encapsulate(OPUS, red.MAX_TIMESTAMP_OFFSET + 1, voice(1))
    assert len(red.parse(far)) == 1
    near = sender.encapsulate(OPUS, 2 * red.MAX_TIMESTAMP_OFFSET + 1, voice(2))
    assert [block.timestamp_offset for block in red.parse(near)] == [red.MAX_TIMESTAMP_OFFSET, 0]


def test_long_payloads_are_not_repeated_and_the_packet_stays_small() -> None:
    sender = RedSender(2, 400)
    sender.encapsulate(OPUS, 0, bytes(401))
    assert len(red.parse(sender.encapsulate(OPUS, FRAME, bytes(400)))) == 1
    sender.encapsulate(OPUS, 2 * FRAME, bytes(400))
    crowded = sender.encapsulate(OPUS, 3 * FRAME, bytes(600))
    assert len(crowded) <= red.MAX_RED_BYTES
    assert [block.timestamp_offset for block in red.parse(crowded)] == [FRAME, 0]


def test_a_late_packet_repeats_only_earlier_payloads() -> None:
    sender = RedSender(2, 500)
    sender.encapsulate(OPUS, 0, voice(0))
    sender.encapsulate(OPUS, 2 * FRAME, voice(2))
    late = sender.encapsulate(OPUS, FRAME, voice(1))
    assert [(b.timestamp_offset, b.data) for b in red.parse(late)] == [(FRAME, voice(0)), (0, voice(1))]
    after = sender.encapsulate(OPUS, 3 * FRAME, voice(3))
    assert [b.data for b in red.parse(after)] == [voice(1), voice(2), voice(3)]


def test_a_new_voice_does_not_carry_the_old_one() -> None:
    sender = RedSender(2, 500)
    sender.encapsulate(OPUS, 0, voice(0))
    sender.clear()
    assert len(red.parse(sender.encapsulate(OPUS, FRAME, voice(1)))) == 1


@given(
    distance=st.integers(0, 4),
    start=st.integers(0, 0xFFFF),
    first_ts=st.integers(0, 0xFFFFFFFF),
    gaps=st.lists(st.sampled_from([FRAME, FRAME, FRAME, 960, 9_600, 19_200]), max_size=80),
    data=st.data(),
)
def test_every_delivered_payload_is_right_and_every_short_loss_is_repaired(
    distance: int, start: int, first_ts: int, gaps: list[int], data: st.DataObject
) -> None:
    """Pauses, loss, reordering and duplicates: no number ever carries another packet's payload."""
    sender = RedSender(distance, 500)
    truth: dict[int, tuple[int, bytes]] = {}
    stream = []
    timestamp = first_ts
    for index, gap in enumerate([*gaps, FRAME]):
        number = (start + index) & 0xFFFF
        # Every packet ends before the next begins: voice does not overlap.
        truth[number] = (timestamp, voice(index, DTX_20MS if gap == 960 else SILK_60MS))
        stream.append((number, timestamp, sender.encapsulate(OPUS, timestamp, truth[number][1])))
        timestamp = (timestamp + gap) & 0xFFFFFFFF
    kept = data.draw(st.lists(st.integers(0, len(stream) - 1), unique=True).map(sorted))
    order = [0, *kept]
    for index in data.draw(st.lists(st.integers(0, max(len(order) - 2, 0)), max_size=5)):
        if 0 < index < len(order) - 1:
            order[index], order[index + 1] = order[index + 1], order[index]
    receiver = RedReceiver()
    delivered: set[int] = set()
    for index in order:
        previous = -1
        for number, moment, payload in receiver.received(*stream[index]):
            assert truth[number] == (moment, payload)
            assert number not in delivered
            assert (number - start) & 0xFFFF > previous
            previous = (number - start) & 0xFFFF
            delivered.add(number)
    assert {stream[index][0] for index in order} <= delivered


@given(lost=st.sets(st.integers(1, 98)), distance=st.integers(1, 4))
def test_bursts_up_to_the_distance_are_repaired_completely(lost: set[int], distance: int) -> None:
    receiver = RedReceiver()
    delivered = set(numbers(receiver, [p for p in packets(100, distance) if p[0] not in lost]))
    run = 0
    for number in range(99, -1, -1):
        run = run + 1 if number in lost else 0
        assert (number in delivered) == (run <= distance), "only the nearest of each burst are restored"
