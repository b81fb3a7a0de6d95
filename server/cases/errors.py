"""What the rules of a case refuse, the tree first.

CaseRefused (Refusal)   told kindly; ``code`` is a key of the catalogs
├── AlreadyOpen         a case of this patient is open: the way to it, for the station that may go there
├── PinNeeded           an older case at a station whose PIN has not been typed
└── NoSuchCase          there is none, or it is not yours: the answer is the same

Owns: the errors. Their texts never carry anything about a patient.
"""

from __future__ import annotations

from server.platform.errors import Refusal


class CaseRefused(Refusal):
    """Something about a case cannot be done as asked."""

    status = 422

    def __init__(self, code: str) -> None:
        super().__init__(code)


class AlreadyOpen(CaseRefused):
    """A case of this patient is open at this site."""

    status = 409

    def __init__(self, case_id: str = "", station: str = "", opened_at: float = 0.0) -> None:
        super().__init__("case_already_open")
        self.more = (
            {"case_id": case_id, "station": station, "opened_at": opened_at} if case_id else {"case_id": ""}
        )

    @classmethod
    def somewhere(cls, about: str) -> AlreadyOpen:
        """One that this station has no way to: neither where nor since when is told."""
        told = cls()
        told.about = about
        return told


class PinNeeded(CaseRefused):
    """This station reads older cases only after its PIN was typed."""

    status = 403

    def __init__(self) -> None:
        super().__init__("pin_needed")


class NoSuchCase(CaseRefused):
    """No case, photo or referral of this id that this person may know of."""

    status = 404

    def __init__(self, about: str | None = None) -> None:
        super().__init__("not_found")
        self.about = about
