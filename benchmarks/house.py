"""The rows of a national service after some months: people, cases, and an audit trail of any length.

Owns: how many of each there are, drawn from a seed. Rows of cases are written in bulk. The server's own code writes
the trail, so that its hash chain is real. Must never be pointed at a database in use.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from server.calls.tables import CallLeg, ConsultationEvent
from server.cases.tables import CaseFile, CaseNote, CaseParticipant, Consultation, VitalSign
from server.cases.vocabulary import AgeBand, Kind, Sex
from server.people.tables import Account, Site, Station
from server.platform.database.engine import DbSessions
from server.platform.redacted import Redacted
from server.trail.acts import Act
from server.trail.entry import Entry
from server.trail.trail import Trail
from signaling.messages import ConsultationState, Role, Urgency

T = TypeVar("T")

STATIONS = 50
CLINICIANS = 40
# This many of the newest cases wait at one moment: an overloaded night.
WAITING = 60
HISTORY_S = 56 * 24 * 3600
VITALS = (
    ("temperature", 38.4, "Cel"),
    ("pulse", 96.0, "/min"),
    ("systolic", 128.0, "mm[Hg]"),
    ("spo2", 97.0, "%"),
)
SPECIALTIES = ("general", "obstetrics", "paediatrics", "dermatology", "psychology")
STATES = ("requested", "accepted", "in_call", "closed")
# The acts on a case in the proportion of real use: mostly reading.
ACTS = (
    *[Act.CASE_READ] * 12, *[Act.CASES_LISTED] * 4, Act.CASE_OPENED, Act.NOTE_WRITTEN, Act.CONSENT_GIVEN,
    Act.CONSULTATION_REQUESTED, Act.CONSULTATION_ACCEPTED, Act.CONSULTATION_CLOSED,
)  # fmt: skip
# Entries in one transaction; more gains nothing and holds more memory.
ENTRIES_AT_ONCE = 10_000


@dataclass(frozen=True)
class House:
    """The numbers of cases and entries, and the time of the newest one (UTC seconds)."""

    cases: int
    entries: int
    now: float

    def case_id(self, number: int) -> str:
        """Id of the case of this number, oldest first."""
        return f"ca_{number:016x}"


async def fill(house: House, database: DbSessions, progress: Callable[[int], None]) -> None:
    """Write the whole house into an empty database; calls ``progress`` with the rows written."""
    chance = random.Random(7)
    rows: dict[type[Any], list[dict[str, Any]]] = _people(house)
    for number in range(house.cases):
        _case(house, number, chance, rows)
    for table, of_it in rows.items():
        for some in _pieces(iter(of_it)):
            async with database.begin() as db:
                db.add_all(table(**row) for row in some)
            progress(len(some))
    trail = Trail(lambda: house.now)
    for entries in _pieces(_entries(house, chance)):
        async with database.begin() as db:
            await trail.record_all(db, entries)
        progress(len(entries))


def _people(house: House) -> dict[type[Any], list[dict[str, Any]]]:
    numbers = range(STATIONS)
    return {
        Site: [{"id": f"si_{n}", "name": f"CSCom {n}", "created_at": 0.0} for n in numbers],
        Station: [
            {"id": f"st_{n}", "site_id": f"si_{n}", "name": "Poste", "created_at": 0.0} for n in numbers
        ],
        Account: [
            {
                "id": f"ac_{n}",
                "login": f"dr{n}",
                "name": f"Dr {n}",
                "role": Role.CLINICIAN.value,
                "password_hash": "",
                "created_at": 0.0,
            }
            for n in range(CLINICIANS)
        ],
        CaseFile: [],
        Consultation: [],
        CaseParticipant: [],
        ConsultationEvent: [],
        CallLeg: [],
        VitalSign: [],
        CaseNote: [],
    }


def _case(
    house: House, number: int, chance: random.Random, rows: dict[type[Any], list[dict[str, Any]]]
) -> None:
    case_id, station = house.case_id(number), chance.randrange(STATIONS)
    asked = house.now - HISTORY_S * (1 - number / house.cases)
    answered = asked + chance.expovariate(1 / 600)
    clinician = f"ac_{chance.randrange(CLINICIANS)}"
    over = number < house.cases - WAITING
    urgency = chance.choice(list(Urgency)).value
    rows[CaseFile].append(
        {
            "id": case_id,
            "station_id": f"st_{station}",
            "kind": Kind.ORDINARY.value,
            "opened_at": asked - 120,
            "patient_ref": Redacted(f"{chance.randrange(100_000):05d}"),
            "age_band": chance.choice(list(AgeBand)).value,
            "sex": chance.choice(list(Sex)).value,
            "reason_code": "fever",
            "reason_text": Redacted("fièvre depuis trois jours, ne mange plus"),
            "red_flags": "",
            "urgency": urgency,
            "language": "bm",
            "gender_wish": "",
            "mediator_wanted": False,
            "specialty": chance.choice(SPECIALTIES),
        }
    )
    rows[Consultation].append(
        {
            "id": case_id,
            "station_id": f"st_{station}",
            "site": f"CSCom {station}",
            "station_name": "Poste",
            "urgency": urgency,
            "reason": Redacted(""),
            "state": (ConsultationState.CLOSED if over else ConsultationState.REQUESTED).value,
            "requested_at": asked,
            "clinician_id": clinician if over else None,
            "clinician_name": "Dr" if over else None,
            "accepted_at": answered if over else None,
            "closed_at": answered + 900 if over else None,
            "closed_by": clinician if over else None,
        }
    )
    for kind, value, unit in VITALS:
        rows[VitalSign].append(
            {
                "case_id": case_id,
                "kind": kind,
                "value": value,
                "unit": unit,
                "confirmed": False,
                "measured_at": asked - 60,
            }
        )
    for state in STATES if over else STATES[:1]:
        rows[ConsultationEvent].append(
            {"consultation_id": case_id, "state": state, "clinician_id": None, "at": asked}
        )
    if over:
        rows[CallLeg] += [
            {
                "consultation_id": case_id,
                "participant_id": participant,
                "began_at": answered,
                "ended_at": answered + 900,
                "down_bytes": chance.randrange(20_000_000),
                "up_bytes": chance.randrange(20_000_000),
                "rtt_median_ms": chance.randrange(80, 1_400),
                "loss_ratio": chance.random() / 10,
                "outages": chance.randrange(3),
                "rung_seconds": '{"stills":200,"video-low":400,"voice":300}',
                "price_per_gb": 2000,
            }
            for participant in (f"st_{station}", clinician)
        ]
        rows[CaseParticipant].append(
            {"case_id": case_id, "account_id": clinician, "role": "clinician", "since": answered}
        )
        rows[CaseNote].append(
            {
                "case_id": case_id,
                "clinician_id": clinician,
                "answer": Redacted("Paludisme simple probable; test rapide, puis traitement selon le poids."),
                "advice": Redacted("Revenir si la fièvre dure plus de deux jours."),
                "note": Redacted(""),
                "written_at": answered + 600,
            }
        )


def _entries(house: House, chance: random.Random) -> Iterator[Entry]:
    for _ in range(house.entries):
        yield Entry(
            chance.choice(ACTS),
            f"ac_{chance.randrange(CLINICIANS)}",
            Role.CLINICIAN,
            consultation_id=house.case_id(chance.randrange(house.cases)),
            facts={"count": chance.randrange(20)},
        )


def _pieces(whole: Iterator[T]) -> Iterator[list[T]]:
    while some := list(islice(whole, ENTRIES_AT_ONCE)):
        yield some
