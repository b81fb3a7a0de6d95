"""The two views of the queue: the list for clinicians on duty, and its place for each waiting station.

Owns: the view that each participant saw last, so that only changes are sent. Must never change the queue.
"""

from __future__ import annotations

from collections.abc import Callable

from server.calls import views
from server.calls.desk.heldlegs import BLOCKED, HeldLegs
from server.rosters.expectedwait import UNKNOWN, ExpectedWait
from server.sockets.hub import Hub
from signaling import messages as wire
from signaling.consultation import ConsultationRecord
from signaling.pairing import Pairing
from signaling.queue import waiting_s
from signaling.routing import OfferWidth, shown_width, width_after

# The parts of a queue whose change is sent: everything but the waiting times, which pages count up themselves.
Shown = tuple[tuple[str, int, bool, bool], ...]
# A place: consultation, position, number of clinicians who are offered it, width of the offer, expected wait.
Place = tuple[str, int, int, OfferWidth, ExpectedWait]


class QueueViews:
    """Sends both views. ``clock`` gives UTC seconds."""

    def __init__(self, pairing: Pairing, held: HeldLegs, hub: Hub, clock: Callable[[], float]) -> None:
        self._pairing = pairing
        self._held = held
        self._hub = hub
        self._clock = clock
        self._shown: dict[str, Shown] = {}
        self._placed: dict[str, Place] = {}
        self._expected: dict[str, ExpectedWait] = {}

    def expect(self, consultation_id: str, expected: ExpectedWait) -> None:
        """Set the expected wait of a consultation."""
        self._expected[consultation_id] = expected

    def is_expected(self, consultation_id: str) -> bool:
        """Whether the expected wait of a consultation is set."""
        return consultation_id in self._expected

    def show(self) -> None:
        """Send each view that has changed."""
        queue = self._pairing.queue()
        on_duty = self._pairing.on_duty
        for gone in self._shown.keys() - on_duty:
            del self._shown[gone]
        for clinician_id in on_duty:
            offered = self._pairing.queue_of(clinician_id)
            if self._shown.get(clinician_id) != self._summary(clinician_id, offered):
                self._show_queue(clinician_id, offered)
        for station_id in self._placed.keys() - {record.station_id for record in queue}:
            del self._placed[station_id]
        for gone in self._expected.keys() - {record.consultation_id for record in queue}:
            del self._expected[gone]
        for number, record in enumerate(queue, 1):
            if self._placed.get(record.station_id) != self._place(record, number):
                self._show_place(record, number)

    def forget_place(self, station_id: str) -> None:
        """Forget the last place of a station that waits again, so that it gets its place even if unchanged."""
        self._placed.pop(station_id, None)

    def show_places(self) -> None:
        """Send its place to every waiting station again: a patient must see that the request still counts."""
        for place, record in enumerate(self._pairing.queue(), 1):
            self._show_place(record, place)

    def show_to(self, participant_id: str) -> None:
        """Send one participant its view, changed or not."""
        if participant_id in self._pairing.on_duty:
            self._show_queue(participant_id, self._pairing.queue_of(participant_id))
        for place, record in enumerate(self._pairing.queue(), 1):
            if record.station_id == participant_id:
                self._show_place(record, place)

    def _summary(self, clinician_id: str, queue: list[ConsultationRecord]) -> Shown:
        return tuple(
            (
                r.consultation_id,
                self._held.quality(r.station_id).level,
                self._held.quality(r.station_id) is BLOCKED,
                r.wishes.clinician_id == clinician_id,
            )
            for r in queue
        )

    def _show_queue(self, clinician_id: str, queue: list[ConsultationRecord]) -> None:
        now, skills = self._clock(), self._pairing.skills(clinician_id)
        entries = [
            views.queue_entry(r, now, self._held.quality(r.station_id), clinician_id, skills) for r in queue
        ]
        self._hub.post(clinician_id, wire.Queue(entries=entries), "queue")
        self._shown[clinician_id] = self._summary(clinician_id, queue)

    def _place(self, record: ConsultationRecord, number: int) -> Place:
        return (
            record.consultation_id,
            number,
            len(self._pairing.offered_to(record)),
            shown_width(
                record.wishes,
                width_after(record.urgency, self._clock() - record.offered_since),
                self._pairing.on_duty,
            ),
            self._expected.get(record.consultation_id, UNKNOWN),
        )

    def _show_place(self, record: ConsultationRecord, number: int) -> None:
        place = self._place(record, number)
        _, _, offered, widened, expected_wait = place
        now = self._clock()
        message = wire.Waiting(
            consultation_id=record.consultation_id,
            position=number,
            on_duty=offered,
            waiting_s=waiting_s(record, now),
            widened=views.WIDENED[widened],
            expected_median_s=expected_wait.median_s,
            expected_low_s=expected_wait.low_s,
            expected_high_s=expected_wait.high_s,
            next_on_duty_in_s=None if offered else expected_wait.next_in_s(now),
            handed_over_by=record.handed_over_by,
            handed_over_to=record.wishes.clinician_name if record.handed_over_by else "",
        )
        self._hub.post(record.station_id, message, "waiting")
        self._placed[record.station_id] = place
