"""What the rules of a case refuse, the tree first.

CaseRefused (Refusal)   told kindly; ``code`` is a key of the catalogs
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


class NoSuchCase(CaseRefused):
    """No case, photo or referral of this id that this person may know of."""

    status = 404

    def __init__(self) -> None:
        super().__init__("not_found")
