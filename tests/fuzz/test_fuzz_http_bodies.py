"""Any posted body decodes or is refused as malformed."""

from __future__ import annotations

import msgspec
import pytest

from server.people.accounts.handlers import (
    Disabling,
    NewAccount,
    ProfileBody,
    Provider,
)
from server.people.factors.handlers import Answered, TypedCode, TypedRecoveryCode
from server.people.signin.handlers import SignIn
from server.people.signin.handlers_steps import NewPassword, TypedPassword
from server.people.stations.handlers import Wanted
from server.people.stations.handlers_kiosk import Enrolment
from server.platform.http.bodies import decode
from server.platform.http.errors import ApiError
from server.sockets.handlers import TicketRequest
from tests.fuzz.harness import fuzz

BODIES: list[tuple[type[msgspec.Struct], list[bytes]]] = [
    (SignIn, [b'{"login":"docteur","password":"une longue phrase"}', b"{}"]),
    (Enrolment, [b'{"code":"H2WP-GAQS","public_key":"MFkwEw=="}', b'{"code":""}']),
    (TypedCode, [b'{"code":"123 456"}']),
    (TypedRecoveryCode, [b'{"code":"k7fm-2xqa-w9bh"}']),
    (Answered, [b'{"credential":{"id":"AA","rawId":"AA","type":"public-key","response":{}}}']),
    (TypedPassword, [b'{"password":"une longue phrase"}']),
    (NewPassword, [b'{"password":"une longue phrase","current":null}']),
    (
        ProfileBody,
        [b'{"name":"X","role":"clinician","specialties":["law"],"languages":["bm"],"gender":"man"}'],
    ),
    (NewAccount, [b'{"login":"x","name":"Dr X","role":"auditor","site":""}']),
    (Disabling, [b'{"disabled":true}']),
    (Provider, [b'{"subject":"a-b-c"}']),
    (Wanted, [b'{"site":"Kayes","name":"Poste 1"}']),
    (TicketRequest, [b'{"role":"station"}', b'{"role":null}', b"{}"]),
]


@pytest.mark.parametrize(("kind", "seeds"), BODIES, ids=lambda value: getattr(value, "__name__", ""))
def test_bodies(kind: type[msgspec.Struct], seeds: list[bytes], fuzz_inputs: int) -> None:
    assert fuzz(lambda body: decode(body, kind), seeds, ApiError, fuzz_inputs, rng_seed=31) > 0
