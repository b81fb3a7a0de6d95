"""What ends when an agreement is no more: it was taken back, or a new answer is a no.

Owns: the rule. Must never be asked before the answer is on disk: what ends here must not begin again.
"""

from __future__ import annotations

from aiohttp import web

from server.consents.consent import ConsentScope
from server.consents.ports import CallsPort, CasesPort, MediatorsPort
from server.people.principal import Principal


class Endings:
    """Ends what rests on an agreement: the call, a mediator's part, what was sent on."""

    def __init__(self, cases: CasesPort, calls: CallsPort, mediators: MediatorsPort) -> None:
        self._cases = cases
        self._calls = calls
        self._mediators = mediators

    async def end(
        self,
        by: Principal,
        case_id: str,
        scope: ConsentScope,
        recipient: str | None,
        *,
        refused: bool = False,
    ) -> None:
        """Raises signaling.errors.Refused when an end cannot be written; asking again goes on from there.

        ``refused``: a no where there never was a yes.
        """
        if scope is ConsentScope.TELECONSULTATION:
            await self._calls.consent_withdrawn(by, case_id, refused=refused)
        elif scope is ConsentScope.THIRD_PERSON:
            await self._mediators.agreement_withdrawn(by, case_id)
        elif scope is ConsentScope.REFERRAL and recipient is not None:
            for resting in await self._cases.resting_on(case_id, recipient):
                await self._calls.consent_withdrawn(by, resting)


ENDINGS = web.AppKey("endings", Endings)
