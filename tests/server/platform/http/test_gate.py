"""Which connection goes when there are too many."""

from __future__ import annotations

from server.platform.http.gate import (
    BUSY_AT_MOST_S,
    REQUEST_WITHIN_S,
    SILENT_PER_KNOWN_NETWORK,
    SILENT_PER_NETWORK,
    SILENT_PER_WIDE_NETWORK,
    Gate,
    Guest,
)
from server.platform.http.networks import networks_of

ATTACKER, STATION = "203.0.113.7", "198.51.100.4"


class House:
    """A gate, and what has become of each connection."""

    def __init__(self, capacity: int = 100_000) -> None:
        self.gate = Gate(capacity)
        self.now_s = 0.0
        self.closed: list[Guest] = []

    def arrive(self, address: str, *, asks: bool = False) -> Guest:
        self.now_s += 0.001
        guest = Guest(networks_of(address), self.now_s, lambda: None, lambda: False)
        guest.close = lambda: self.closed.append(guest)
        guest.is_gone = lambda: guest in self.closed
        if self.gate.arrived(guest) and asks:
            self.gate.began(guest, self.now_s)
            self.gate.ended(guest, self.now_s)
        return guest


def test_a_networks_own_oldest_silent_connection_goes_and_nobody_elses() -> None:
    house = House(capacity=100)
    honest = house.arrive(STATION)
    crowd = [house.arrive(ATTACKER) for _ in range(SILENT_PER_NETWORK + 10)]
    assert house.closed == crowd[:10]
    # Whoever asks at once gets through from the crowded network too.
    neighbour = house.arrive("203.0.113.99", asks=True)
    assert neighbour not in house.closed
    assert honest not in house.closed


def test_a_network_that_people_sign_in_from_has_more_places() -> None:
    house = House(capacity=SILENT_PER_KNOWN_NETWORK + 10)
    house.gate.know(STATION)
    for _ in range(SILENT_PER_KNOWN_NETWORK):
        house.arrive(STATION)
    assert house.closed == []


def test_sixty_five_thousand_networks_of_one_customer_are_one() -> None:
    house = House(capacity=400)
    for number in range(2 * SILENT_PER_WIDE_NETWORK):
        house.arrive(f"2001:db8:77:{number:x}::1")
    assert len(house.gate) == SILENT_PER_WIDE_NETWORK
    house.arrive("2001:db8:78::1")
    assert len(house.gate) == SILENT_PER_WIDE_NETWORK + 1


def test_while_half_of_the_places_are_free_a_whole_region_may_come_back_at_once() -> None:
    house = House(capacity=4_000)
    for _ in range(2_000):
        house.arrive(STATION)
    assert house.closed == []


def test_when_no_place_is_left_strangers_go_before_known_people_and_the_silent_before_the_idle() -> None:
    house = House(capacity=40)
    house.gate.know(STATION)
    known = [house.arrive(STATION) for _ in range(10)]
    idle = [house.arrive(f"192.0.{number}.1", asks=True) for number in range(10)]
    silent = [house.arrive(ATTACKER) for _ in range(20)]
    house.arrive(STATION, asks=True)
    assert set(house.closed) < set(silent)
    for _ in range(25):
        house.arrive(STATION, asks=True)
    assert not set(known) & set(house.closed)
    assert set(silent) <= set(house.closed) <= {*silent, *idle}
    assert len(house.gate) <= 40


def test_the_crowd_goes_before_the_single_visitor() -> None:
    house = House(capacity=32)
    single = house.arrive("192.0.2.1")
    for _ in range(200):
        house.arrive(ATTACKER)
    assert single not in house.closed


def test_sockets_are_never_sent_away_and_a_full_house_lets_nobody_in() -> None:
    house = House(capacity=4)
    for number in range(4):
        guest = house.arrive(f"192.0.{number}.1")
        house.gate.began(guest, house.now_s)
        guest.stays = True
    late = house.arrive(STATION)
    assert house.closed == [late]


def test_who_says_nothing_goes_after_a_while_and_who_is_answered_stays() -> None:
    house = House()
    silent, idle = house.arrive(ATTACKER), house.arrive(STATION, asks=True)
    busy = house.arrive(STATION)
    house.gate.began(busy, house.now_s)
    house.gate.sweep(house.now_s + REQUEST_WITHIN_S + 1)
    assert house.closed == [silent]
    house.gate.sweep(house.now_s + BUSY_AT_MOST_S + 1)
    assert house.closed == [silent, busy]
    assert idle not in house.closed
    assert house.gate.sent_away == {"silent": 1, "slow": 1}


def test_connections_that_ended_by_themselves_take_no_place() -> None:
    house = House(capacity=4)
    for _ in range(20):
        house.closed.append(house.arrive(STATION))
    assert house.gate.sent_away == {}
