"""A path that drops large packets is told from one that loses packets of all sizes, and from an idle sender."""

from __future__ import annotations

import random
from collections.abc import Callable, Container

import pytest

from media.core.estimate import LargePackets, PacketResult, UnseenPicture

VOICE_BYTES = 120
PICTURE_BYTES = (500, 830, 1_150)
STEP_MS = 250.0

# Whether a packet of this size is lost at this time.
Loses = Callable[[int, float], bool]


def judged(loses: Loses, seconds: int = 10, pictures_in_s: Container[int] = range(100)) -> bool:
    """The last verdict on a voice, and a picture that is sent in these seconds."""
    packets = LargePackets()
    rng = random.Random(1)
    for tick in range(int(seconds * 1000 / STEP_MS)):
        now_ms = tick * STEP_MS
        sizes = [VOICE_BYTES] * 4
        if now_ms // 1_000 in pictures_in_s:
            sizes += [rng.choice(PICTURE_BYTES) for _ in range(6)]
        packets.on_results(
            [
                PacketResult(index, int(now_ms * 1000), None if loses(size, now_ms) else 1, size, probe=False)
                for index, size in enumerate(sizes)
            ],
            now_ms,
        )
    return packets.vanish


@pytest.mark.parametrize("most_bytes", [200, 750, 1_000])
def test_a_path_on_which_nothing_over_a_size_arrives_is_noticed(most_bytes: int) -> None:
    assert judged(lambda size, _: size > most_bytes)


@pytest.mark.parametrize("loss", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_loss_of_every_size_is_none(loss: float) -> None:
    rng = random.Random(2)
    assert not judged(lambda _size, _now_ms: rng.random() < loss)


def test_a_path_that_takes_a_whole_picture_now_and_then_is_none() -> None:
    def loses(size: int, _now_ms: float) -> bool:
        return size > VOICE_BYTES

    assert not judged(loses, pictures_in_s=(3, 5, 7))
    assert judged(loses, pictures_in_s=(3, 4, 5, 7))


def test_a_path_that_lets_large_packets_through_again_is_forgiven() -> None:
    def loses(size: int, now_ms: float) -> bool:
        return size > VOICE_BYTES and now_ms <= 10_000

    assert judged(loses, 10)
    assert not judged(loses, 20)


class Watched:
    """A picture whose keyframe is waited for since 0 s; the sender reports once a second."""

    def __init__(self) -> None:
        self.picture = UnseenPicture()
        self.picture.reported(500, 490)
        self.picture.follow(0.0, 0.0)

    def wait(
        self, seconds: int, *, sent_per_s: int = 5, arrived_per_s: int = 0, voice_lost: float = 0.0
    ) -> bool:
        for second in range(1, seconds + 1):
            self.picture.reported(500 + second * sent_per_s, 490 + second * arrived_per_s)
            self.picture.follow(second * 1_000.0, voice_lost)
        return self.picture.vanishes


def test_a_picture_that_is_sent_and_never_comes_while_voice_does_is_noticed() -> None:
    assert not Watched().wait(9)
    assert Watched().wait(10)


def test_a_camera_that_sends_nothing_is_no_picture_that_vanishes() -> None:
    assert not Watched().wait(60, sent_per_s=0)


def test_a_picture_that_comes_but_for_its_keyframe_loses_too_little_to_tell() -> None:
    assert not Watched().wait(60, arrived_per_s=5)


def test_a_link_that_loses_voice_as_well_is_no_such_path() -> None:
    assert not Watched().wait(60, voice_lost=0.4)


def test_a_picture_that_comes_again_is_forgiven() -> None:
    watched = Watched()
    assert watched.wait(10)
    watched.picture.follow(0.0, 0.0)
    assert not watched.picture.vanishes
