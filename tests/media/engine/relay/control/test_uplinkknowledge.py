"""The knowledge of an uplink from reports, probes and choices together."""

from __future__ import annotations

import pytest

from media.core.estimate import RoundTrips
from media.core.parameters import AudioSend, Preferences, SendParameters, VideoSend
from media.core.probe import UplinkProbe
from media.engine.relay.control.choices import SAVE_DATA_BPS, LegChoices
from media.engine.relay.control.downlinkprobing import UNPROVEN_BPS, UNPROVEN_MS, DownlinkProbing
from media.engine.relay.control.uplinkknowledge import VOICE_ONLY_BPS, UplinkKnowledge, UplinkReport
from tests.support.quiet_leg import QuietLeg

PROVEN_MS = UNPROVEN_MS + 1_000.0
SMALL = VideoSend(active=True, max_bitrate_bps=50_000)


class Fixture:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, probed_bps: float | None = None) -> None:
        self.leg = QuietLeg()
        self.choices = LegChoices(self.leg.member)
        self.probing = DownlinkProbing(self.leg.member)
        probe = UplinkProbe()
        monkeypatch.setattr(probe, "_rates", [] if probed_bps is None else [probed_bps])
        self.known = UplinkKnowledge(self.leg.member, self.choices, RoundTrips(), probe, self.probing)


def test_nothing_is_known_of_an_untested_uplink(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Fixture(monkeypatch).known
    view = known.view(PROVEN_MS, VideoSend(), collapsed=False, still_asked=False)
    assert (view.uplink_probed_bps, view.uplink_reported_bps, view.uplink_capacity_bps) == (None, None, None)
    assert known.known_bps(PROVEN_MS) is None
    assert not known.carries_only_voice


def test_a_young_call_trusts_a_thin_voice_only(monkeypatch: pytest.MonkeyPatch) -> None:
    fixture = Fixture(monkeypatch)
    fixture.probing.joined(0.0)
    fixture.known.reported(UplinkReport(300_000, "none"))
    young = fixture.known.view(0.0, VideoSend(), collapsed=False, still_asked=False)
    assert young.uplink_probed_bps == UNPROVEN_BPS
    assert fixture.known.known_bps(0.0) is None
    assert fixture.known.known_bps(PROVEN_MS) == 300_000


@pytest.mark.parametrize(
    ("limited_by", "known_bps"), [("none", 500_000), ("cpu", 500_000), ("bandwidth", 80_000)]
)
def test_the_estimate_of_a_page_limited_by_its_link_decides(
    monkeypatch: pytest.MonkeyPatch, limited_by: str, known_bps: int
) -> None:
    known = Fixture(monkeypatch, probed_bps=500_000.0).known
    known.reported(UplinkReport(80_000, limited_by))
    assert known.known_bps(PROVEN_MS) == known_bps


def test_a_page_whose_browser_keeps_its_estimate_to_itself_still_tells_of_its_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = Fixture(monkeypatch, probed_bps=500_000.0).known
    known.reported(UplinkReport(None, "bandwidth", quantizer=30))
    view = known.view(PROVEN_MS, SMALL, collapsed=False, still_asked=False)
    assert (view.uplink_reported_bps, view.video_limited_by, view.video_quantizer) == (None, "bandwidth", 30)
    assert known.known_bps(PROVEN_MS) is None
    assert known.for_simulcast(PROVEN_MS, SendParameters()).video_reported_bps is None


def test_the_large_picture_is_steered_by_what_the_small_one_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Fixture(monkeypatch, probed_bps=200_000.0).known
    known.reported(UplinkReport(40_000, "bandwidth", quantizer=30))
    view = known.view(PROVEN_MS, SMALL, collapsed=True, still_asked=True)
    assert (view.uplink_probed_bps, view.uplink_reported_bps) == (150_000, 0)
    assert (view.video_limited_by, view.video_quantizer) == ("bandwidth", 30)
    assert view.uplink_collapsed
    assert view.still_asked


def test_saving_data_caps_the_uplink_and_leaves_no_room_for_two_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fixture = Fixture(monkeypatch, probed_bps=900_000.0)
    fixture.choices.prefer(Preferences(save_data=True))
    view = fixture.known.view(PROVEN_MS, SMALL, collapsed=False, still_asked=False)
    assert view.uplink_capacity_bps == SAVE_DATA_BPS - SMALL.max_bitrate_bps
    assert fixture.known.known_bps(PROVEN_MS) is None


def test_a_strained_uplink_is_not_assumed_to_carry_two_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    fixture = Fixture(monkeypatch, probed_bps=900_000.0)
    monkeypatch.setattr(fixture.known, "queue_ms", lambda: 301.0)
    assert fixture.known.known_bps(PROVEN_MS) is None


def test_simulcast_gets_the_share_that_the_page_gives_its_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Fixture(monkeypatch, probed_bps=900_000.0).known
    sends = SendParameters(AudioSend(max_bitrate_bps=16_000), VideoSend(active=True, max_bitrate_bps=250_000))
    assert known.for_simulcast(PROVEN_MS, sends).video_reported_bps is None
    known.reported(UplinkReport(416_000, "none"))
    view = known.for_simulcast(PROVEN_MS, sends)
    assert (view.capacity_bps, view.video_reported_bps, view.large_asked_bps) == (900_000, 400_000, 250_000)


@pytest.mark.parametrize(("probed_bps", "only_voice"), [(VOICE_ONLY_BPS - 1, True), (VOICE_ONLY_BPS, False)])
def test_under_a_bound_no_picture_is_expected(
    monkeypatch: pytest.MonkeyPatch, probed_bps: float, only_voice: bool
) -> None:
    assert Fixture(monkeypatch, probed_bps=probed_bps).known.carries_only_voice is only_voice
