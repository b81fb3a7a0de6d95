"""The loss of the last seconds."""

from media.core.estimate.losswindow import LossWindow


def test_gives_the_share_lost() -> None:
    window = LossWindow()
    for step in range(10):
        window.sample(100 * step, 5 * step, 250.0 * step)
    assert window.ratio == 0.05


def test_forgets_what_is_older_than_the_window() -> None:
    window = LossWindow()
    window.sample(0, 0, 0.0)
    window.sample(100, 50, 1_000.0)
    for step in range(1, 21):
        window.sample(100 + 20 * step, 50, 1_000.0 + 250.0 * step)
    assert window.ratio == 0.0


def test_gives_nothing_on_too_few_packets() -> None:
    window = LossWindow()
    window.sample(0, 0, 0.0)
    window.sample(4, 2, 500.0)
    assert window.ratio == 0.0


def test_begins_anew_with_a_new_source() -> None:
    window = LossWindow()
    window.sample(1_000, 500, 0.0)
    window.sample(0, 0, 500.0)
    window.sample(100, 1, 1_000.0)
    assert window.ratio == 0.01


def test_late_packets_never_make_the_ratio_negative() -> None:
    window = LossWindow()
    window.sample(100, 10, 0.0)
    window.sample(200, 5, 500.0)
    assert window.ratio == 0.0
