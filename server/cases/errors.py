"""What the rules of a case refuse, the tree first.

CaseRefused            told kindly; ``code`` is a key of the catalogs
└── NoSuchCase         there is none, or it is not yours: the answer is the same

Owns: the errors. Their texts never carry anything about a patient.
"""

from __future__ import annotations


class CaseRefused(Exception):
    """Something about a case cannot be done as asked."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NoSuchCase(CaseRefused):
    """No case, photo or referral of this id that this person may know of."""

    def __init__(self) -> None:
        super().__init__("not_found")
