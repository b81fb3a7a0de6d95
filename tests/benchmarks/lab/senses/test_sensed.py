"""Sound from a page, anchored in time."""

import numpy as np
import pytest

from benchmarks.lab.senses.sensed import Ear, End, recording

PCM = np.arange(480, dtype="<i2").tobytes()


def test_the_batch_that_was_noted_soonest_tells_the_beginning():
    ends = [End(100.35, 16), End(100.4, 32), End(100.33, 48)]
    ear = recording(Ear(160, ends, PCM))
    assert ear is not None
    assert ear.began_s == pytest.approx(100.03)
    assert ear.rate_hz == 160
    assert ear.samples[479] == pytest.approx(479 / 32767)


def test_what_a_busy_page_lost_is_silence_and_the_rest_stands_at_its_time():
    # A second of 160 samples is lost after the first batch; the second batch is noted late, the third is not.
    ends = [End(100.1, 16), End(101.9, 32), End(101.3, 48)]
    ear = recording(Ear(160, ends, PCM[: 2 * 48]))
    assert ear is not None
    assert ear.began_s == pytest.approx(100.0)
    assert list(ear.samples[:16] * 32767) == pytest.approx(range(16))
    assert not ear.samples[16:176].any()
    assert list(ear.samples[176:] * 32767) == pytest.approx(range(16, 48))


@pytest.mark.parametrize("ear", [None, Ear(0, [], b"")])
def test_a_track_that_gave_nothing_is_no_recording(ear):
    assert recording(ear) is None
