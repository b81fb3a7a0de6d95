"""Everything that leaves a trace, by name.

Owns: `Act`. A name stays for good once it was written: the chain of hashes covers it. Must never carry data of
its own; what an act was about stands in the entry's ids and facts.
"""

from __future__ import annotations

from enum import StrEnum


class Act(StrEnum):
    """One kind of access or act. Every area adds its own; none is renamed or removed."""

    CONSENT_GIVEN = "consent_given"
    CONSENT_REFUSED = "consent_refused"
    CONSENT_WITHDRAWN = "consent_withdrawn"

    AUDIT_READ = "audit_read"
    AUDIT_EXPORTED = "audit_exported"


class System(StrEnum):
    """Who acts when it is no participant: the server by itself, or an operator at the command line."""

    SERVER = "server"
    OPERATOR = "operator"
