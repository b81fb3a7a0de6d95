"""What stills may take beside live media, on each direction of a leg."""

from __future__ import annotations

from media.core.estimate import RoundTrips
from media.core.parameters import AudioSend, Preferences, SendParameters, VideoSend
from media.core.repair import PLAIN_VOICE_BPS, voice_wire_bps
from media.core.stills import chunk_bytes_at
from media.engine.legfactory import START_BPS
from media.engine.relay.control.choices import SAVE_DATA_BPS, LegChoices
from media.engine.relay.control.stillsbudget import STILLS_SHARE, StillPace, StillsBudget
from tests.support.quiet_leg import QuietLeg

VOICE = AudioSend(active=True)
# A rate that nothing holds down grows by a third each half second.
LONG_MS = 20_000


class Fixture:
    def __init__(self) -> None:
        self.leg = QuietLeg()
        self.choices = LegChoices(self.leg.member)
        self.budget = StillsBudget(self.leg.member, self.choices, RoundTrips())

    def down(self) -> StillPace:
        return [self.budget.down(float(now_ms)) for now_ms in range(0, LONG_MS, 250)][-1]

    def up(self, sends: SendParameters | None, probed_bps: float | None, reported_bps: int | None) -> float:
        return [
            self.budget.up_bps(float(now_ms), sends, probed_bps=probed_bps, reported_bps=reported_bps)
            for now_ms in range(0, LONG_MS, 250)
        ][-1]


def test_stills_get_a_share_of_the_unused_downlink() -> None:
    assert Fixture().down() == StillPace(STILLS_SHARE * START_BPS, chunk_bytes_at(START_BPS))


def test_stills_leave_room_for_a_forwarded_voice() -> None:
    fixture = Fixture()
    fixture.leg.member.downlink.slots[0].audio.attach(QuietLeg().member.uplink.audio)
    assert fixture.down().rate_bps == STILLS_SHARE * (START_BPS - PLAIN_VOICE_BPS)


def test_saving_data_limits_stills_in_both_directions() -> None:
    fixture = Fixture()
    fixture.choices.prefer(Preferences(save_data=True))
    assert fixture.down().rate_bps == STILLS_SHARE * SAVE_DATA_BPS
    assert fixture.up(None, None, None) == SAVE_DATA_BPS


def test_a_probed_uplink_bounds_the_stills_of_its_page() -> None:
    free_bps = 100_000 - voice_wire_bps(VOICE)
    assert Fixture().up(SendParameters(VOICE), 100_000.0, None) == STILLS_SHARE * free_bps


def test_the_pages_estimate_counts_only_while_it_sends_video() -> None:
    free_bps = 60_000 - voice_wire_bps(VOICE)
    flows = SendParameters(VOICE, VideoSend(active=True))
    assert Fixture().up(flows, None, 60_000) == STILLS_SHARE * free_bps
    assert Fixture().up(SendParameters(VOICE), None, 60_000) > STILLS_SHARE * 60_000
