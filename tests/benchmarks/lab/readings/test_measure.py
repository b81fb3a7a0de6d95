"""The numbers of a receiver, from samples made by hand."""

import pytest

from benchmarks.lab.readings.collected import AudioStream, Click, Collected, Sample, StateChange, VideoStream
from benchmarks.lab.readings.measure import first_audio_s, first_video_s, received

BEAT_S = 0.2
RATE_HZ = 48_000
CIPHER = "SRTP_AES128_CM_HMAC_SHA1_80"


def audio(stream_id="voice", **counters):
    zero = {"packets": 0, "payload_bytes": 0, "header_bytes": 0, "samples": 0, "concealed": 0}
    return AudioStream(id=stream_id, **{**zero, "duration_s": 0.0, "energy": 0.0, **counters})


def video(stream_id="picture", **counters):
    zero = {"packets": 0, "payload_bytes": 0, "header_bytes": 0, "frames": 0, "width": 0, "height": 0}
    return VideoStream(id=stream_id, **{**zero, "freezes": 0, "freeze_s": 0.0, **counters})


def sample(at_s, audios=(), videos=(), leg=0, rtt_s=None, cipher=CIPHER, ipv6=False):
    return Sample(at_s, leg, rtt_s, cipher, ipv6, list(audios), list(videos))


def call(seconds=10.0, hidden=lambda _at_s: 0.0, frames_per_s=15.0, leg=0, start_s=0.0, **options):
    """A steady call: 50 packets of 60 bytes with 12 bytes of header a second; ``hidden(at_s)``: share."""
    samples, concealed = [], 0.0
    for index in range(round(seconds / BEAT_S) + 1):
        at_s = index * BEAT_S
        if index:
            concealed += hidden(start_s + at_s - BEAT_S / 2) * BEAT_S * RATE_HZ
        packets = round(50 * at_s)
        voice = audio(
            packets=packets,
            payload_bytes=60 * packets,
            header_bytes=12 * packets,
            samples=round(at_s * RATE_HZ),
            concealed=round(concealed),
            energy=0.01 * at_s,
        )
        picture = video(frames=int(frames_per_s * at_s), packets=packets, width=320, height=240)
        samples.append(sample(start_s + at_s, [voice], [picture], leg=leg, **options))
    return samples


def test_a_clean_call_hides_nothing():
    result = received(call(), 0, 10)
    assert result["hidden_ratio"] == 0
    assert result["longest_gap_ms"] == 0
    assert result["video_fps"] == pytest.approx(15)
    assert (result["video_width"], result["video_height"]) == (320, 240)
    assert (result["freezes"], result["freeze_s"]) == (0, 0)


def test_hidden_audio_is_counted_over_the_window_only():
    samples = call(hidden=lambda at_s: 1.0 if at_s < 2 else 0.1)
    assert received(samples, 2, 10)["hidden_ratio"] == pytest.approx(0.1, abs=0.001)
    assert received(samples, 0, 10)["hidden_ratio"] == pytest.approx(0.28, abs=0.001)


def test_the_longest_gap_runs_through_wholly_hidden_intervals():
    samples = call(hidden=lambda at_s: 1.0 if 3 <= at_s < 4 else 0.0)
    assert received(samples, 0, 10)["longest_gap_ms"] == pytest.approx(1000, abs=1)


def test_partly_hidden_intervals_do_not_add_up_to_one_long_gap():
    samples = call(hidden=lambda _at_s: 0.25)
    assert received(samples, 0, 10)["longest_gap_ms"] == pytest.approx(2 * 0.25 * BEAT_S * 1000, abs=1)


def test_a_leg_that_never_connected_hides_everything():
    result = received([], 0, 10)
    assert result["hidden_ratio"] == 1
    assert result["longest_gap_ms"] == 10_000
    assert (result["video_fps"], result["freezes"], result["freeze_s"]) == (0, 1, 10)
    assert result["rtt_ms"] is None


def test_a_connected_leg_without_a_voice_hides_everything():
    silent = [sample(index * BEAT_S, [audio(samples=round(index * BEAT_S * RATE_HZ))]) for index in range(51)]
    assert received(silent, 0, 10)["hidden_ratio"] == 1


def test_time_between_two_legs_is_hidden_time():
    samples = [*call(4), *call(4, leg=1, start_s=6)]
    result = received(samples, 0, 10)
    assert result["hidden_ratio"] == pytest.approx(0.2)
    assert result["longest_gap_ms"] == pytest.approx(2000, abs=1)


def test_a_leg_that_died_in_the_window_hides_the_rest():
    assert received(call(4), 0, 10)["hidden_ratio"] == pytest.approx(0.6)


def test_an_idle_slot_is_not_taken_for_the_voice():
    samples = []
    for one in call():
        hushed = audio("idle slot", samples=one.audio[0].samples, concealed=one.audio[0].samples)
        samples.append(sample(one.at_s, [hushed, *one.audio], one.video))
    assert received(samples, 0, 10)["hidden_ratio"] == 0


@pytest.mark.parametrize(
    ("options", "overhead_bytes"),
    [
        ({}, 28 + 10),
        ({"cipher": "SRTP_AEAD_AES_128_GCM"}, 28 + 16),
        ({"ipv6": True}, 48 + 10),
    ],
)
def test_wire_rates_count_headers_tag_udp_and_ip(options, overhead_bytes):
    result = received(call(**options), 0, 10)
    assert result["audio_wire_kbps"] == pytest.approx(50 * (60 + 12 + overhead_bytes) * 8 / 1000, rel=0.01)
    assert result["video_wire_kbps"] == pytest.approx(50 * overhead_bytes * 8 / 1000, rel=0.01)


def test_a_stream_that_begins_inside_the_window_counts_from_zero():
    before = [sample(index * BEAT_S) for index in range(10)]
    samples = [*before, *call(8, start_s=2)]
    assert received(samples, 0, 10)["video_fps"] == pytest.approx(12)


def test_less_than_one_frame_a_second_is_a_frozen_picture():
    result = received(call(frames_per_s=0.4), 0, 10)
    assert result["freezes"] >= 1
    assert result["freeze_s"] == 10


def test_freezes_that_chromium_counts_are_kept():
    samples = [
        sample(
            one.at_s,
            one.audio,
            [video(frames=one.video[0].frames, freezes=index // 20, freeze_s=index / 100)],
        )
        for index, one in enumerate(call())
    ]
    result = received(samples, 0, 10)
    assert (result["freezes"], result["freeze_s"]) == (2, 0.5)


def test_the_round_trip_is_the_mean_of_what_was_known():
    samples = [sample(0, rtt_s=None), sample(1, rtt_s=0.8), sample(2, rtt_s=0.9)]
    assert received(samples, 0, 2)["rtt_ms"] == pytest.approx(850)


def test_first_audio_is_the_first_energy_after_the_moment():
    samples = [
        sample(0, [audio(energy=0.0)]),
        sample(1, [audio(energy=0.0)]),
        sample(2, [audio(energy=1e-5)]),
        sample(3, [audio(energy=2e-5)]),
    ]
    assert first_audio_s(samples, 0.5) == 2
    assert first_audio_s(samples, 2.5) == 3
    assert first_audio_s(samples, 3.5) is None


def test_energy_of_a_new_leg_counts_from_zero():
    samples = [sample(0, [audio(energy=5.0)], leg=0), sample(2, [audio(energy=0.01)], leg=1)]
    assert first_audio_s(samples, 1) == 2


def test_first_video_is_the_first_frame_after_the_moment():
    samples = [sample(0), sample(1, videos=[video()]), sample(2, videos=[video(frames=1)])]
    assert first_video_s(samples, 0.5) == 2
    assert first_video_s(samples, 2.5) is None


def test_what_happened_can_be_asked_for():
    collected = Collected(
        opened_s=0,
        states=[StateChange(0, "new", 1), StateChange(0, "connected", 2), StateChange(1, "connected", 9)],
        clicks=[Click("accept", 3), Click("mute", 4), Click("accept", 5)],
        samples=[],
    )
    assert collected.connected_s() == 2
    assert collected.connected_s(after_s=3) == 9
    assert collected.connected_s(after_s=10) is None
    assert collected.clicked_s("accept") == 5
    assert collected.clicked_s("end") is None
