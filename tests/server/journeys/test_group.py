"""A group of four: a code, a lobby, pseudonyms, and a host who admits, mutes and removes people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from server.app import MEDIA
from server.consents import ConsentScope
from server.groups.tables import GroupSeat, GroupSession
from server.people.principal import Principal
from server.sockets.hub import HUB
from signaling import messages as wire
from signaling.messages import Role
from tests.support.cases import House, Someone, free_locks, house
from tests.support.signaling import MediaRecorder, Page


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


async def opened(host: Someone) -> wire.Group:
    await host.page.say(wire.OpenGroup())
    found = await host.page.expect(wire.Group, lambda m: m.open)
    assert isinstance(found, wire.Group)
    return found


async def seat(home: House, station: Someone, code: str) -> str:
    """A seat whose participant has agreed."""
    made = await station.post("/api/groups/seats", {"code": code})
    await home.consent(station, made["id"], ConsentScope.TELECONSULTATION, text_id="group-1")
    return str(made["id"])


async def asks(home: House, station: Someone, code: str, name: str = "") -> str:
    """The station waits in the lobby; returns its seat."""
    seat_id = await seat(home, station, code)
    await station.page.say(wire.AskSeat(seat_id=seat_id, code=code, pseudonym=name))
    await station.page.expect(wire.Group, lambda m: m.own_seat == seat_id)
    return seat_id


async def admitted(host: Someone, station: Someone, seat_id: str) -> wire.Group:
    await host.page.say(wire.AdmitSeat(seat_id=seat_id))
    found = await station.page.expect(
        wire.Group, lambda m: any(s.seat_id == seat_id and s.admitted for s in m.seats)
    )
    assert isinstance(found, wire.Group)
    return found


async def four(home: House) -> tuple[Someone, list[Someone], list[str]]:
    """A host and three admitted participants, each with a leg."""
    host = await home.person("diarra", on_duty=False)
    group = await opened(host)
    stations = [await home.station("Site", f"Poste {n}") for n in range(3)]
    seats = [
        await asks(home, one, group.code, name)
        for one, name in zip(stations, ("Baobab", "", "Étoile"), strict=True)
    ]
    for one in (host, *stations):
        await one.page.say(wire.LegOffer(sdp="offer"))
        await one.page.expect(wire.LegAnswer)
    for one, seat_id in zip(stations, seats, strict=True):
        await admitted(host, one, seat_id)
    return host, stations, seats


def media_of(home: House) -> MediaRecorder:
    found = home.server.app[MEDIA]
    assert isinstance(found, MediaRecorder)
    return found


async def test_four_meet_under_pseudonyms(home: House) -> None:
    host, stations, seats = await four(home)
    seen = await stations[0].page.expect(wire.Group, lambda m: len(m.seats) == 3)
    names = [s.pseudonym for s in seen.seats]
    assert (names[0], names[2], len(set(names))) == ("Baobab", "Étoile", 3)
    assert (seen.host_name, seen.code, seen.own_seat) == ("Dr diarra", "", seats[0])
    assert len(set(media_of(home).rooms.values())) == 1
    assert len(media_of(home).rooms) == 4
    # No message to a page names a station.
    slots = await stations[0].page.has(
        wire.Slots, lambda m: {s.participant_id for s in m.slots} >= {host.id, seats[1], seats[2]}
    )
    assert slots is not None
    received = "".join(wire.encode(m) for m in stations[0].page.got if isinstance(m, wire.Group | wire.Slots))
    assert stations[1].id not in received
    assert "Site" not in received
    assert "Poste" not in received


async def test_cameras_are_off_until_somebody_chooses_to_be_seen(home: House) -> None:
    host, stations, _ = await four(home)
    assert [call for call in media_of(home).calls if call[0] == "set_muted"][-1][2:] == (False, True)
    await host.page.has(wire.Group, lambda m: [s.video_muted for s in m.seats] == [True, True, True])
    await stations[0].page.say(wire.MediaState(audio_muted=False, video_muted=False))
    await host.page.expect(wire.Group, lambda m: not m.seats[0].video_muted)


async def test_a_participant_in_the_lobby_sees_nobody_and_is_seen_only_by_the_host(home: House) -> None:
    host, stations, _ = await four(home)
    code = [m for m in host.page.got if isinstance(m, wire.Group)][-1].code
    late = await home.station("Site", "Poste 9")
    seat_id = await asks(home, late, code.lower(), "Lune")
    waiting = [m for m in late.page.got if isinstance(m, wire.Group)][-1]
    assert [s.pseudonym for s in waiting.seats] == ["Lune"]
    await host.page.expect(wire.Group, lambda m: any(s.seat_id == seat_id for s in m.seats))
    await stations[0].page.ping()
    received = [m for m in stations[0].page.got if isinstance(m, wire.Group)]
    assert not [m for m in received if any(s.seat_id == seat_id for s in m.seats)]
    assert len(media_of(home).rooms) == 4
    await host.page.say(wire.RemoveSeat(seat_id=seat_id))
    assert (await late.page.expect(wire.Group, lambda m: not m.open)).why is wire.GroupEnd.REFUSED


async def test_the_host_mutes_and_no_page_can_end_it(home: House) -> None:
    host, stations, seats = await four(home)
    await host.page.say(wire.MuteSeat(seat_id=seats[1], muted=True))
    silenced = await stations[1].page.expect(wire.Group, lambda m: any(s.silenced for s in m.seats))
    assert [s.silenced for s in silenced.seats] == [False, True, False]
    await stations[1].page.say(wire.MediaState(audio_muted=False, video_muted=True))
    await stations[1].page.ping()
    leg = media_of(home)
    last = [call for call in leg.calls if call[0] == "set_muted"][-1]
    assert last[2] is True
    # A new leg does not end the muting either.
    await stations[1].page.say(wire.LegOffer(sdp="again"))
    await stations[1].page.expect(wire.LegAnswer)
    assert [call for call in leg.calls if call[0] == "set_muted"][-1][2] is True
    await host.page.say(wire.MuteSeat(seat_id=seats[1], muted=False))
    await stations[1].page.expect(wire.Group, lambda m: not any(s.silenced for s in m.seats))
    await stations[1].page.say(wire.MediaState(audio_muted=False, video_muted=True))
    await host.page.expect(wire.Group, lambda m: not m.seats[1].audio_muted)


async def test_a_removed_participant_is_out_at_once_and_the_others_go_on(home: House) -> None:
    host, stations, seats = await four(home)
    await host.page.say(wire.RemoveSeat(seat_id=seats[0]))
    out = await stations[0].page.expect(wire.Group, lambda m: not m.open)
    assert out.why is wire.GroupEnd.REMOVED
    await stations[1].page.expect(wire.Group, lambda m: len(m.seats) == 2)
    assert len(media_of(home).rooms) == 3
    await host.page.say(wire.LeaveGroup())
    for one in stations[1:]:
        over = await one.page.expect(wire.Group, lambda m: not m.open)
        assert over.why is wire.GroupEnd.OVER
    await host.page.ping()
    assert media_of(home).rooms == {}
    async with home.server.services.database() as db:
        session = (await db.scalars(select(GroupSession))).one()
        rows = (await db.scalars(select(GroupSeat))).all()
    assert session.closed_at is not None
    assert [row.left_at is not None for row in rows] == [True, True, True]
    acts = [act for act, _ in await home.acts(seats[0])]
    assert acts == ["seat_opened", "consent_given", "seat_admitted", "seat_removed"]


async def test_a_pseudonym_is_unique_in_a_group(home: House) -> None:
    host = await home.person("diarra", on_duty=False)
    code = (await opened(host)).code
    first, second = await home.station("Site", "A"), await home.station("Site", "B")
    await asks(home, first, code, "Lune")
    seat_id = await seat(home, second, code)
    await second.page.say(wire.AskSeat(seat_id=seat_id, code=code, pseudonym=" LUNE "))
    assert (await second.page.expect(wire.Error)).code == "pseudonym_taken"


async def test_nobody_gets_a_seat_without_consent_or_the_seat_of_another(home: House) -> None:
    host = await home.person("diarra", on_duty=False)
    code = (await opened(host)).code
    station, other = await home.station("Site", "A"), await home.station("Site", "B")
    unasked = (await station.post("/api/groups/seats", {"code": code}))["id"]
    await station.page.say(wire.AskSeat(seat_id=unasked, code=code))
    assert (await station.page.expect(wire.Error)).code == "consent_missing"
    agreed = await seat(home, station, code)
    await other.page.say(wire.AskSeat(seat_id=agreed, code=code))
    assert (await other.page.expect(wire.Error)).code == "unknown_group"
    await station.page.say(wire.AskSeat(seat_id=agreed, code="AAAAAA"))
    assert (await station.page.expect(wire.Error)).code == "unknown_group"
    # A seat is not a case that can be read, listed or requested.
    assert await station.get("/api/cases") == []
    await host.get(f"/api/cases/{agreed}", 404)


async def test_a_withdrawn_consent_empties_the_seat(home: House) -> None:
    host, stations, seats = await four(home)
    withdrawal = {"scope": "teleconsultation"}
    await stations[2].post(f"/api/cases/{seats[2]}/consents/withdrawal", withdrawal, 204)
    out = await stations[2].page.expect(wire.Group, lambda m: not m.open)
    assert out.why is wire.GroupEnd.WITHDRAWN
    await host.page.expect(wire.Group, lambda m: len(m.seats) == 2)


async def test_whoever_leaves_a_group_is_told_that_and_the_others_go_on(home: House) -> None:
    host, stations, _ = await four(home)
    await stations[0].page.say(wire.LeaveGroup())
    assert (await stations[0].page.expect(wire.Group, lambda m: not m.open)).why is wire.GroupEnd.LEFT
    for one in (host, *stations[1:]):
        await one.page.expect(wire.Group, lambda m: m.open and len(m.seats) == 2)


async def test_only_the_host_can_admit_mute_and_remove(home: House) -> None:
    _, _, seats = await four(home)
    other = await home.person("keita", on_duty=False)
    for message in (
        wire.AdmitSeat(seat_id=seats[0]),
        wire.MuteSeat(seat_id=seats[0], muted=True),
        wire.RemoveSeat(seat_id=seats[0]),
    ):
        await other.page.say(message)
        assert (await other.page.expect(wire.Error)).code == "unknown_group"


async def test_nobody_is_in_a_group_and_a_consultation_at_once(home: House) -> None:
    host, stations, _ = await four(home)
    await stations[0].page.say(wire.RequestConsultation(urgency=wire.Urgency.RED))
    assert (await stations[0].page.expect(wire.Error)).code == "already_in_consultation"
    await host.page.say(wire.OpenGroup())
    assert (await host.page.expect(wire.Error)).code == "already_in_consultation"


async def test_the_ninth_participant_is_not_admitted(home: House) -> None:
    host = await home.person("diarra", on_duty=False)
    code = (await opened(host)).code
    for number in range(7):
        station = await home.station("Site", f"Poste {number}")
        seat_id = await asks(home, station, code)
        await admitted(host, station, seat_id)
    late = await home.station("Site", "Poste 9")
    seat_id = await asks(home, late, code)
    await host.page.say(wire.AdmitSeat(seat_id=seat_id))
    assert (await host.page.expect(wire.Error)).code == "group_full"


ANSWER = {"scope": "teleconsultation", "given": True, "language": "bm", "how": "spoken", "giver": "patient"}


async def test_whoever_sits_in_a_group_was_read_the_words_about_groups(home: House) -> None:
    host = await home.person("diarra", on_duty=False)
    code = (await opened(host)).code
    station = await home.station("Site", "A")
    seat_id = (await station.post("/api/groups/seats", {"code": code}))["id"]
    case_id = (await station.post("/api/cases", {"urgency": "green"}))["id"]
    ways = {"explained_by": "Fatou"}
    for subject, text_id in ((seat_id, "teleconsultation-1"), (case_id, "group-1")):
        refused = await station.post(
            f"/api/cases/{subject}/consents", ANSWER | ways | {"text_id": text_id}, 422
        )
        assert refused == {"code": "consent_text"}
    await station.post(f"/api/cases/{seat_id}/consents", ANSWER | ways | {"text_id": "group-1"})
    await station.page.say(wire.AskSeat(seat_id=seat_id, code=code))
    await station.page.expect(wire.Group, lambda m: m.own_seat == seat_id)


async def test_a_yes_to_the_words_about_two_people_opens_no_group(home: House) -> None:
    host = await home.person("diarra", on_duty=False)
    code = (await opened(host)).code
    station = await home.station("Site", "A")
    seat_id = (await station.post("/api/groups/seats", {"code": code}))["id"]
    await home.consent(station, seat_id, ConsentScope.TELECONSULTATION)  # of an earlier version
    await station.page.say(wire.AskSeat(seat_id=seat_id, code=code))
    assert (await station.page.expect(wire.Error)).code == "consent_missing"


async def test_a_wrong_code_and_a_taken_name_are_told_before_anybody_is_read_anything(home: House) -> None:
    host = await home.person("diarra", on_duty=False)
    code = (await opened(host)).code
    first, second = await home.station("Site", "A"), await home.station("Site", "B")
    await asks(home, first, code, "Lune")
    for wanted, told in (
        ({"code": "AAAAAA"}, "unknown_group"),
        ({"code": code, "pseudonym": " LUNE "}, "pseudonym_taken"),
    ):
        assert await second.post("/api/groups/seats", wanted, 409) == {"code": told}
    await second.post("/api/groups/seats", {"code": code.lower(), "pseudonym": "Étoile"})


async def test_whoever_tries_many_codes_is_slowed_down(home: House) -> None:
    station = await home.station()
    told = [(await station.post("/api/groups/seats", {"code": "AAAAAA"}, 409))["code"] for _ in range(6)]
    assert told == ["unknown_group"] * 5 + ["slow_down"]


async def back(home: House, someone: Someone, role: Role = Role.STATION) -> Page:
    """A page of before a restart, on its new socket."""
    ws = await someone.client.ws_connect(f"{home.server.url}/ws", origin=home.server.url, compress=15)
    home.stack.push_async_callback(ws.close)
    page = Page(ws)
    ticket = home.server.services.tickets.issue(Principal(someone.id, role, "Dr diarra", "Site"))
    await page.send_raw(wire.encode(wire.Hello(protocol=wire.PROTOCOL_VERSION, ticket=ticket)))
    await page.expect(wire.Welcome)
    return page


async def test_after_a_restart_everybody_is_back_in_the_group_under_the_old_names(tmp_path: Path) -> None:
    async with house(tmp_path) as first:
        host, stations, seats = await four(first)
        await host.page.say(wire.MuteSeat(seat_id=seats[1], muted=True))
        await host.page.expect(wire.Group, lambda m: any(s.silenced for s in m.seats))
        late = await first.station("Site", "Poste 9")
        waits = await asks(first, late, [m for m in host.page.got if isinstance(m, wire.Group)][-1].code)
        before = [m for m in host.page.got if isinstance(m, wire.Group)][-1]
        free_locks(tmp_path)
        async with house(tmp_path) as home:
            led = await (await back(home, host, Role.CLINICIAN)).expect(wire.Group)
            assert (led.group_id, led.code, led.open) == (before.group_id, before.code, True)
            assert {s.seat_id: (s.admitted, s.silenced) for s in led.seats} == {
                seats[0]: (True, False),
                seats[1]: (True, True),
                seats[2]: (True, False),
                waits: (False, False),
            }
            # No pseudonym was on the disk: whose page does not say one is a number.
            assert {s.pseudonym for s in led.seats} == {"1", "2", "3", "4"}
            page = await back(home, stations[0])
            assert (await page.expect(wire.Group)).own_seat == seats[0]
            await page.say(wire.AskSeat(seat_id=seats[0], code="", pseudonym="Baobab"))
            await page.expect(
                wire.Group,
                lambda m: any((s.seat_id, s.pseudonym) == (seats[0], "Baobab") for s in m.seats),
            )
            await page.say(wire.MediaState(audio_muted=False, video_muted=False))
            for one in (page, await back(home, stations[1])):
                await one.say(wire.LegOffer(sdp="offer"))
                await one.expect(wire.LegAnswer)
            assert set(media_of(home).rooms.values()) == {before.group_id}
            muted = [call[2:] for call in media_of(home).calls if call[0] == "set_muted"]
            # Seen as chosen; silenced by the host, whatever the page says.
            assert (False, False) in muted
            assert muted[-1] == (True, True)
            assert (await (await back(home, late)).expect(wire.Group)).own_seat == waits


async def test_a_group_whose_host_does_not_come_back_after_a_restart_is_over(tmp_path: Path) -> None:
    async with house(tmp_path) as first:
        host, stations, _ = await four(first)
        free_locks(tmp_path)
        async with house(tmp_path) as home:
            page = await back(home, stations[0])
            await page.expect(wire.Group, lambda m: m.open)
            hub = home.server.app[HUB]
            hub._sessions[host.id].lost_at = -1_000.0
            await hub.sweep()
            await page.expect(wire.Group, lambda m: not m.open)
            async with home.server.services.database() as db:
                (session,) = await db.scalars(select(GroupSession))
            assert session.closed_at is not None
            assert session.code is None
