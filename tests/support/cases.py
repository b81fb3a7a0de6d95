"""A server with people, for tests that follow a case: real HTTP, real sockets, a clock that tests move.

async with house(tmp_path) as home:
    station = await home.station()
    doctor = await home.person("docteur", specialties=("general",))
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import select

from server.calls.handlers import CONSULTATIONS
from server.consents import Company, ConsentScope, Giver, How, NewConsent
from server.people.tables import Account, AccountLanguage, AccountSpecialty
from server.platform.database.serving import LOCK_SUFFIX
from server.platform.redacted import Redacted
from server.trail.tables import AuditEntry
from signaling import messages as wire
from signaling.messages import Role, Urgency
from tests.support.server import Server, running_server
from tests.support.signaling import Clock, MediaRecorder, Page


@dataclass
class Someone:
    """A person at a page: cookies, socket, and the received messages."""

    id: str
    client: aiohttp.ClientSession
    page: Page

    async def get(self, path: str, status: int = 200) -> Any:
        async with self.client.get(path) as answer:
            assert answer.status == status, (answer.status, await answer.text())
            return await answer.json()

    async def post(self, path: str, body: Any, status: int = 201) -> Any:
        async with self.client.post(path, json=body) as answer:
            assert answer.status == status, (answer.status, await answer.text())
            return await answer.json() if answer.content_length else None


@dataclass
class House:
    """One running server and everybody in it."""

    server: Server
    clock: Clock
    stack: AsyncExitStack
    names: list[str] = field(default_factory=list)
    stations: list[Someone] = field(default_factory=list)

    async def station(self, site: str = "CSRéf de Kayes", name: str = "Poste 1") -> Someone:
        """An enrolled station with its page open."""
        code = await self.server.new_station(site, name)
        client = await self.stack.enter_async_context(self.server.client())
        await self.server.enrol(client, code.code)
        self.stations.append(Someone(code.station_id, client, await self._page(client, "station")))
        return self.stations[-1]

    async def person(
        self,
        login: str,
        *,
        specialties: tuple[str, ...] = (),
        languages: tuple[str, ...] = (),
        gender: str | None = None,
        on_duty: bool = True,
    ) -> Someone:
        """A clinician with the page open, on duty unless ``on_duty`` is false."""
        account_id = await self.server.new_doctor(login, f"Dr {login}")
        async with self.server.services.database.begin() as db:
            account = await db.get(Account, account_id)
            assert account is not None
            account.gender = gender
            db.add_all(AccountSpecialty(account_id=account_id, specialty=s) for s in specialties)
            db.add_all(AccountLanguage(account_id=account_id, language=s) for s in languages)
        client = await self.stack.enter_async_context(self.server.client())
        await self.server.sign_in(client, login)
        someone = Someone(account_id, client, await self._page(client, "clinician"))
        if on_duty:
            await someone.page.say(wire.SetDuty(on=True))
            await someone.page.expect(wire.Duty, lambda m: m.on)
        return someone

    async def mediator(
        self, login: str, *, languages: tuple[str, ...] = (), gender: str | None = None
    ) -> Someone:
        """A mediator on duty with the page open."""
        account_id = await self.server.new_doctor(login, login.title(), Role.MEDIATOR)
        async with self.server.services.database.begin() as db:
            account = await db.get(Account, account_id)
            assert account is not None
            account.gender = gender
            db.add_all(AccountLanguage(account_id=account_id, language=s) for s in languages)
        client = await self.stack.enter_async_context(self.server.client())
        await self.server.sign_in(client, login)
        someone = Someone(account_id, client, await self._page(client, "mediator"))
        await someone.page.say(wire.SetDuty(on=True))
        await someone.page.expect(wire.Duty, lambda m: m.on)
        return someone

    async def keeper(self, login: str, role: Role) -> aiohttp.ClientSession:
        """An administrative person, signed in."""
        await self.server.new_doctor(login, login, role)
        client = await self.stack.enter_async_context(self.server.client())
        await self.server.sign_in(client, login)
        return client

    async def reopened(self, someone: Someone) -> Someone:
        """The same station, its page reloaded: a new session."""
        return Someone(someone.id, someone.client, await self._page(someone.client, "station"))

    async def _page(self, client: aiohttp.ClientSession, role: str) -> Page:
        ws = await client.ws_connect("/ws", compress=15, autoping=True)
        self.stack.push_async_callback(ws.close)
        page = Page(ws)
        ticket = await self.server.ticket(client, role)
        await page.send_raw(wire.encode(wire.Hello(protocol=wire.PROTOCOL_VERSION, ticket=ticket)))
        await page.expect(wire.Welcome)
        return page

    async def open_case(self, station: Someone, **fields: Any) -> str:
        """A case of the station, with consent to a teleconsultation."""
        made = await station.post("/api/cases", {"urgency": "green"} | fields)
        await self.consent(station, made["id"], ConsentScope.TELECONSULTATION)
        return str(made["id"])

    async def ask(self, station: Someone, case_id: str) -> wire.Waiting:
        """The station requests a consultation; returns its `Waiting`."""
        await station.page.say(wire.RequestConsultation(urgency=Urgency.GREEN, case_id=case_id))
        found = await station.page.expect(wire.Waiting, lambda m: m.consultation_id == case_id)
        assert isinstance(found, wire.Waiting)
        return found

    async def accept(self, doctor: Someone, case_id: str) -> None:
        """The doctor accepts the consultation of this case."""
        await doctor.page.say(wire.Accept(consultation_id=case_id))
        await doctor.page.expect(
            wire.Consultation,
            lambda m: m.consultation_id == case_id and m.state is wire.ConsultationState.ACCEPTED,
        )

    async def consent(
        self,
        station: Someone,
        case_id: str,
        scope: ConsentScope,
        recipient: str | None = None,
        text_id: str = "",
    ) -> None:
        """The patient agrees to a scope, whose own text was read unless another is named."""
        own = self.server.services
        new = NewConsent(
            consultation_id=case_id,
            scope=scope,
            given=True,
            language="bm",
            text_id=text_id or f"{scope.value}-1",
            how=How.SPOKEN,
            giver=Giver.PATIENT,
            explained_by=Redacted("Fatou"),
            recorded_by=station.id,
            recipient=recipient,
        )
        company = Company.GROUP if text_id.startswith("group") else Company.PAIR
        async with own.database.begin() as db:
            await own.consents.record(db, new, Role.STATION, company)

    async def pass_time(self, seconds: float) -> None:
        """Time passes, and the desk routes the waiting consultations again."""
        self.clock.now += seconds
        await self.server.app[CONSULTATIONS].route()

    async def acts(self, case_id: str) -> list[tuple[str, str]]:
        """The trail's entries of a case: (act, actor)."""
        query = select(AuditEntry).where(AuditEntry.consultation_id == case_id)
        async with self.server.services.database() as db:
            rows = await db.scalars(query.order_by(AuditEntry.sequence))
            return [(row.act, row.actor_id) for row in rows]


def free_locks(folder: Path) -> None:
    """Let another server have the database and the folder, as the kernel does when one is killed."""
    for lock in folder.rglob(f"*{LOCK_SUFFIX}"):
        lock.unlink()


@asynccontextmanager
async def house(tmp_path: Path, *, own_clock: bool = False, **overrides: Any) -> AsyncIterator[House]:
    """A server whose media engine is a recorder; ``overrides`` are settings.

    ``own_clock``: it takes its time from the machine, as it does without tests.
    """
    clock = Clock()
    clock.now = 1_763_800_000.0  # a Saturday in November 2025, 08:26 UTC
    async with (
        running_server(
            tmp_path,
            app_options={"media": MediaRecorder()} | ({} if own_clock else {"clock": clock}),
            **overrides,
        ) as server,
        AsyncExitStack() as stack,
    ):
        yield House(server, clock, stack)
