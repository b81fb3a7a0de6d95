"""What a call used, measured by a meter on the test's own clock."""

from __future__ import annotations

import pytest

from media.core import parameters as engine
from server.calls.callmeter import SAMPLES_MAX, CallMeter
from signaling import messages as wire
from signaling.messages import Rung
from tests.support.signaling import MemoryStore, running_rig, until


def test_bytes_cover_all_legs_of_the_call_and_not_the_warm_time_before_it() -> None:
    meter = CallMeter("c_1", "st_1", 100.0)
    meter.leg_began((5_000, 4_000))
    meter.leg_ended((25_000, 10_000))
    meter.leg_began((0, 0))
    meter.leg_ended((1_000, 500))
    use = meter.finish(160.0)
    assert (use.down_bytes, use.up_bytes) == (21_000, 6_500)
    assert (use.began_at, use.ended_at) == (100.0, 160.0)


def test_time_counts_for_the_poorer_direction_and_for_none_in_an_outage() -> None:
    meter = CallMeter("c_1", "st_1", 0.0)
    meter.stands_on(Rung.VIDEO, Rung.VOICE, 10.0)
    meter.stands_on(Rung.VIDEO, Rung.VIDEO_LOW, 40.0)
    meter.connected(False, 50.0)
    meter.connected(False, 55.0)
    meter.connected(True, 80.0)
    meter.stands_on(Rung.STILLS, Rung.STILLS, 85.0)
    use = meter.finish(90.0)
    assert use.rung_seconds == {"voice": 30, "video-low": 15, "stills": 5}
    assert use.outages == 1


def test_a_link_is_reported_by_its_median_and_an_unmeasured_one_is_not_zero() -> None:
    meter = CallMeter("c_1", "st_1", 0.0)
    assert meter.finish(1.0).rtt_median_ms is None
    assert meter.finish(1.0).loss_ratio is None
    for rtt_ms, loss in ((300, 0.0), (320, 0.1), (9_000, 0.2)):
        meter.link(rtt_ms, loss)
    meter.link(None, None)
    use = meter.finish(1.0)
    assert use.rtt_median_ms == 320
    assert use.loss_ratio is not None
    assert abs(use.loss_ratio - 0.1) < 1e-9


def test_a_day_long_call_holds_no_more_than_its_last_hours() -> None:
    meter = CallMeter("c_1", "st_1", 0.0)
    for _ in range(SAMPLES_MAX):
        meter.link(100, 0.0)
    for _ in range(SAMPLES_MAX):
        meter.link(200, 0.0)
    assert meter.finish(1.0).rtt_median_ms == 200


async def test_the_use_of_each_participant_is_kept_once_the_call_is_over() -> None:
    async with running_rig() as rig:
        call = await rig.call()
        rig.media.traffics[call.station_leg] = (70_000, 30_000)
        rig.media.measure(call.station_leg, 2)
        rig.media.stand(call.station_leg, engine.RungReport(engine.Rung.VOICE, engine.Rung.VOICE_THIN))
        rig.clock.now += 60
        await call.doctor.say(wire.End(consultation_id=call.consultation_id))
        await until(lambda: len(rig.store.uses) == 2)
        station = next(use for use in rig.store.uses if use.participant_id == "st-kayes")
        assert (station.consultation_id, station.down_bytes, station.up_bytes) == (
            call.consultation_id,
            70_000,
            30_000,
        )
        assert (station.rtt_median_ms, station.rung_seconds) == (840, {"voice-thin": 60})


async def test_a_stopping_server_keeps_the_use_of_its_calls_up_to_then() -> None:
    store = MemoryStore()
    async with running_rig(store) as rig:
        call = await rig.call()
        rig.media.traffics[call.station_leg] = (7, 3)
    assert sorted(use.down_bytes for use in store.uses) == [0, 7]


async def test_a_row_that_cannot_be_written_ends_no_call_and_is_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Full(MemoryStore):
        async def keep_use(self, use: object) -> None:
            raise OSError("disk full")

    async with running_rig(Full()) as rig:
        call = await rig.call()
        await call.doctor.say(wire.End(consultation_id=call.consultation_id))
        await call.station.expect(wire.Consultation, lambda m: m.state is wire.ConsultationState.CLOSED)
    assert "use_not_kept" in capsys.readouterr().out
