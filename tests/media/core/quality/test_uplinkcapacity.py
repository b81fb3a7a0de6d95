"""The estimate of an uplink's capacity."""

from __future__ import annotations

from dataclasses import replace

from media.core.quality.uplinkcapacity import BELIEVED_REPORT_BPS, FULL_QUEUE_MS, UplinkCapacity
from media.core.quality.views import PublisherView

PROBED = PublisherView(uplink_received_bps=24_000, uplink_probed_bps=80_000)


def test_nothing_is_known_before_a_measurement() -> None:
    uplink, view = UplinkCapacity(), PublisherView(uplink_received_bps=24_000, uplink_reported_bps=60_000)
    uplink.follow(0, view, suffers=False, video=False)
    assert uplink.known_bps(view, video=False) is None
    assert uplink.least_bps(view, video=False) == 60_000


def test_a_chosen_limit_holds_whatever_was_measured() -> None:
    uplink, view = UplinkCapacity(), replace(PROBED, uplink_capacity_bps=64_000)
    uplink.follow(0, view, suffers=False, video=False)
    assert uplink.known_bps(view, video=False) == uplink.least_bps(view, video=False) == 64_000


def test_media_that_arrived_unharmed_counts_more_than_a_probe() -> None:
    uplink, view = UplinkCapacity(), replace(PROBED, uplink_received_bps=120_000)
    uplink.follow(0, view, suffers=False, video=True)
    assert uplink.known_bps(PROBED, video=True) == 120_000
    uplink.follow(250, replace(view, uplink_received_bps=90_000), suffers=True, video=True)
    assert uplink.known_bps(PROBED, video=True) == 90_000


def test_the_pages_report_counts_above_its_first_guess_and_while_video_flows() -> None:
    uplink = UplinkCapacity()
    proved = replace(PROBED, uplink_reported_bps=BELIEVED_REPORT_BPS)
    assert uplink.known_bps(proved, video=True) == BELIEVED_REPORT_BPS
    assert uplink.known_bps(proved, video=False) == 80_000
    assert uplink.known_bps(replace(proved, uplink_reported_bps=90_000), video=True) == 80_000


def test_a_queue_of_voice_alone_shows_the_uplinks_capacity() -> None:
    full = replace(PROBED, uplink_queue_ms=FULL_QUEUE_MS + 1)
    for video in (False, True):
        uplink = UplinkCapacity()
        for step in range(8):
            uplink.follow(step * 250, full, suffers=False, video=video)
        known_bps = uplink.known_bps(full, video=video)
        assert known_bps is not None
        assert (known_bps < 24_000) is not video, "the queue may be the picture's"
