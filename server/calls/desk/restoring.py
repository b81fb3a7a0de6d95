"""What a start takes up again, checked against what is on disk by now.

Owns: carrying out what the process before could not: an agreement that was taken back, a clinician who was shut
out. Must never let anybody into a room whose consultation is over on disk.
"""

from __future__ import annotations

import structlog

from server.calls.desk.state import DeskState
from server.calls.desk.turn import Turns
from server.calls.store_port import Ended
from server.platform.faults import where
from signaling import consultation as life
from signaling.consultation import Consultation, ConsultationRecord
from signaling.errors import Refused
from signaling.states import ATTENDED, Event

log = structlog.get_logger(__name__)


async def restored(state: DeskState, turns: Turns) -> list[Consultation]:
    """Every consultation that goes on after a start, with those who are still in it."""
    found = await state.store.load_open()
    ended = {record.consultation_id: await state.store.ended_meanwhile(record) for record in found}
    for record in found:
        if ended[record.consultation_id] is Ended.AGREEMENT:
            await _close(state, record)
    go_on = [record for record in found if ended[record.consultation_id] is not Ended.AGREEMENT]
    for consultation in state.pairing.restore(go_on):
        if ended[consultation.consultation_id] is Ended.CLINICIAN:
            await _release(state, turns, consultation)
    return state.pairing.everything()


async def _close(state: DeskState, record: ConsultationRecord) -> None:
    """The patient has taken the agreement back. What cannot be written is tried again at the next start."""
    before = life.reload(record).consultation
    event = Event.END if before.state in ATTENDED else Event.CANCEL
    over = life.finish(before, event, record.station_id, state.clock()).consultation
    try:
        await state.store.save(over.record)
    except Exception as error:
        log.error("revoked_not_closed", consultation_id=record.consultation_id, **where(error))


async def _release(state: DeskState, turns: Turns, consultation: Consultation) -> None:
    """Whoever was in charge has no account as a clinician any more: the patient waits for another one."""
    clinician_id = consultation.record.clinician_id
    if clinician_id is None:
        return
    try:
        async with turns.begin(consultation.consultation_id) as turn:
            turn.step = state.pairing.give_up(clinician_id)
    except Refused as refused:  # given up when nobody has come back in time
        log.error("not_released", code=refused.code, consultation_id=consultation.consultation_id)
