"""Tickets of the WebSocket."""

from server.people.principal import Principal
from server.people.sessions.tickets import MAX_TICKETS, TICKET_TTL_S, Tickets
from signaling.messages import Role

NURSE = Principal("st-1", Role.STATION, "Poste 1", "CSRéf de Kayes")
DOCTOR = Principal("ac-1", Role.CLINICIAN, "Dr Traoré", "Point G")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_ticket_gives_its_participant_exactly_once() -> None:
    tickets = Tickets(Clock())
    ticket = tickets.issue(NURSE)
    assert tickets.redeem(ticket) == NURSE
    assert tickets.redeem(ticket) is None


def test_a_ticket_that_is_too_old_gives_nobody() -> None:
    clock = Clock()
    tickets = Tickets(clock)
    ticket = tickets.issue(NURSE)
    clock.now += TICKET_TTL_S
    assert tickets.redeem(ticket) is None


def test_a_ticket_holds_until_just_before_its_end() -> None:
    clock = Clock()
    tickets = Tickets(clock)
    ticket = tickets.issue(NURSE)
    clock.now += TICKET_TTL_S - 0.001
    assert tickets.redeem(ticket) == NURSE


def test_an_invented_ticket_gives_nobody() -> None:
    tickets = Tickets(Clock())
    tickets.issue(NURSE)
    assert tickets.redeem("A" * 43) is None


def test_tickets_carry_256_bits_and_differ() -> None:
    tickets = Tickets(Clock())
    made = {tickets.issue(NURSE) for _ in range(100)}
    assert len(made) == 100
    assert all(len(ticket) == 43 for ticket in made)


def test_signing_out_revokes_only_the_persons_own_tickets() -> None:
    tickets = Tickets(Clock())
    hers, his = tickets.issue(NURSE), tickets.issue(DOCTOR)
    tickets.revoke(NURSE.participant_id)
    assert tickets.redeem(hers) is None
    assert tickets.redeem(his) == DOCTOR


def test_tickets_that_nobody_redeems_do_not_grow_without_bound() -> None:
    tickets = Tickets(Clock())
    first = tickets.issue(NURSE)
    for _ in range(MAX_TICKETS):
        tickets.issue(DOCTOR)
    assert len(tickets) == MAX_TICKETS
    assert tickets.redeem(first) is None
