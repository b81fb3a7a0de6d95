"""Alignment and intelligibility on sound whose fate is known."""

import numpy as np
import pytest

from benchmarks.lab.senses.hearing import RATE_HZ, Recording, find, judged, resample

SECONDS = 20


def voice(seconds=SECONDS, seed=1):
    """Noise with the rhythm of syllables and pauses: as hard to mistake as speech."""
    rng = np.random.default_rng(seed)
    count = seconds * RATE_HZ
    at_s = np.arange(count) / RATE_HZ
    rhythm = np.maximum(0, np.sin(2 * np.pi * 3 * at_s)) * (np.sin(2 * np.pi * 0.3 * at_s) > -0.7)
    smooth = np.convolve(rng.normal(size=count), np.hanning(9), mode="same")
    return 0.1 * smooth * rhythm


def late(samples, delay_s):
    shift = round(delay_s * RATE_HZ)
    return np.concatenate([np.zeros(shift), samples])


def heard(samples, delay_s, **options):
    return judged(Recording(voice(), 100.0), Recording(late(samples, delay_s), 100.0), **options)


@pytest.mark.parametrize("delay_s", [0.05, 0.65, 3.2])
def test_a_delay_is_found_whatever_it_is(delay_s):
    result = heard(voice(), delay_s)
    assert result["mouth_to_ear_ms"] == pytest.approx(1000 * delay_s, abs=1)
    assert result["mouth_to_ear_p95_ms"] == pytest.approx(1000 * delay_s, abs=1)
    assert result["stoi"] > 0.99


def test_the_beginnings_of_both_recordings_count():
    result = judged(Recording(voice(), 100.0), Recording(late(voice(), 0.3), 100.2))
    assert result["mouth_to_ear_ms"] == pytest.approx(500, abs=1)


def test_recordings_of_another_rate_are_understood():
    wide = resample(late(voice(), 0.4), RATE_HZ, 48_000)
    result = judged(Recording(voice(), 0.0), Recording(wide, 0.0, 48_000))
    assert result["mouth_to_ear_ms"] == pytest.approx(400, abs=1)


def test_a_delay_that_grows_is_told_and_does_not_count_against_the_voice():
    first, last = voice()[: 14 * RATE_HZ], voice()[14 * RATE_HZ :]
    waited = np.concatenate([first, np.zeros(RATE_HZ // 2), last])
    result = heard(waited, 0.2)
    assert result["mouth_to_ear_ms"] == pytest.approx(200, abs=1)
    assert result["mouth_to_ear_p95_ms"] == pytest.approx(700, abs=1)
    assert result["stoi"] > 0.9


def test_noise_and_gaps_are_heard_in_the_intelligibility_but_not_in_the_delay():
    noise = np.random.default_rng(2).normal(0, 0.03, SECONDS * RATE_HZ)
    gaps = voice() * (np.arange(SECONDS * RATE_HZ) // (RATE_HZ // 5) % 3 > 0)
    for worse in (voice() + noise, gaps):
        result = heard(worse, 0.5)
        assert result["mouth_to_ear_ms"] == pytest.approx(500, abs=2)
        assert 0.2 < result["stoi"] < 0.97


@pytest.mark.parametrize("other", [voice(seed=9), np.zeros(SECONDS * RATE_HZ)])
def test_another_voice_or_silence_is_not_mistaken_for_the_source(other):
    result = heard(other, 0.2)
    assert result["mouth_to_ear_found"] == 0
    assert result["mouth_to_ear_ms"] is None
    assert result["stoi"] is None


def test_nothing_recorded_gives_nothing_and_says_so():
    result = judged(Recording(voice(), 0.0), None)
    assert result["mouth_to_ear_ms"] is None
    assert result["pesq_wb"] is None
    assert result["pesq_reason"]


def test_pauses_are_not_looked_for():
    quiet = np.concatenate([np.zeros(10 * RATE_HZ), voice()[: 10 * RATE_HZ]])
    found = find(Recording(quiet, 0.0), Recording(quiet, 0.0))
    assert found
    assert all(one.said_s > 8.9 for one in found)
