"""When voice suffers, and when it counts as clean."""

from __future__ import annotations

from dataclasses import replace

from media.core.quality.views import PublisherView, ReceiverView
from media.core.quality.voicehealth import (
    CLEAN_VOICE_MS,
    COLLAPSE_LOSS,
    SUFFERING_LOSS,
    SUFFERING_QUEUE_MS,
    TRIAL_QUEUE_MS,
    OrdinaryLoss,
    VoiceHealth,
)

STEP_MS = 250.0
SPEAKING = PublisherView(uplink_received_bps=24_000, uplink_queue_ms=0.0)
NEAR = ReceiverView(estimate_bps=1_000_000)


def judge(
    health: VoiceHealth,
    since_ms: float,
    for_ms: float,
    publisher: PublisherView = SPEAKING,
    *receivers: ReceiverView,
    trial: bool = False,
) -> VoiceHealth:
    for step in range(int(for_ms / STEP_MS) + 1):
        now_ms = since_ms + step * STEP_MS
        health.follow(now_ms, publisher, receivers or (NEAR,), video=trial, trial=trial)
    return health


def test_voice_is_clean_after_a_while_without_trouble() -> None:
    health = judge(VoiceHealth(0), 0, CLEAN_VOICE_MS)
    assert not health.is_clean(CLEAN_VOICE_MS - STEP_MS)
    assert health.is_clean(CLEAN_VOICE_MS)
    health.start_over()
    assert not health.is_clean(60_000)


def test_voice_that_does_not_arrive_is_not_clean_unless_it_is_muted() -> None:
    silent = replace(SPEAKING, uplink_received_bps=0)
    assert not judge(VoiceHealth(0), 0, 10_000, silent).is_clean(10_000)
    assert judge(VoiceHealth(0), 0, 10_000, replace(silent, audio_muted=True)).is_clean(10_000)


def test_a_queue_on_either_link_makes_voice_suffer() -> None:
    queued = replace(SPEAKING, uplink_queue_ms=SUFFERING_QUEUE_MS + 1)
    assert judge(VoiceHealth(0), 0, 0, queued).uplink_suffers
    far = replace(NEAR, queue_ms=SUFFERING_QUEUE_MS + 1)
    health = judge(VoiceHealth(0), 0, 0, SPEAKING, NEAR, far)
    assert health.suffers
    assert not health.uplink_suffers
    assert not judge(health, STEP_MS, 0).suffers


def test_a_picture_on_trial_may_queue_less() -> None:
    queued = replace(SPEAKING, uplink_queue_ms=TRIAL_QUEUE_MS + 1)
    assert not judge(VoiceHealth(0), 0, 0, queued).suffers
    assert judge(VoiceHealth(0), 0, 0, queued, trial=True).suffers


def test_earlier_loss_is_ordinary_on_each_link_separately() -> None:
    lossy = replace(SPEAKING, uplink_loss_ratio=0.2)
    health = judge(VoiceHealth(0), 0, 5_000, lossy)
    assert not health.suffers
    assert judge(health, 5_250, 0, lossy, replace(NEAR, loss_ratio=0.2)).suffers, "not on the downlink"


def test_ordinary_loss_is_learnt_slowly_under_video() -> None:
    quiet, video = OrdinaryLoss(), OrdinaryLoss()
    for loss, shown in ((quiet, False), (video, True)):
        loss.learn(0.0, 0.0, video=shown)
        for _ in range(8):
            loss.learn(0.2, STEP_MS, video=shown)
    assert not quiet.grew(0.2)
    assert video.grew(0.2)
    assert not OrdinaryLoss().grew(SUFFERING_LOSS)


def test_an_uplink_has_collapsed_when_reported_or_when_it_both_queues_and_loses() -> None:
    assert judge(VoiceHealth(0), 0, 0, replace(SPEAKING, uplink_collapsed=True)).uplink_collapsed
    losing = replace(SPEAKING, uplink_loss_ratio=COLLAPSE_LOSS + 0.01)
    assert not judge(VoiceHealth(0), 0, 0, losing).uplink_collapsed
    assert judge(VoiceHealth(0), 0, 0, replace(losing, uplink_queue_ms=400)).uplink_collapsed
