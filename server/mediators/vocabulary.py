"""The short words of mediation: what is pledged, and what a mediator met with.

Owns: names only; their words are in the catalogs under ``blockage.`` and ``pledge.``. Pure.
"""

from __future__ import annotations

from enum import StrEnum


class Blockage(StrEnum):
    """What stood between a patient and care."""

    TRANSPORT = "transport"
    COST = "cost"
    REFUSAL = "refusal"
    NO_DRUG = "no_drug"
    NO_DOCUMENT = "no_document"
    LANGUAGE = "language"
    OTHER = "other"


# The text that every mediator pledges to (web/mediator/pledges/); a changed text is a new version.
PLEDGES = frozenset({"pledge-1"})
PLEDGE_LANGUAGES = frozenset({"fr", "bm", "en"})
