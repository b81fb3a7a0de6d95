"""Whether one publisher's voice runs clean or suffers, on the uplink and on the downlinks of its receivers.

Owns: the ordinary loss of a link, the verdict that voice suffers from more than that, and how long voice has run
clean. Must never decide what is sent: picturelife.py and steering.py do. Times are ms on the caller's clock.
"""

from __future__ import annotations

from collections.abc import Sequence

from media.core.quality.views import PublisherView, ReceiverView

# A picture starts only after voice has run clean for this long.
CLEAN_VOICE_MS = 2_000.0
# A conversation tolerates a one-way delay of 400 ms (ITU-T G.114); this queue takes most of it.
SUFFERING_QUEUE_MS = 300.0
# A picture on trial is a guess: a shorter queue is enough to show that the guess was wrong.
TRIAL_QUEUE_MS = 200.0
# Voice suffers if loss exceeds the ordinary loss by this: three standard errors of 20 % loss over 70 voice packets.
SUFFERING_LOSS = 0.15
# An uplink has collapsed if voice suffers from its queue and it also loses this share of packets.
COLLAPSE_LOSS = 0.25
# How fast ordinary loss follows the measured loss: without video, as long as voice must run clean anyway. With
# video it follows slowly, so that loss caused by video does not count as ordinary.
QUIET_LEARNING_MS = CLEAN_VOICE_MS
VIDEO_LEARNING_MS = 20_000.0


class OrdinaryLoss:
    """The ordinary loss of a link, learnt mainly while only voice flows."""

    def __init__(self) -> None:
        self._ratio: float | None = None

    def learn(self, loss_ratio: float, step_ms: float, *, video: bool) -> None:
        """Take in the loss, `step_ms` after the last call; ``video``: a picture flows and may cause some of it."""
        if self._ratio is None:
            self._ratio = loss_ratio
        learning_ms = VIDEO_LEARNING_MS if video else QUIET_LEARNING_MS
        self._ratio += (loss_ratio - self._ratio) * min(1.0, step_ms / learning_ms)

    def grew(self, loss_ratio: float) -> bool:
        """Whether this loss is clearly more than the ordinary loss."""
        return loss_ratio - (self._ratio or 0.0) > SUFFERING_LOSS


class VoiceHealth:
    """One publisher's voice; call `follow` four times a second, then read the verdicts."""

    def __init__(self, now_ms: float) -> None:
        self.suffers = False
        """Whether voice suffers, on the uplink or on a downlink."""
        self.uplink_suffers = False
        self.uplink_collapsed = False
        self._uplink_loss = OrdinaryLoss()
        self._downlink_loss = OrdinaryLoss()
        self._last_ms = now_ms
        self._clean_since_ms: float | None = None

    def follow(
        self,
        now_ms: float,
        publisher: PublisherView,
        receivers: Sequence[ReceiverView],
        *,
        video: bool,
        trial: bool,
    ) -> None:
        """Judge the links as they are now; ``video``: a picture flows, ``trial``: the picture is on trial."""
        step_ms, self._last_ms = max(0.0, now_ms - self._last_ms), now_ms
        downlink_loss = max(receiver.loss_ratio for receiver in receivers)
        downlink_queue_ms = max(receiver.queue_ms for receiver in receivers)
        self._downlink_loss.learn(downlink_loss, step_ms, video=video)
        self._follow_uplink(publisher, step_ms, video=video, trial=trial)
        self.suffers = (
            self.uplink_suffers
            or downlink_queue_ms > _bearable_queue_ms(trial=trial)
            or self._downlink_loss.grew(downlink_loss)
        )
        flows = publisher.audio_muted or publisher.uplink_received_bps > 0
        if self.suffers or not flows:
            self._clean_since_ms = None
        elif self._clean_since_ms is None:
            self._clean_since_ms = now_ms

    def _follow_uplink(self, publisher: PublisherView, step_ms: float, *, video: bool, trial: bool) -> None:
        queue_ms, loss_ratio = publisher.uplink_queue_ms or 0.0, publisher.uplink_loss_ratio
        self._uplink_loss.learn(loss_ratio, step_ms, video=video)
        self.uplink_suffers = queue_ms > _bearable_queue_ms(trial=trial) or self._uplink_loss.grew(loss_ratio)
        self.uplink_collapsed = publisher.uplink_collapsed or (
            queue_ms > SUFFERING_QUEUE_MS and loss_ratio > COLLAPSE_LOSS
        )

    def is_clean(self, now_ms: float) -> bool:
        """Whether voice has run clean for long enough that a picture may start."""
        return self._clean_since_ms is not None and now_ms - self._clean_since_ms >= CLEAN_VOICE_MS

    def start_over(self) -> None:
        """A picture has just given way to voice: voice must run clean again from now on."""
        self._clean_since_ms = None


def _bearable_queue_ms(*, trial: bool) -> float:
    return TRIAL_QUEUE_MS if trial else SUFFERING_QUEUE_MS
