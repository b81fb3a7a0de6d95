"""Group sessions without a socket: pseudonyms, seats, admission."""

from __future__ import annotations

import pytest

from signaling.errors import Refused
from signaling.groups import PSEUDONYMS, Groups, GroupSession, restored_seat
from signaling.limits import MAX_LOBBY, MAX_PARTICIPANTS
from signaling.messages import Presence


def a_group() -> Groups:
    groups = Groups()
    groups.open(GroupSession("gr_1", "ABC234", "dr-1", "Dr Traoré", Presence.CONNECTED))
    return groups


def test_a_participant_without_a_name_gets_an_unused_one() -> None:
    groups = a_group()
    for number in range(MAX_LOBBY):
        seat = groups.seat_for("gr_1", f"s{number}", f"st-{number}", "")
        groups.take("gr_1", seat)
    session = groups.get("gr_1")
    assert session is not None
    assert len({seat.pseudonym for seat in session.seats}) == MAX_LOBBY


def test_there_are_more_names_than_seats_and_lobby_together() -> None:
    assert len(set(PSEUDONYMS)) > MAX_PARTICIPANTS + MAX_LOBBY


def test_the_lobby_is_bounded() -> None:
    groups = a_group()
    for number in range(MAX_LOBBY):
        groups.take("gr_1", groups.seat_for("gr_1", f"s{number}", f"st-{number}", ""))
    with pytest.raises(Refused, match="group_full"):
        groups.seat_for("gr_1", "one-more", "st-x", "")


def test_a_code_is_found_whatever_its_case_and_outer_spaces() -> None:
    assert a_group().by_code(" abc234 ").group_id == "gr_1"
    with pytest.raises(Refused, match="unknown_group"):
        a_group().by_code("ABC235")


def test_a_lost_link_changes_only_the_presence() -> None:
    groups = a_group()
    groups.take("gr_1", groups.seat_for("gr_1", "s1", "st-1", "Lune"))
    after = groups.present("st-1", Presence.CONNECTED)
    assert after is not None
    assert after.seats[0].presence is Presence.CONNECTED
    assert groups.present("st-1", Presence.CONNECTED) is None
    assert groups.present("nobody", Presence.AWAY) is None


def test_a_seat_of_before_a_restart_says_once_under_which_name_it_sat() -> None:
    groups = a_group()
    for number in (1, 2):
        seat = restored_seat(number, f"s{number}", f"st-{number}", admitted=True, silenced=False)
        groups.take("gr_1", seat)
    named = groups.name("st-1", "s1", " Baobab ")
    assert named is not None
    assert [seat.pseudonym for seat in named.seats] == ["Baobab", "2"]
    # Not twice, not for another seat, and nobody becomes somebody else.
    assert groups.name("st-1", "s1", "Lune") is None
    assert groups.name("st-1", "s2", "Lune") is None
    assert groups.name("st-2", "s2", "baobab") is None
    assert groups.name("st-2", "s2", "Lune") is not None
    # A seat that was taken in this life has its name.
    groups.take("gr_1", groups.seat_for("gr_1", "s3", "st-3", "Néré"))
    assert groups.name("st-3", "s3", "Mil") is None
