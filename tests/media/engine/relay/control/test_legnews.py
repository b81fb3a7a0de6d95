"""When a leg's link is reported: at once when its level changes, otherwise at intervals."""

from __future__ import annotations

from media.core.estimate import LinkMeter
from media.engine.relay.control.legnews import LINK_NEWS_INTERVAL_MS, LegNews
from tests.support.quiet_leg import QuietLeg


def test_the_link_is_reported_at_once_and_then_only_when_it_has_changed() -> None:
    meter = LinkMeter()
    news = LegNews(QuietLeg().member, meter)
    meter.rtt(100.0, 0.0)
    first = news.link(0.0, 500_000.0)
    assert first is not None
    assert first.up_kbps == 500
    meter.rtt(120.0, 250.0)
    assert news.link(250.0, 500_000.0) is None  # a number, not a level
    meter.rtt(120.0, LINK_NEWS_INTERVAL_MS)
    later = news.link(LINK_NEWS_INTERVAL_MS, 500_000.0)
    assert later is not None
    assert later.level == first.level


def test_a_level_that_changes_does_not_wait() -> None:
    meter = LinkMeter()
    news = LegNews(QuietLeg().member, meter)
    meter.rtt(100.0, 0.0)
    first = news.link(0.0, 500_000.0)
    second = news.link(250.0, 21_000.0)
    assert first is not None
    assert second is not None
    assert second.level < first.level


def test_a_leg_alone_has_no_rung() -> None:
    assert LegNews(QuietLeg().member, LinkMeter()).rungs(0.0) is None
