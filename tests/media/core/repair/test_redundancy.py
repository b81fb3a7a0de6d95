"""The cost of voice, and when it is sent with redundancy."""

from __future__ import annotations

import pytest

from media.core.parameters import AudioSend
from media.core.repair.redundancy import redundancy_pays, voice_wire_bps


@pytest.mark.parametrize(
    ("audio", "measured_kbps"),
    [
        # Measured on the wire of Chromium with these settings.
        (AudioSend(max_bitrate_bps=30_600, ptime_ms=20), 53),
        (AudioSend(max_bitrate_bps=16_500, ptime_ms=60), 24),
        (AudioSend(max_bitrate_bps=6_900, ptime_ms=120), 11.1),
    ],
)
def test_voice_costs_what_was_measured(audio: AudioSend, measured_kbps: float) -> None:
    assert voice_wire_bps(audio) / 1000 == pytest.approx(measured_kbps, rel=0.1)


def test_redundancy_doubles_the_payload_but_not_the_headers() -> None:
    plain, red = voice_wire_bps(AudioSend()), voice_wire_bps(AudioSend(red=True))
    assert plain + 16_000 < red < plain + 17_000


@pytest.mark.parametrize(
    ("known_bps", "loss", "starts", "stays"),
    [
        (200_000, 0.0, True, True),  # wide enough not to wait for the first loss
        (90_000, 0.0, False, True),
        (90_000, 0.01, True, True),
        (64_000, 0.01, False, False),  # redundancy would cost the picture
        (64_000, 0.05, True, True),
        (55_000, 0.05, False, True),
        (40_000, 0.2, False, False),  # redundancy would cost the voice
        (0, 0.2, False, False),  # a direction of unknown rate
    ],
)
def test_redundancy_is_used_only_where_it_pays(
    known_bps: float, loss: float, starts: bool, stays: bool
) -> None:
    assert redundancy_pays(loss, known_bps, was_on=False) is starts
    assert redundancy_pays(loss, known_bps, was_on=True) is stays
