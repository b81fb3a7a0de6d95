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


class AlreadyOpen(CaseRefused):
    """A case of this patient is open at this site; ``more`` has the way to it, for a station that may go there."""

    status = 409
    code = "case_already_open"


class PinNeeded(CaseRefused):
    """This station reads older cases only after its PIN was typed."""

    status = 403
    code = "pin_needed"


class NoSuchCase(CaseRefused):
    """No case, photo or referral of this id that this person may know of."""

    status = 404
    code = "not_found"
