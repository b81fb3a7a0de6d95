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


@pytest.mark.parametrize("ear", [None, Ear(0, [], b"")])
def test_a_track_that_gave_nothing_is_no_recording(ear):
    assert recording(ear) is None
