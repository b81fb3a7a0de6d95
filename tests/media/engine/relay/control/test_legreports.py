"""When a leg's link is reported: at once when its level changes, otherwise at intervals."""

from __future__ import annotations

from media.core.estimate import LinkMeter
from media.engine.relay.control.legreports import LINK_REPORT_INTERVAL_MS, LegReports
from tests.support.quiet_leg import QuietLeg


def test_the_link_is_reported_at_once_and_then_only_when_it_has_changed() -> None:
    meter = LinkMeter()
    reports = LegReports(QuietLeg().member, meter)
    meter.rtt(100.0, 0.0)
    first = reports.link(0.0, 500_000.0)
    assert first is not None
    assert first.up_kbps == 500
    meter.rtt(120.0, 250.0)
    assert reports.link(250.0, 500_000.0) is None  # a number, not a level
    meter.rtt(120.0, LINK_REPORT_INTERVAL_MS)
    later = reports.link(LINK_REPORT_INTERVAL_MS, 500_000.0)
    assert later is not None
    assert later.level == first.level


def test_a_level_that_changes_does_not_wait() -> None:
    meter = LinkMeter()
    reports = LegReports(QuietLeg().member, meter)
    meter.rtt(100.0, 0.0)
    first = reports.link(0.0, 500_000.0)
    second = reports.link(250.0, 21_000.0)
    assert first is not None
    assert second is not None
    assert second.level < first.level


def test_a_leg_alone_has_no_rung() -> None:
    assert LegReports(QuietLeg().member, LinkMeter()).rungs(0.0) is None
