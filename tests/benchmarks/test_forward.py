"""The forwarding benchmark measures a real call, and its arithmetic is right."""

from __future__ import annotations

import argparse
import os

import pytest

from benchmarks import forward
from benchmarks.peers.host import Idle


def test_the_video_rate_makes_up_what_the_voices_do_not_send() -> None:
    rates = forward.rates_for(6_500, 50)
    each = 1 / rates.voice_interval_s + 1 / rates.video_interval_s
    assert each * 50 == pytest.approx(6_500)


def test_more_legs_than_the_packets_allow_are_refused() -> None:
    with pytest.raises(ValueError, match="voices alone"):
        forward.rates_for(500, 50)


def test_idle_shares_are_taken_between_two_readings() -> None:
    earlier = Idle({"cpu": (100, 400), "cpu0": (10, 200)})
    later = Idle({"cpu": (150, 500), "cpu0": (10, 300)})
    assert later.share_since(earlier) == 0.5
    assert later.share_since(earlier, "cpu0") == 0.0


async def test_a_short_run_forwards_what_is_sent_and_reports_it() -> None:
    wishes = argparse.Namespace(
        calls=2, seconds=1.0, packets_per_second=200.0, warm_up=0.5, start_kbps=4_000, profile=False
    )
    line = await forward.measure(wishes, sorted(os.sched_getaffinity(0)))
    assert line["legs"] == 4
    assert line["sent"] > 0
    assert 0 <= line["lost"] <= line["sent"]
    assert line["packets_per_s"] > 0
    assert line["cpu_us_per_packet"] > 0
    assert line["rss_mib"] > 0
    assert line["added_delay_ms_p99"] >= line["added_delay_ms_p50"]
