"""A station's signature: by its key, for this request, over a challenge of this server, once."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from server.people.errors import ProofNeeded, UnknownKey
from server.people.sessions.proofs import CHALLENGE_S, Proofs, key_of
from tests.support.kiosk import KioskKey

STATION = "st_1"


@pytest.fixture
def now() -> list[float]:
    return [1_000_000.0]


@pytest.fixture
def proofs(now: list[float]) -> Proofs:
    return Proofs(lambda: now[0])


KEY = KioskKey()


def check(proofs: Proofs, proof: str, method: str = "POST", path: str = "/api/ticket") -> None:
    proofs.check(STATION, KEY.public_key, method=method, path=path, proof=proof)


def test_a_proof_is_accepted_once(proofs: Proofs) -> None:
    proof = KEY.proof("POST", "/api/ticket", proofs.challenge())
    check(proofs, proof)
    with pytest.raises(ProofNeeded):
        check(proofs, proof)


def test_one_challenge_serves_many_requests(proofs: Proofs) -> None:
    challenge = proofs.challenge()
    for _ in range(5):
        check(proofs, KEY.proof("POST", "/api/ticket", challenge))


def test_a_proof_is_for_its_own_request_only(proofs: Proofs) -> None:
    for method, path in (("GET", "/api/ticket"), ("POST", "/api/station")):
        with pytest.raises(ProofNeeded):
            check(proofs, KEY.proof(method, path, proofs.challenge()))


def test_another_key_proves_nothing(proofs: Proofs) -> None:
    with pytest.raises(ProofNeeded):
        check(proofs, KioskKey().proof("POST", "/api/ticket", proofs.challenge()))


def test_a_proof_made_in_advance_expires_with_its_challenge(proofs: Proofs, now: list[float]) -> None:
    proof = KEY.proof("POST", "/api/ticket", proofs.challenge())
    now[0] += CHALLENGE_S
    with pytest.raises(ProofNeeded):
        check(proofs, proof)


def test_challenges_of_another_process_and_invented_ones_are_refused(proofs: Proofs) -> None:
    forged = base64.urlsafe_b64encode((2_000_000).to_bytes(6, "big") + bytes(12)).rstrip(b"=").decode()
    for challenge in (Proofs(lambda: 1_000_000.0).challenge(), forged, "x"):
        with pytest.raises(ProofNeeded):
            check(proofs, KEY.proof("POST", "/api/ticket", challenge))


@pytest.mark.parametrize("header", ["", "a.b.c", "...", "A" * 300, "x.0123456789abcdef." + "A" * 86])
def test_a_malformed_proof_is_refused_and_breaks_nothing(proofs: Proofs, header: str) -> None:
    with pytest.raises(ProofNeeded):
        check(proofs, header)


def test_used_numbers_are_forgotten_with_their_challenges(proofs: Proofs, now: list[float]) -> None:
    for _ in range(20):
        check(proofs, KEY.proof("POST", "/api/ticket", proofs.challenge()))
    now[0] += CHALLENGE_S + 1
    check(proofs, KEY.proof("POST", "/api/ticket", proofs.challenge()))
    assert len(proofs._used) == 1


def encoded(key: ec.EllipticCurvePrivateKey) -> str:
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


NO_KEYS = [
    "",
    "no base64!",
    base64.b64encode(b"nonsense").decode(),
    encoded(ec.generate_private_key(ec.SECP384R1())),
]


@pytest.mark.parametrize("text", NO_KEYS)
def test_only_a_p256_key_enrols_a_station(text: str) -> None:
    with pytest.raises(UnknownKey):
        key_of(text)
