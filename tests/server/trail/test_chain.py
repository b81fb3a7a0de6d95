"""The canonical encoding never changes: an entry must have the same hash for ever."""

from __future__ import annotations

import hashlib
import json

from server.trail import chain
from server.trail.acts import Act
from server.trail.entry import Entry, Ref
from signaling.messages import Role

ENTRY = Entry(
    Act.CONSENT_GIVEN,
    "st_1",
    Role.STATION,
    consultation_id="c_1",
    facts={"scope": Role.STATION, "to": Ref("rf_1"), "count": 2},
)


def test_an_entrys_hash_can_be_computed_from_an_export() -> None:
    written = chain.append(ENTRY, sequence=1, at_ms=1_763_000_000_250, previous_hash=chain.GENESIS)
    fields = {name: getattr(written, name) for name in written.__struct_fields__ if name != "hash"}
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    assert chain.canonical(written) == text.encode()
    assert written.hash == hashlib.sha256(text.encode()).hexdigest()


def test_the_encoding_of_version_one_never_changes() -> None:
    written = chain.append(ENTRY, sequence=1, at_ms=1_763_000_000_250, previous_hash=chain.GENESIS)
    assert chain.canonical(written).decode() == (
        '{"act":"consent_given","actor_id":"st_1","actor_role":"station","at_ms":1763000000250,'
        '"consultation_id":"c_1","facts":"{\\"count\\":2,\\"scope\\":\\"station\\",\\"to\\":\\"rf_1\\"}",'
        f'"previous_hash":"{chain.GENESIS}","sequence":1,"subject_id":null}}'
    )


def test_each_entry_carries_the_hash_of_the_one_before() -> None:
    first = chain.append(ENTRY, sequence=1, at_ms=1, previous_hash=chain.GENESIS)
    second = chain.append(ENTRY, sequence=2, at_ms=1, previous_hash=first.hash)
    assert second.previous_hash == first.hash
    assert second.hash != first.hash
