"""Sign-ins that failed and accesses that were refused reach the trail, and never fill it."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import select

from server.people.acting import OPERATOR
from server.platform.database.engine import DbSessions
from server.trail.acts import Act, System
from server.trail.refused import ALIKE_S, KINDS_MAX, REFUSED, Refused, Way, access_refused, sign_in_refused
from server.trail.tables import AuditEntry
from server.trail.trail import Trail
from signaling.messages import Role
from tests.support.cases import house
from tests.support.people import first_sign_in, sent
from tests.support.server import PASSWORD, Server, running_server


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def told(database: DbSessions) -> list[tuple[str, str, str | None, str | None, dict[str, object]]]:
    """Every refusal on the trail: act, actor, case, subject, facts."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.act.in_([Act.SIGN_IN_REFUSED.value, Act.ACCESS_REFUSED.value]))
        .order_by(AuditEntry.sequence)
    )
    async with database() as db:
        return [
            (one.act, one.actor_id, one.consultation_id, one.subject_id, json.loads(one.facts))
            for one in await db.scalars(query)
        ]


async def on_trail(server: Server) -> list[tuple[str, str, str | None, str | None, dict[str, object]]]:
    await server.app[REFUSED].write(everything=True)
    return await told(server.services.database)


async def test_a_wrong_password_names_the_account_and_nothing_that_was_typed(server: Server) -> None:
    account_id = await server.new_doctor()
    async with server.client() as client:
        typed = (("docteur", "Hirondelle-47"), ("docteur", "Hirondelle-48"), ("awa.diallo", PASSWORD))
        for login, password in typed:
            assert (await sent(client, "/api/session", login=login, password=password))[0] == 401
        await server.services.accounts.set_disabled(account_id, disabled=True, actor=OPERATOR)
        assert (await sent(client, "/api/session", login="docteur", password=PASSWORD))[0] == 401
    assert await on_trail(server) == [
        ("sign_in_refused", "stranger", None, account_id, {"what": "person", "times": 3}),
        ("sign_in_refused", "stranger", None, None, {"what": "person", "times": 1}),
    ]
    async with server.services.database() as db:
        rows = (await db.scalars(select(AuditEntry))).all()
    written = " ".join(f"{row.actor_id} {row.subject_id} {row.facts}" for row in rows)
    for word in ("Hirondelle", "awa", "diallo", "docteur", "127.0.0"):
        assert word not in written


async def test_wrong_digits_a_wrong_code_and_a_password_asked_again_are_told_too(tmp_path: Path) -> None:
    now = 1_780_000_000.0
    async with running_server(tmp_path, app_options={"clock": lambda: now}) as server:
        async with server.client() as client, server.client() as kiosk:
            account_id, _ = await first_sign_in(server, client, "awa", Role.CLINICIAN, now)
            assert (await sent(client, "/api/session/proof", password="wrong one"))[0] == 401
            assert (await sent(client, "/api/session/password", password="x" * 20, current="wrong"))[0] == 401
            assert (
                await kiosk.post("/api/station/enrolment", json=server.enrolment(kiosk, "2222-2222"))
            ).status
            own = {"login": "awa", "password": "la pirogue verte du fleuve"}
            assert (await sent(client, "/api/session", **own))[0] == 202
            assert (await sent(client, "/api/session/totp", code="000000"))[0] == 401
        assert await on_trail(server) == [
            ("sign_in_refused", "stranger", None, account_id, {"what": "again", "times": 2}),
            ("sign_in_refused", "stranger", None, None, {"what": "station", "times": 1}),
            ("sign_in_refused", "stranger", None, account_id, {"what": "totp", "times": 1}),
        ]


async def test_who_asks_for_the_case_of_others_is_told_with_the_case(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        station, other = await home.station(), await home.station("CSCom de Mopti")
        bystander = await home.person("keita", specialties=("surgery",), on_duty=False)
        coordinator = await home.keeper("coordination", Role.COORDINATOR)
        case_id = await home.open_case(station)
        await other.get(f"/api/cases/{case_id}", 404)
        for _ in range(3):
            await bystander.get(f"/api/cases/{case_id}", 404)
        await bystander.get("/api/cases/ca_of_nobody", 404)
        async with coordinator.get(f"/api/cases/{case_id}") as answer:
            assert answer.status == 403
        found = {(who, case): facts for _, who, case, _, facts in await on_trail(home.server)}
    assert found[other.id, case_id] == {"what": "read_cases", "times": 1}
    assert found[bystander.id, case_id] == {"what": "read_cases", "times": 3}
    assert found[bystander.id, None] == {"what": "read_cases", "times": 1}
    assert {"what": "read_cases", "times": 1} in [f for (who, case), f in found.items() if case is None]


async def test_thousands_of_refusals_are_a_few_entries_with_their_numbers(database: DbSessions) -> None:
    clock = Clock()
    refused = Refused(database, Trail(lambda: 1.0), clock)
    for second in range(0, int(2 * ALIKE_S), 10):
        clock.now = float(second)
        for _ in range(100):
            refused.note(sign_in_refused(Way.PERSON, "ac_1"))
        await refused.write()
    await refused.write(everything=True)
    entries = await told(database)
    times = [facts["times"] for *_, facts in entries]
    assert len(times) <= 4
    assert sum(int(str(one)) for one in times) == 100 * int(2 * ALIKE_S) // 10


async def test_who_asks_for_more_cases_than_memory_holds_is_counted_without_them(
    database: DbSessions,
) -> None:
    refused = Refused(database, Trail(lambda: 1.0), Clock())
    for number in range(KINDS_MAX + 50):
        refused.note(access_refused("ac_1", Role.CLINICIAN, Way.PERSON, f"ca_{number}"))
    await refused.write(everything=True)
    last = (await told(database))[-1]
    assert (last[2], last[4]["times"]) == (None, 50)


async def test_what_could_not_be_written_is_written_later(database: DbSessions) -> None:
    class Away:
        def begin(self) -> object:
            raise OSError("the disk is away")

    refused = Refused(Away(), Trail(lambda: 1.0), Clock())  # type: ignore[arg-type]
    refused.note(sign_in_refused(Way.OIDC, None))
    await refused.try_to_write()
    refused._database = database
    await refused.try_to_write()
    assert await told(database) == [
        ("sign_in_refused", System.STRANGER.value, None, None, {"what": "oidc", "times": 1})
    ]
