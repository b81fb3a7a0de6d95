"""The forwarding benchmark measures a real call, and its arithmetic is right."""

from __future__ import annotations

import os
from typing import Any

import pytest

from benchmarks import forward
from benchmarks.peers.host import Idle


def test_the_video_rate_makes_up_what_the_voices_do_not_send() -> None:
    rates = forward.rates_for(6_500, 50)
    each = 1 / rates.voice_interval_s + 1 / rates.video_interval_s
    assert each * 50 == pytest.approx(6_500)


def test_more_legs_than_the_packets_allow_are_refused() -> None:
    with pytest.raises(ValueError, match="voices of all legs alone"):
        forward.rates_for(500, 50)


def test_idle_shares_are_taken_between_two_readings() -> None:
    earlier = Idle({"cpu": (100, 400), "cpu0": (10, 200)})
    later = Idle({"cpu": (150, 500), "cpu0": (10, 300)})
    assert later.share_since(earlier) == 0.5
    assert later.share_since(earlier, "cpu0") == 0.0


def test_naming_calls_makes_them_thin_and_lossy() -> None:
    calls, rates = forward.plan(forward._arguments(["--calls", "100"]))
    assert calls == 100
    assert rates.video_bytes * 8 / rates.video_interval_s == pytest.approx(60_000)
    assert rates.red
    assert rates.loss == forward.THIN_LOSS


def test_without_a_number_of_calls_few_send_many_packets() -> None:
    calls, rates = forward.plan(forward._arguments([]))
    assert (calls, rates.red, rates.loss) == (forward.FAT_CALLS, False, 0.0)
    each = 1 / rates.voice_interval_s + 1 / rates.video_interval_s
    assert each * 2 * calls == pytest.approx(forward.FAT_PACKETS_PER_S)


@pytest.mark.parametrize("values", [["--calls", "0"], ["--seconds", "0"]])
def test_nothing_to_measure_is_refused(values: list[str]) -> None:
    with pytest.raises(ValueError, match="at least one call"):
        forward.plan(forward._arguments(values))


async def _short_run(values: list[str]) -> dict[str, Any]:
    arguments = forward._arguments([*values, "--seconds", "1", "--warm-up", "0.5"])
    calls, rates = forward.plan(arguments)
    return await forward.measure(arguments, sorted(os.sched_getaffinity(0)), calls, rates)


async def test_a_short_run_forwards_what_is_sent_and_reports_it() -> None:
    line = await _short_run(["--calls", "2", "--packets-per-second", "200"])
    assert line["legs"] == 4
    assert line["sent"] > 0
    assert line["taken_by_links"] == 0
    assert 0 <= line["lost"] <= line["sent"]
    assert line["packets_per_s"] > 0
    assert line["cpu_us_per_packet"] > 0
    assert line["rss_mib"] > 0
    assert line["added_delay_ms_p99"] >= line["added_delay_ms_p50"]
    assert not {"over_rate", "voice_over_rate"} & set(line["refused"])


async def test_an_attacker_in_one_call_is_refused_and_the_calls_are_not() -> None:
    line = await _short_run(["--calls", "2", "--loss", "0", "--attacker", "2000"])
    assert line["attacker_packets"] > 1_000
    assert line["refused"]["over_rate"] + line["refused"]["voice_over_rate"] > 0.5 * line["attacker_packets"]
    assert line["lost"] == 0


async def test_what_the_links_of_thin_calls_take_away_is_not_the_relays_loss() -> None:
    line = await _short_run(["--calls", "2", "--loss", "0.3"])
    assert line["sent"] > 50
    assert line["taken_by_links"] > 5
    assert line["lost"] < line["taken_by_links"]
    assert line["voice_added_delay_ms_p99"] >= line["voice_added_delay_ms_p50"]
    assert line["video_added_delay_ms_p99"] >= line["video_added_delay_ms_p50"]
