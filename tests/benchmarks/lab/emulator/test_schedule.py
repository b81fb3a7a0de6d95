"""The --at language and what holds when."""

import pytest

from benchmarks.lab.emulator.profiles import PROFILES, Conditions
from benchmarks.lab.emulator.schedule import BadSchedule, Schedule, parse_change

BASE = Conditions(down_kbps=240, up_kbps=200, rtt_ms=840, loss_percent=1)


def schedule(*texts):
    return Schedule(BASE, [parse_change(text) for text in texts])


def test_a_change_holds_from_its_time_on():
    changing = schedule("10:down=20,up=18")
    assert changing.conditions_at(9.99) == BASE
    later = changing.conditions_at(10)
    assert (later.down_kbps, later.up_kbps, later.rtt_ms) == (20, 18, 840)
    assert changing.conditions_at(1e6) == later


def test_a_span_ends_and_gives_back_what_was_before():
    changing = schedule("30..35:down=0,up=0")
    assert changing.conditions_at(34.9).down_kbps == 0
    assert changing.conditions_at(35) == BASE


def test_a_span_may_stay_open():
    assert schedule("30..:down=0").conditions_at(500).down_kbps == 0


def test_later_options_lie_over_earlier_ones():
    changing = schedule("10:down=100", "20..25:down=0", "22:loss=30")
    assert changing.conditions_at(12).down_kbps == 100
    assert (changing.conditions_at(23).down_kbps, changing.conditions_at(23).loss_percent) == (0, 30)
    assert (changing.conditions_at(26).down_kbps, changing.conditions_at(26).loss_percent) == (100, 30)


def test_the_moments_of_change_are_known_in_order():
    assert schedule("30..35:down=0", "10:up=5").moments_s() == [10, 30, 35]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10",
        "10:",
        ":down=1",
        "x:down=1",
        "10:speed=3",
        "10:down",
        "10:down=fast",
        "9..9:up=1",
        "5:up=-1",
        "5:up=inf",
    ],
)
def test_what_cannot_be_read_is_refused_with_the_option_in_the_text(text):
    with pytest.raises(BadSchedule) as refusal:
        parse_change(text)
    assert f"'{text}'" in str(refusal.value)


def test_a_round_trip_is_split_in_two_halves():
    assert BASE.down().delay_ms + BASE.up().delay_ms == 840
    assert BASE.down().delay_ms == BASE.up().delay_ms


def test_conditions_speak_kilobits_and_percent_and_shapes_bits_and_ratios():
    assert (BASE.down().rate_bps, BASE.up().rate_bps) == (240_000, 200_000)
    assert BASE.up().loss == pytest.approx(0.01)


def test_every_profile_is_a_link_that_can_be_built():
    for conditions in PROFILES.values():
        assert conditions.up().rate_bps <= conditions.down().rate_bps
        assert conditions.queue_ms == 400
