"""Whose voice is forwarded where not all can be: quick to admit, slow to replace."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from media.core.share.loudest import (
    ASSUMED_LEVEL,
    HOLD_MS,
    LOUDER_BY,
    LOUDER_FOR_MS,
    SILENCE,
    SPEAKING_LEVEL,
    VOICES_HEARD,
    LoudestVoices,
    level_of,
    too_many_voices,
)

STATION, DOCTOR, MEDIATOR, GUEST = range(1, 5)
PACKET_MS = 60.0
TALK = 30


class Talk:
    """Packets of everybody every 60 ms, at the given levels; voices without a level are silent."""

    def __init__(self, *voices: int) -> None:
        self.chooser = LoudestVoices()
        self.voices = voices or (STATION, DOCTOR, MEDIATOR, GUEST)
        self.now_ms = 0.0

    def go_on(self, for_ms: float, levels: dict[int, int]) -> list[set[int]]:
        """The voices that were forwarded in each round."""
        rounds = []
        for _ in range(int(for_ms / PACKET_MS)):
            self.now_ms += PACKET_MS
            rounds.append(
                {
                    voice
                    for voice in self.voices
                    if self.chooser.hears(voice, levels.get(voice, SILENCE), self.now_ms)
                }
            )
        return rounds


def test_a_speakers_first_syllable_is_heard() -> None:
    talk = Talk()
    assert talk.go_on(60, {DOCTOR: TALK}) == [{DOCTOR}]
    assert talk.go_on(60, {DOCTOR: TALK, STATION: TALK}) == [{DOCTOR, STATION}]


def test_silence_takes_no_place() -> None:
    assert Talk().go_on(600, {}) == [set()] * 10


def test_a_speaker_who_pauses_between_words_keeps_the_place() -> None:
    talk = Talk()
    talk.go_on(600, {DOCTOR: TALK, STATION: TALK})
    assert all(DOCTOR in heard for heard in talk.go_on(HOLD_MS - 120, {STATION: TALK, MEDIATOR: TALK}))


def test_after_a_second_of_silence_the_next_speaker_takes_the_place_at_once() -> None:
    talk = Talk()
    talk.go_on(600, {DOCTOR: TALK, STATION: TALK})
    talk.go_on(HOLD_MS + PACKET_MS, {STATION: TALK})
    assert MEDIATOR in talk.go_on(60, {STATION: TALK, MEDIATOR: TALK})[0]
    assert talk.chooser.heard == (STATION, MEDIATOR)


def test_a_hardly_louder_voice_interrupts_nobody() -> None:
    talk = Talk()
    talk.go_on(2_000, {DOCTOR: TALK, STATION: TALK})
    both = talk.go_on(5_000, {DOCTOR: TALK, STATION: TALK, MEDIATOR: TALK - LOUDER_BY + 1})
    assert all(heard == {DOCTOR, STATION} for heard in both)


def test_a_clearly_louder_voice_takes_the_place_of_the_quietest() -> None:
    talk = Talk()
    talk.go_on(2_000, {DOCTOR: TALK, STATION: TALK + 4})
    rounds = talk.go_on(1_200, {DOCTOR: TALK, STATION: TALK + 4, MEDIATOR: 15})
    assert rounds[0] == {DOCTOR, STATION}, "a cough is not speech"
    assert rounds[int(LOUDER_FOR_MS / PACKET_MS) + 1] == {DOCTOR, MEDIATOR}


def test_a_voice_that_has_just_got_a_place_is_not_replaced() -> None:
    talk = Talk()
    talk.go_on(600, {MEDIATOR: 15})
    talk.go_on(PACKET_MS, {MEDIATOR: 15, STATION: 45})
    all_three = {MEDIATOR: 15, STATION: 45, DOCTOR: 10}
    assert all(DOCTOR not in heard for heard in talk.go_on(HOLD_MS - PACKET_MS, all_three))
    assert DOCTOR in talk.go_on(2 * PACKET_MS, all_three)[-1]


def test_of_equally_loud_voices_the_first_keep_their_places() -> None:
    talk = Talk()
    rounds = talk.go_on(20_000, dict.fromkeys((STATION, DOCTOR, MEDIATOR, GUEST), TALK))
    assert all(heard == rounds[0] for heard in rounds)
    assert rounds[0] == {STATION, DOCTOR}


def test_a_muted_voice_frees_its_place_at_once() -> None:
    talk = Talk()
    talk.go_on(600, {DOCTOR: TALK, STATION: TALK, MEDIATOR: TALK})
    talk.chooser.leave(STATION)
    assert talk.go_on(60, {DOCTOR: TALK, MEDIATOR: TALK}) == [{DOCTOR, MEDIATOR}]


def test_an_unknown_voice_that_leaves_changes_nothing() -> None:
    chooser = LoudestVoices()
    chooser.leave(STATION)
    assert chooser.heard == ()


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 127), st.floats(0, 500))))
def test_no_more_voices_than_places_and_none_that_has_not_spoken(
    packets: list[tuple[int, int, float]],
) -> None:
    chooser = LoudestVoices()
    now_ms, spoke = 0.0, set()
    for voice, level, wait_ms in packets:
        now_ms += wait_ms
        heard = chooser.hears(voice, level, now_ms)
        if level <= SPEAKING_LEVEL:
            spoke.add(voice)
        assert heard == (voice in chooser.heard)
        assert len(chooser.heard) == len(set(chooser.heard)) <= VOICES_HEARD
        assert set(chooser.heard) <= spoke
        if len(spoke) <= VOICES_HEARD:
            assert set(chooser.heard) == spoke


def test_a_level_is_read_without_the_voice_activity_bit() -> None:
    assert level_of(0x80 | 33, 100) == 33
    assert level_of(127, 100) == SILENCE


def test_without_a_level_more_than_comfort_noise_counts_as_speech() -> None:
    assert level_of(-1, 60) == ASSUMED_LEVEL <= SPEAKING_LEVEL
    assert level_of(-1, 3) == SILENCE


def test_two_voices_are_never_too_many_and_the_link_decides_on_more() -> None:
    voice_bps = 25_000
    assert not too_many_voices(10_000, 2, voice_bps, was_on=False)
    assert too_many_voices(80_000, 3, voice_bps, was_on=False)
    assert not too_many_voices(90_000, 3, voice_bps, was_on=False)
    assert too_many_voices(90_000, 3, voice_bps, was_on=True), "small changes of the link change nothing"
    assert not too_many_voices(110_000, 3, voice_bps, was_on=True)
