"""Consultations over the real database: every acknowledged one survives a restart on the same file."""

from __future__ import annotations

import time

from server.calls import Consultations
from server.calls.store import DatabaseConsultationStore
from server.people.principal import Principal
from server.sockets.hub import Hub
from signaling.messages import Accept, ConsultationState, RequestConsultation, Role, SetDuty, Urgency
from tests.support.databases import agree
from tests.support.server import Server
from tests.support.signaling import MediaRecorder


async def test_an_acknowledged_consultation_survives_a_restart(server: Server) -> None:
    code = await server.new_station()
    station = Principal(code.station_id, Role.STATION, "Poste 1", "CSRéf de Kayes")
    doctor, late = [
        Principal(await server.new_doctor(login, name), Role.CLINICIAN, name, "Bamako")
        for login, name in (("un", "Dr Un"), ("deux", "Dr Deux"))
    ]
    store = DatabaseConsultationStore(server.services.database, server.services.trail, time.time)

    before = Consultations(store, MediaRecorder(), Hub())
    await before.start()
    await before.received(station, RequestConsultation(urgency=Urgency.RED, reason="fièvre"))
    (asked,) = await store.load_open()
    assert (asked.reason, asked.clinician_id) == ("fièvre", None)
    await agree(server.services.database, asked.consultation_id)
    await before.received(doctor, SetDuty(on=True))
    await before.received(doctor, Accept(consultation_id=asked.consultation_id))
    (taken,) = await store.load_open()
    assert (taken.state, taken.clinician_id) == (ConsultationState.ACCEPTED, doctor.participant_id)
    assert taken.requested_at == asked.requested_at
    await before.stop()

    hub = Hub(resume_within_s=0)
    after = Consultations(store, MediaRecorder(), hub)
    await after.start()
    await hub.sweep()
    (handed_back,) = await store.load_open()
    assert (handed_back.state, handed_back.clinician_id) == (ConsultationState.REQUESTED, None)
    await after.received(late, SetDuty(on=True))
    await after.received(late, Accept(consultation_id=asked.consultation_id))
    (taken,) = await store.load_open()
    assert (taken.clinician_id, taken.requested_at) == (late.participant_id, asked.requested_at)
    await after.stop()
