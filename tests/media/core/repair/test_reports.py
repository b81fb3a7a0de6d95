"""Reports: lip sync of the original sender, true round-trip times, and few enough reports for thin links."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.core.repair.reports import RemoteClock, SenderReports, middle_32, next_report_ms
from media.core.rtp.rtcp import ReportBlock, SenderReport

NTP_SECOND = 1 << 32
SOURCE_NTP = 3_900_000_000 * NTP_SECOND


def ntp_ms(ntp: int) -> float:
    return (ntp - SOURCE_NTP) * 1000 / NTP_SECOND


class Mapping:
    """The timestamp shift a rewriter applies."""

    def __init__(self, offset: int) -> None:
        self.offset = offset

    def __call__(self, timestamp: int) -> int:
        return (timestamp + self.offset) & 0xFFFFFFFF


def test_no_report_leaves_before_the_source_has_reported_its_clock() -> None:
    assert SenderReports(1, 48_000).build(1_000, Mapping(0), 5, 500) is None


def test_voice_and_picture_keep_the_senders_sync() -> None:
    voice, picture = SenderReports(1, 48_000), SenderReports(2, 90_000)
    # Two sender reports of one sender, 700 ms apart and delivered with different delays.
    voice.on_source_report(SenderReport(11, SOURCE_NTP, 1_000, 0, 0), 5_000)
    picture.on_source_report(SenderReport(12, SOURCE_NTP + NTP_SECOND * 7 // 10, 63_000, 0, 0), 5_700)
    voice_report = voice.build(9_000, Mapping(17), 1, 2)
    picture_report = picture.build(9_400, Mapping(4_000_000_000), 3, 4)
    assert voice_report is not None
    assert picture_report is not None
    # Media captured at one instant must map to one instant of the shared clock.
    voice_zero_ms = ntp_ms(voice_report.ntp) - (voice_report.rtp_timestamp - 17 - 1_000) / 48
    picture_timestamp = (picture_report.rtp_timestamp - 4_000_000_000) & 0xFFFFFFFF
    picture_zero_ms = ntp_ms(picture_report.ntp) - (picture_timestamp - 63_000) / 90
    assert voice_zero_ms == pytest.approx(0, abs=0.1)
    assert picture_zero_ms == pytest.approx(700, abs=0.1)


def test_a_report_carries_the_counts_of_the_outgoing_stream() -> None:
    reports = SenderReports(1, 48_000)
    reports.on_source_report(SenderReport(11, SOURCE_NTP, 1_000, 99, 99), 0)
    report = reports.build(1_000, Mapping(0), 2**32 + 5, 500)
    assert report is not None
    assert (report.ssrc, report.packet_count, report.octet_count) == (1, 5, 500)
    assert ntp_ms(report.ntp) == pytest.approx(1_000, abs=0.01)
    assert report.rtp_timestamp == 49_000


def test_after_a_change_of_source_the_old_clock_is_not_used() -> None:
    reports = SenderReports(1, 48_000)
    reports.on_source_report(SenderReport(11, SOURCE_NTP, 1_000, 0, 0), 0)
    reports.reset_source()
    assert reports.build(1_000, Mapping(0), 1, 1) is None


@settings(deadline=None)
@given(
    rtt_ms=st.floats(0, 5_000),
    hold_ms=st.floats(0, 5_000),
    timestamp=st.integers(0, 0xFFFFFFFF),
    start_ms=st.floats(0, 1e9),
)
def test_a_report_block_gives_the_round_trip_time(
    rtt_ms: float, hold_ms: float, timestamp: int, start_ms: float
) -> None:
    reports, peer = SenderReports(1, 48_000), RemoteClock()
    reports.on_source_report(SenderReport(11, SOURCE_NTP, timestamp, 0, 0), start_ms)
    report = reports.build(start_ms + 100, Mapping(0), 1, 1)
    assert report is not None
    arrived_ms = start_ms + 100 + rtt_ms / 2
    peer.on_sender_report(report, arrived_ms)
    last_sr, delay = peer.last_sr(arrived_ms + hold_ms)
    block = ReportBlock(1, last_sr=last_sr, delay_since_last_sr=delay)
    measured = reports.on_block(block, arrived_ms + hold_ms + rtt_ms / 2)
    assert measured == pytest.approx(rtt_ms, abs=0.1)


def test_a_block_that_answers_none_of_the_relays_reports_gives_no_round_trip_time() -> None:
    reports = SenderReports(1, 48_000)
    reports.on_source_report(SenderReport(11, SOURCE_NTP, 0, 0, 0), 0)
    reports.build(0, Mapping(0), 1, 1)
    assert reports.on_block(ReportBlock(1), 100) is None
    assert reports.on_block(ReportBlock(1, last_sr=12_345), 100) is None
    assert reports.on_block(ReportBlock(1, last_sr=middle_32(SOURCE_NTP)), 90_000) is None


def test_only_the_newest_reports_are_remembered() -> None:
    reports = SenderReports(1, 48_000)
    reports.on_source_report(SenderReport(11, SOURCE_NTP, 0, 0, 0), 0)
    first = reports.build(0, Mapping(0), 1, 1)
    assert first is not None
    for step in range(1, 100):
        reports.build(step * 1_000, Mapping(0), 1, 1)
    assert reports.on_block(ReportBlock(1, last_sr=middle_32(first.ntp)), 10) is None


def test_before_the_first_report_a_block_has_nothing_to_answer() -> None:
    assert RemoteClock().last_sr(5_000) == (0, 0)


@pytest.mark.parametrize("stream_bps", [0, 9_500, 16_000, 64_000, 256_000, 2_000_000])
@pytest.mark.parametrize("spread", [0.0, 0.5, 0.999])
def test_reports_come_every_one_to_five_seconds(stream_bps: float, spread: float) -> None:
    interval_ms = next_report_ms(7_000, stream_bps, 100, spread) - 7_000
    assert 1_000 <= interval_ms <= 5_000


def test_reports_on_the_thinnest_voice_stay_under_five_percent() -> None:
    intervals = [next_report_ms(0, 9_500, 150, step / 100) for step in range(100)]
    reports_bps = 150 * 8 * 1000 / (sum(intervals) / len(intervals))
    assert reports_bps <= 9_500 * 0.05 * 1.05
