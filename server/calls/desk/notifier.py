"""Tells pages every change of their consultations, but never a change that is not on disk.

Owns: the consultations that have changed since pages were told, and the time of the next update of the queue. Must
never change a consultation.

While a turn holds the lock (turn.py), a decision may not be on disk yet: `flush` then tells nothing, and the turn
calls it after it has released the lock. `tell` may be called under the lock once the decision is saved.

A participant on a thin link gets updates that concern only links and rungs at most once per THIN_NOTICE_EVERY_S,
each with the newest state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from server.calls import views
from server.calls.background import Background
from server.calls.desk.heldlegs import HeldLegs
from server.calls.desk.queueviews import QueueViews
from server.sockets.hub import Hub
from signaling import messages as wire
from signaling.consultation import Consultation, Member
from signaling.limits import QUEUE_EVERY_S, THIN_LINK_KBPS, THIN_NOTICE_EVERY_S
from signaling.pairing import Pairing


class Notifier:
    """Tells pages the changes of consultations, duty and queue."""

    def __init__(
        self,
        pairing: Pairing,
        held: HeldLegs,
        hub: Hub,
        queue_views: QueueViews,
        *,
        lock: asyncio.Lock,
        background: Background,
    ) -> None:
        self._pairing = pairing
        self._held = held
        self._hub = hub
        self._queue_views = queue_views
        self._lock = lock
        self._background = background
        self._changed: set[str] = set()
        self._links_changed: set[str] = set()
        self._interval_timers: dict[str, asyncio.TimerHandle] = {}
        self._pending_consultation: dict[str, str] = {}
        self._queue_timer: asyncio.TimerHandle | None = None
        self._queue_shown_at = float("-inf")

    def stop(self) -> None:
        """Cancel all timers: nobody is told anything later."""
        if self._queue_timer is not None:
            self._queue_timer.cancel()
        for timer in self._interval_timers.values():
            timer.cancel()

    def touch(self, consultation_id: str) -> None:
        """A consultation, or the state of its participants, has changed."""
        self._changed.add(consultation_id)
        self.flush()

    def touch_links(self, consultation_id: str) -> None:
        """Only the links of a consultation's participants have changed."""
        self._links_changed.add(consultation_id)
        self.flush()

    def touch_waiting(self) -> None:
        """The people on duty or the offers may have changed, and with them every waiting consultation."""
        self._changed.update(record.consultation_id for record in self._pairing.queue())
        self._show_queue_soon()
        self.flush()

    def flush(self) -> None:
        """Tell all changes, unless a decision is being written."""
        if self._lock.locked() or not (self._changed or self._links_changed):
            return
        for consultation_id in self._links_changed - self._changed:
            found = self._pairing.get(consultation_id)
            if found is not None:
                self.tell(found, [m.participant_id for m in found.members if self._may_tell_now(m, found)])
        self._links_changed.clear()
        for consultation_id in self._changed:
            found = self._pairing.get(consultation_id)
            if found is not None:
                self.tell(found, [m.participant_id for m in found.members])
        self._changed.clear()
        self._show_queue_soon()

    def tell(self, found: Consultation, to: Iterable[str]) -> None:
        """Send the state of one consultation to these participants now."""
        message = views.consultation(found, self._participant)
        # Mediators and former members must not get a patient's words.
        without_reason = msgspec.structs.replace(message, reason="")
        for participant_id in to:
            self._pending_consultation.pop(participant_id, None)
            member = found.member(participant_id)
            clinical = member is not None and member.role is not wire.Role.MEDIATOR
            shown = message if clinical else without_reason
            self._hub.post(participant_id, shown, f"consultation:{found.consultation_id}")

    def _may_tell_now(self, member: Member, found: Consultation) -> bool:
        """Whether to tell a member now; if not, it gets the newest state when its interval is over."""
        participant_id = member.participant_id
        if participant_id in self._interval_timers:
            self._pending_consultation[participant_id] = found.consultation_id
            return False
        quality = self._held.quality(participant_id)
        known = [kbps for kbps in (quality.down_kbps, quality.up_kbps) if kbps is not None]
        if known and min(known) < THIN_LINK_KBPS:
            loop = asyncio.get_running_loop()
            self._interval_timers[participant_id] = loop.call_later(
                THIN_NOTICE_EVERY_S, self._interval_over, participant_id
            )
        return True

    def _interval_over(self, participant_id: str) -> None:
        del self._interval_timers[participant_id]
        consultation_id = self._pending_consultation.pop(participant_id, None)
        found = self._pairing.get(consultation_id) if consultation_id is not None else None
        member = found.member(participant_id) if found is not None else None
        if found is None or member is None:
            return
        if self._lock.locked():
            self.touch(found.consultation_id)  # told when the decision is on disk
        elif self._may_tell_now(member, found):
            self.tell(found, [participant_id])

    def tell_duty(self, clinician_id: str) -> None:
        """Tell a clinician whether the server counts them as on duty."""
        self._hub.post(clinician_id, wire.Duty(on=clinician_id in self._pairing.on_duty), "duty")

    def _participant(self, member: Member) -> wire.Participant:
        rungs = self._held.rungs(member.participant_id)
        audio_muted, video_muted = self._held.muted(member.participant_id)
        audio_fault, video_fault = self._held.faults(member.participant_id)
        return wire.Participant(
            participant_id=member.participant_id,
            role=member.role,
            name=member.name,
            presence=member.presence,
            audio_muted=audio_muted,
            video_muted=video_muted,
            audio_fault=audio_fault or msgspec.UNSET,
            video_fault=video_fault or msgspec.UNSET,
            link=self._held.quality(member.participant_id),
            rung_down=rungs.down if rungs else None,
            rung_up=rungs.up if rungs else None,
            rung_reason=rungs.reason if rungs else None,
        )

    def _show_queue_soon(self) -> None:
        """Send the queue at once, but at most once per QUEUE_EVERY_S."""
        if self._queue_timer is None:
            loop = asyncio.get_running_loop()
            wait_s = max(0.0, self._queue_shown_at + QUEUE_EVERY_S - loop.time())
            self._queue_timer = loop.call_later(wait_s, lambda: self._background.spawn(self._show_queue()))

    async def _show_queue(self) -> None:
        async with self._lock:
            self._queue_timer = None
            self._queue_shown_at = asyncio.get_running_loop().time()
            self._queue_views.show()
        self.flush()
