"""The waiting room's two screens: the queue of the clinicians and the place of each station.

Owns: what was last shown to whom, and how often it may change. Must never change the queue.
"""

from __future__ import annotations

from collections.abc import Callable

from server.consultations import views
from server.consultations.legs import Legs
from server.hub import Hub
from signaling import messages as wire
from signaling.consultation import ConsultationRecord
from signaling.pairing import Pairing
from signaling.queue import waiting_s

# Of a queue, what makes it worth sending again: everything but the waiting times, which pages count up.
Shown = tuple[tuple[str, int], ...]


class Board:
    """Shows the queue. ``clock`` gives UTC seconds."""

    def __init__(self, pairing: Pairing, legs: Legs, hub: Hub, clock: Callable[[], float]) -> None:
        self._pairing = pairing
        self._legs = legs
        self._hub = hub
        self._clock = clock
        self._shown: dict[str, Shown] = {}
        self._placed: dict[str, tuple[str, int, int]] = {}

    def show(self) -> None:
        """Tell everybody for whom something has changed."""
        queue = self._pairing.queue()
        on_duty = self._pairing.on_duty
        for gone in self._shown.keys() - on_duty:
            del self._shown[gone]
        shown = self._summary(queue)
        for clinician_id in on_duty:
            if self._shown.get(clinician_id) != shown:
                self._show_queue(clinician_id, queue, shown)
        for station_id in self._placed.keys() - {record.station_id for record in queue}:
            del self._placed[station_id]
        for place, record in enumerate(queue, 1):
            if self._placed.get(record.station_id) != (record.consultation_id, place, len(on_duty)):
                self._show_place(record, place)

    def forget_place(self, station_id: str) -> None:
        """A station waits anew: tell it its place even if that is what it was last told."""
        self._placed.pop(station_id, None)

    def show_places(self) -> None:
        """Tell every waiting station again: a patient must see that somebody still counts."""
        for place, record in enumerate(self._pairing.queue(), 1):
            self._show_place(record, place)

    def show_to(self, participant_id: str) -> None:
        """Tell one participant, changed or not."""
        queue = self._pairing.queue()
        if participant_id in self._pairing.on_duty:
            self._show_queue(participant_id, queue, self._summary(queue))
        for place, record in enumerate(queue, 1):
            if record.station_id == participant_id:
                self._show_place(record, place)

    def _summary(self, queue: list[ConsultationRecord]) -> Shown:
        return tuple((r.consultation_id, self._legs.quality(r.station_id).level) for r in queue)

    def _show_queue(self, clinician_id: str, queue: list[ConsultationRecord], shown: Shown) -> None:
        now = self._clock()
        entries = [views.queue_entry(r, now, self._legs.quality(r.station_id)) for r in queue]
        self._hub.post(clinician_id, wire.Queue(entries=entries), "queue")
        self._shown[clinician_id] = shown

    def _show_place(self, record: ConsultationRecord, place: int) -> None:
        on_duty = len(self._pairing.on_duty)
        message = wire.Waiting(
            consultation_id=record.consultation_id,
            position=place,
            on_duty=on_duty,
            waiting_s=waiting_s(record, self._clock()),
        )
        self._hub.post(record.station_id, message, "waiting")
        self._placed[record.station_id] = (record.consultation_id, place, on_duty)
