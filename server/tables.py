"""Every table of the server in one place, for whoever needs all of them: the check of a database, and the start.

Owns: `METADATA`, filled by importing the tables of each domain. Must never hold a table itself.
"""

from __future__ import annotations

import server.calls.tables
import server.cases.tables
import server.consents.tables
import server.erasure.tables
import server.groups.tables
import server.mediators.tables
import server.people.tables
import server.platform.repeats.tables
import server.platform.sealing.tables
import server.rosters.tables
import server.trail.tables  # noqa: F401 (each import fills Base.metadata)
from server.platform.database.base import Base

METADATA = Base.metadata
