"""STOI against values of the published implementation (pystoi 0.4.1) on the same samples."""

import numpy as np
import pytest

from benchmarks.lab.senses.stoi import RATE_HZ, stoi


def speech():
    """Three seconds with the rhythm and the spectrum of syllables, the same on every machine."""
    rng = np.random.default_rng(7)
    at_s = np.arange(3 * RATE_HZ) / RATE_HZ
    loudness = np.maximum(0, np.sin(2 * np.pi * 2.5 * at_s)) ** 2
    tone = sum(
        np.sin(2 * np.pi * pitch * at_s * (1 + 0.02 * np.sin(5 * at_s))) for pitch in (150, 310, 900, 2300)
    )
    return loudness * (tone + 0.3 * rng.normal(size=len(at_s)))


def noisy(deviation):
    return speech() + np.random.default_rng(3).normal(0, deviation, 3 * RATE_HZ)


def test_speech_is_understood_by_itself_at_any_loudness():
    assert stoi(speech(), speech()) == pytest.approx(1)
    assert stoi(speech(), 0.01 * speech()) == pytest.approx(1)


@pytest.mark.parametrize(("deviation", "published"), [(0.1, 0.9807), (0.5, 0.7916), (2.0, 0.549)])
def test_noise_counts_as_published(deviation, published):
    assert stoi(speech(), noisy(deviation)) == pytest.approx(published, abs=0.002)


def test_more_noise_is_understood_less():
    values = [stoi(speech(), noisy(deviation)) for deviation in (0.05, 0.3, 1.0, 4.0)]
    assert values == sorted(values, reverse=True)


def test_missing_words_count():
    gaps = speech() * (np.arange(3 * RATE_HZ) // 1500 % 2)
    assert stoi(speech(), gaps) < 0.8


def test_too_little_speech_gives_no_value():
    assert stoi(speech()[:2000], speech()[:2000]) is None
    assert stoi(np.zeros(0), np.zeros(0)) is None
