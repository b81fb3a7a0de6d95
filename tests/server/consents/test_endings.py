"""What ends when an agreement is no more, told by scope and recipient."""

from __future__ import annotations

import pytest

from server.consents import ConsentScope
from server.consents.endings import Endings
from server.consents.ports import TakesPart
from server.people.principal import Principal
from signaling.errors import Refused
from signaling.messages import Role

NURSE = Principal("st_1", Role.STATION, "Poste 1", "CSRéf de Kayes")


class Told:
    """Cases, calls and mediators that write down what they are asked."""

    def __init__(self, *sent_on: str, refusing: str = "") -> None:
        self.sent_on = list(sent_on)
        self.refusing = refusing
        self.ended: list[tuple[str, str]] = []

    async def part_of(self, who: Principal, case_id: str, *, to_read: bool = False) -> TakesPart:
        raise AssertionError("an end asks nobody who may")

    async def resting_on(self, case_id: str, recipient: str) -> list[str]:
        assert (case_id, recipient) == ("ca_1", "psychology")
        return self.sent_on

    async def consent_withdrawn(
        self, principal: Principal, consultation_id: str, *, refused: bool = False
    ) -> None:
        assert principal == NURSE
        if consultation_id == self.refusing:
            raise Refused("try_again")
        self.ended.append(("call", consultation_id))

    async def agreement_withdrawn(self, principal: Principal, case_id: str) -> None:
        assert principal == NURSE
        self.ended.append(("mediation", case_id))


async def ended(told: Told, scope: ConsentScope, recipient: str | None = None) -> list[tuple[str, str]]:
    await Endings(told, told, told).end(NURSE, "ca_1", scope, recipient)
    return told.ended


async def test_without_a_teleconsultation_the_call_ends() -> None:
    assert await ended(Told(), ConsentScope.TELECONSULTATION) == [("call", "ca_1")]


async def test_without_a_mediator_only_the_mediation_ends() -> None:
    assert await ended(Told(), ConsentScope.THIRD_PERSON) == [("mediation", "ca_1")]


async def test_without_a_referral_everything_that_was_sent_on_ends() -> None:
    told = Told("ca_2", "ca_3")
    assert await ended(told, ConsentScope.REFERRAL, "psychology") == [("call", "ca_2"), ("call", "ca_3")]


async def test_without_a_recording_nothing_else_ends() -> None:
    assert await ended(Told("ca_2"), ConsentScope.RECORDING) == []


async def test_an_end_that_cannot_be_written_is_reported() -> None:
    told = Told("ca_2", "ca_3", refusing="ca_3")
    with pytest.raises(Refused):
        await ended(told, ConsentScope.REFERRAL, "psychology")
    assert told.ended == [("call", "ca_2")]
