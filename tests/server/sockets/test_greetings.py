"""How many sockets may stand before their hello."""

from __future__ import annotations

from server.sockets.greetings import NETWORKS_AT_ONCE, Greetings, Newcomer
from signaling.limits import MAX_GREETING_PER_PARTICIPANT, MAX_STRANGERS, MAX_STRANGERS_PER_NETWORK


def test_strangers_of_one_network_leave_places_for_others_and_participants_need_none_of_theirs() -> None:
    greetings = Greetings(MAX_STRANGERS)
    crowd = [Newcomer(f"203.0.113.{number}") for number in range(256)]
    assert sum(greetings.enter(one) for one in crowd) == MAX_STRANGERS_PER_NETWORK
    assert greetings.enter(Newcomer("198.51.100.1"))
    assert greetings.enter(Newcomer("203.0.113.9", "station_1"))


def test_one_customer_with_many_networks_is_one() -> None:
    greetings = Greetings(MAX_STRANGERS)
    crowd = [Newcomer(f"2001:db8:7:{number:x}::1") for number in range(1_000)]
    assert sum(greetings.enter(one) for one in crowd) == NETWORKS_AT_ONCE * MAX_STRANGERS_PER_NETWORK


def test_a_cookie_opens_a_few_sockets_at_once_and_no_more() -> None:
    greetings = Greetings(MAX_STRANGERS)
    own = [Newcomer("203.0.113.9", "station_1") for _ in range(20)]
    assert sum(greetings.enter(one) for one in own) == MAX_GREETING_PER_PARTICIPANT


def test_places_come_back_once_and_only_once() -> None:
    greetings = Greetings(1)
    first, second = Newcomer("203.0.113.9"), Newcomer("198.51.100.1")
    assert greetings.enter(first)
    assert not greetings.enter(second)
    greetings.leave(second)
    assert not greetings.enter(second)
    greetings.leave(first)
    greetings.leave(first)
    assert greetings.enter(second)
    assert not greetings.enter(Newcomer("192.0.2.1"))
