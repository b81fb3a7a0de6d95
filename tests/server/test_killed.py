"""Killed at any step of an act that ends something: after the start it has not happened, or it is over for good.

What a kill leaves is what is on disk. The database is copied at each commit of the act, and a server starts on
each copy. Where the copy says that it ended, or a page was told so by then, nobody who is out is in the
consultation, nor in its room.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from server.app import ENGINE, create_app
from server.calls import Consultations
from server.calls.handlers import CONSULTATIONS
from server.consents import ConsentScope
from server.platform.settings.config import Settings
from server.sockets.hub import HUB
from signaling import messages as wire
from signaling.messages import MediationState, Role
from signaling.states import ATTENDED, FINAL
from tests.support.cases import House, Someone, house
from tests.support.signaling import MediaRecorder

AFAR = {"scope": "teleconsultation"}
NO = AFAR | {
    "given": False,
    "language": "bm",
    "text_id": "teleconsultation-1",
    "how": "spoken",
    "giver": "patient",
    "explained_by": "Fatou D.",
}


@dataclass
class Scene:
    """A consultation under way, and everybody who may be in it."""

    home: House
    station: Someone
    doctor: Someone
    case_id: str
    mediator: Someone | None = None
    # The case whose answers count, when a consultation rests on those of another.
    asked_in: str = ""

    async def withdraws(self, what: dict[str, Any]) -> None:
        path = f"/api/cases/{self.asked_in or self.case_id}/consents/withdrawal"
        await self.station.post(path, what, 204)


async def in_call(home: House, **fields: Any) -> Scene:
    station = await home.station()
    doctor = await home.person("diarra", specialties=("psychology",))
    case_id = await home.open_case(station, **({"specialty": "psychology"} | fields))
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    return Scene(home, station, doctor, case_id)


async def waiting(home: House) -> Scene:
    station = await home.station()
    doctor = await home.person("diarra", specialties=("psychology",))
    case_id = await home.open_case(station, specialty="psychology")
    await home.ask(station, case_id)
    return Scene(home, station, doctor, case_id)


async def handed_over(home: House) -> Scene:
    scene = await in_call(home, survivor_safe=True)
    second = await home.person("traore", specialties=("general",))
    await home.consent(scene.station, scene.case_id, ConsentScope.REFERRAL, "general")
    await scene.doctor.post(f"/api/cases/{scene.case_id}/transfer", {"clinician_id": second.id}, 204)
    await home.accept(second, scene.case_id)
    return Scene(home, scene.station, second, scene.case_id)


async def sent_on(home: House) -> Scene:
    scene = await in_call(home)
    await home.consent(scene.station, scene.case_id, ConsentScope.REFERRAL, "center_lawyer")
    letter = {"recipient": "center_lawyer", "letter": "Merci."}
    await scene.doctor.post(f"/api/cases/{scene.case_id}/referrals", letter)
    await scene.doctor.page.say(wire.End(consultation_id=scene.case_id))
    await scene.station.page.expect(wire.Consultation, lambda m: m.state in FINAL)
    found = await scene.station.get(f"/api/cases/{scene.case_id}")
    sent = str(found["referrals"][0]["new_case_id"])
    lawyer = await home.person("diallo", specialties=("law",))
    await home.consent(scene.station, sent, ConsentScope.TELECONSULTATION)
    await home.ask(scene.station, sent)
    await home.accept(lawyer, sent)
    return Scene(home, scene.station, lawyer, sent, asked_in=scene.case_id)


async def with_a_mediator(home: House) -> Scene:
    scene = await in_call(home, survivor_safe=True)
    await home.consent(scene.station, scene.case_id, ConsentScope.THIRD_PERSON)
    mediator = scene.mediator = await home.mediator("oumou")
    await scene.station.page.say(wire.InviteMediator(consultation_id=scene.case_id, mediator_id=mediator.id))
    asked = await mediator.page.expect(wire.Invitation)
    await mediator.page.say(
        wire.AnswerInvitation(
            invitation_id=asked.invitation_id, accept=True, pledge="pledge-1", language="fr"
        )
    )
    await mediator.page.expect(wire.Mediation, lambda m: m.state is MediationState.JOINED)
    return scene


async def _says(someone: Someone, message: Any) -> None:
    await someone.page.say(message)
    await someone.page.ping()


async def _patient_withdraws(scene: Scene) -> None:
    await scene.withdraws(AFAR)


async def _patient_says_no(scene: Scene) -> None:
    await scene.station.post(f"/api/cases/{scene.case_id}/consents", NO)


async def _patient_withdraws_the_hand_over(scene: Scene) -> None:
    await scene.withdraws({"scope": "referral", "recipient": "general"})


async def _patient_withdraws_the_referral(scene: Scene) -> None:
    await scene.withdraws({"scope": "referral", "recipient": "center_lawyer"})


async def _patient_withdraws_the_mediator(scene: Scene) -> None:
    await scene.withdraws({"scope": "third_person"})


async def _station_ends(scene: Scene) -> None:
    await _says(scene.station, wire.End(consultation_id=scene.case_id))


async def _station_cancels(scene: Scene) -> None:
    await _says(scene.station, wire.CancelRequest(consultation_id=scene.case_id))


async def _station_leaves_quickly(scene: Scene) -> None:
    await scene.station.post(f"/api/cases/{scene.case_id}/exit", {}, 204)


async def _doctor_leaves(scene: Scene) -> None:
    await _says(scene.doctor, wire.Leave(consultation_id=scene.case_id))


async def _doctor_hands_over(scene: Scene) -> None:
    await scene.doctor.post(f"/api/cases/{scene.case_id}/transfer", {"specialty": "general"}, 204)


async def _mediator_is_sent_out(scene: Scene) -> None:
    assert scene.mediator is not None
    out = wire.RemoveParticipant(
        consultation_id=scene.case_id,
        participant_id=scene.mediator.id,
        why=wire.RemovalReason.DONE,
    )
    await _says(scene.doctor, out)


async def _mediator_leaves(scene: Scene) -> None:
    assert scene.mediator is not None
    await _says(scene.mediator, wire.Leave(consultation_id=scene.case_id))


async def _shut(scene: Scene, someone: Someone) -> None:
    chief = await scene.home.keeper("chief", Role.ADMINISTRATOR)
    async with chief.put(f"/api/accounts/{someone.id}/disabled", json={"disabled": True}) as answer:
        assert answer.status == 204


async def _doctor_is_disabled(scene: Scene) -> None:
    await _shut(scene, scene.doctor)


async def _mediator_is_disabled(scene: Scene) -> None:
    assert scene.mediator is not None
    await _shut(scene, scene.mediator)


# What the disk says once it ended; each question has one answer, of the newest row.
NO_AGREEMENT = (
    "SELECT NOT given OR withdrawn_at IS NOT NULL FROM consent WHERE consultation_id = :asked"
    " AND scope = :scope AND recipient = :recipient ORDER BY audit_sequence DESC LIMIT 1"
)
OVER = "SELECT state IN ('closed', 'cancelled') FROM consultation WHERE id = :case"
NO_CLINICIAN = "SELECT clinician_id IS NULL FROM consultation WHERE id = :case"
NO_MEDIATOR = "SELECT state != 'joined' FROM mediation WHERE case_id = :case"
DISABLED = "SELECT disabled FROM account WHERE id = :who"


@dataclass(frozen=True)
class Act:
    """How it begins, what is done, what the disk says then, and who is out: "all", "doctor" or "mediator"."""

    scene: Callable[[House], Awaitable[Scene]]
    do: Callable[[Scene], Awaitable[None]]
    says: str
    out: str
    scope: str = ""
    recipient: str = ""


ACTS = {
    "withdrawal in a call": Act(in_call, _patient_withdraws, NO_AGREEMENT, "all", "teleconsultation"),
    "withdrawal while waiting": Act(waiting, _patient_withdraws, NO_AGREEMENT, "all", "teleconsultation"),
    "a no": Act(in_call, _patient_says_no, NO_AGREEMENT, "all", "teleconsultation"),
    "withdrawal of a hand-over": Act(
        handed_over, _patient_withdraws_the_hand_over, NO_AGREEMENT, "all", "referral", "general"
    ),
    "withdrawal of a referral": Act(
        sent_on, _patient_withdraws_the_referral, NO_AGREEMENT, "all", "referral", "center_lawyer"
    ),
    "withdrawal of the mediator": Act(
        with_a_mediator, _patient_withdraws_the_mediator, NO_AGREEMENT, "mediator", "third_person"
    ),
    "end": Act(in_call, _station_ends, OVER, "all"),
    "cancelling": Act(waiting, _station_cancels, OVER, "all"),
    "quick exit": Act(in_call, _station_leaves_quickly, OVER, "all"),
    "leaving": Act(in_call, _doctor_leaves, NO_CLINICIAN, "doctor"),
    "hand-over": Act(in_call, _doctor_hands_over, NO_CLINICIAN, "doctor"),
    "sending the mediator out": Act(with_a_mediator, _mediator_is_sent_out, NO_MEDIATOR, "mediator"),
    "leaving of the mediator": Act(with_a_mediator, _mediator_leaves, NO_MEDIATOR, "mediator"),
    "disabling the doctor": Act(in_call, _doctor_is_disabled, DISABLED, "doctor"),
    "disabling the mediator": Act(with_a_mediator, _mediator_is_disabled, DISABLED, "mediator"),
}


@dataclass
class Copies:
    """What a kill would leave: the database after each commit, and whether a page was told of the end by then."""

    folder: Path
    scene: Scene
    out: list[str]
    told: dict[int, bool] = field(default_factory=dict)

    def watch(self) -> None:
        """From now on every step is a copy."""
        app = self.scene.home.server.app
        database, hub = self.scene.home.server.services.database, app[HUB]
        begin, post = database.begin, hub.post

        @asynccontextmanager
        async def copied() -> AsyncIterator[Any]:
            async with begin() as db:
                yield db
            self._copy()

        def posted(participant_id: str, message: Any, key: str | None = None) -> None:
            if self._tells(participant_id, message):
                self.told[max(self.told)] = True
            post(participant_id, message, key)

        database.begin, hub.post = copied, posted  # type: ignore[method-assign]
        self._copy()

    def path(self, number: int) -> Path:
        return self.folder / str(number) / "keneya.db"

    def _copy(self) -> None:
        number = len(self.told)
        path = self.path(number)
        path.parent.mkdir(parents=True)
        source = self.scene.home.server.settings.data_dir / "keneya.db"
        with sqlite3.connect(source) as here, sqlite3.connect(path) as there:
            here.backup(there)
        shutil.copy(source.with_name("master.key"), path.parent)
        self.told[number] = False

    def _tells(self, participant_id: str, message: Any) -> bool:
        if not isinstance(message, wire.Consultation) or participant_id not in self.out:
            return False
        present = {one.participant_id for one in message.participants}
        return message.state in FINAL or participant_id not in present


@asynccontextmanager
async def started(path: Path) -> AsyncIterator[Consultations]:
    """The consultations of a server that has started on this database."""
    app = create_app(Settings(data_dir=path.parent, log_level="error"), media=MediaRecorder())
    desk = app[CONSULTATIONS]
    await desk.start()
    yield desk
    await desk.stop()
    await app[ENGINE].dispose()


def who_is_in(desk: Consultations, case_id: str) -> set[str]:
    """Everybody in the call of a case, or in its room."""
    found = desk.state.pairing.get(case_id)
    members = {one.participant_id for one in found.members} if found and found.state in ATTENDED else set()
    return members | {who for who, room in desk.state.legs.held.rooms.items() if room == case_id}


def says(path: Path, act: Act, scene: Scene, out: list[str]) -> bool:
    """Whether the disk says that it ended."""
    values = {
        "asked": scene.asked_in or scene.case_id,
        "case": scene.case_id,
        "scope": act.scope,
        "recipient": act.recipient,
        "who": out[0],
    }
    with sqlite3.connect(path) as db:
        (answer,) = db.execute(act.says, values).fetchone()
    return bool(answer)


@pytest.mark.parametrize("name", ACTS)
async def test_what_ended_before_a_kill_is_over_after_the_start(tmp_path: Path, name: str) -> None:
    act = ACTS[name]
    async with house(tmp_path / "before") as home:
        scene = await act.scene(home)
        everybody = [scene.station.id, scene.doctor.id]
        mediator = [scene.mediator.id] if scene.mediator is not None else []
        out = {"all": everybody, "doctor": [scene.doctor.id], "mediator": mediator}[act.out]
        copies = Copies(tmp_path / "killed", scene, out)
        copies.watch()
        await act.do(scene)
        await home.server.app[CONSULTATIONS].state.events.settle()
        copies.told[max(copies.told)] = True
    ended = [says(copies.path(number), act, scene, out) for number in copies.told]
    assert (ended[0], ended[-1]) == (False, True)
    for number, told in list(copies.told.items()):
        over = told or ended[number]
        async with started(copies.path(number)) as desk:
            inside = who_is_in(desk, scene.case_id)
            waits = scene.case_id in [one.consultation_id for one in desk.waiting()]
        assert not (over and inside & set(out)), f"killed after commit {number}: {name} did not last"
        assert not (over and act.out == "all" and waits), f"killed after commit {number}: it waits again"
        if not over and act.scene is not waiting:
            assert inside >= set(out), f"killed after commit {number}: {name} had not happened"
