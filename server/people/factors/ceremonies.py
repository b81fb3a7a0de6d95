"""The two ceremonies of WebAuthn (Level 3) through the library: what the browser is asked, and what it answers.

Owns: every use of the library. Must never let an error of it out: a wrong answer raises WrongPasskey, whatever is
wrong with it. Pure but for the system's randomness.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import webauthn
from webauthn.helpers import options_to_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from server.people.errors import WrongPasskey

NAME = "Kɛnɛya"
# WebAuthn section 13.4.3 asks for 16 at least.
CHALLENGE_BYTES = 32
# Time to find a security key, or to fetch the telephone that holds the passkey.
TIMEOUT_S = 300
# The password is the first factor, so that a touch is enough; a device that can ask for finger or PIN does.
VERIFICATION = UserVerificationRequirement.PREFERRED

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who asks: the domain that passkeys belong to, and the origin that this ceremony must come from."""

    domain: str
    origin: str


@dataclass(frozen=True, slots=True)
class Known:
    """A passkey, as the browser made it and as the ceremonies need it. ``public_key``: a COSE key (RFC 9052)."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: str


def creation(
    party: RelyingParty, account: tuple[str, str, str], known: Iterable[Known], challenge: bytes
) -> Json:
    """What `navigator.credentials.create` is asked; ``account``: id, login, name."""
    account_id, login, name = account
    options = webauthn.generate_registration_options(
        rp_id=party.domain,
        rp_name=NAME,
        user_id=account_id.encode(),
        user_name=login,
        user_display_name=name,
        challenge=challenge,
        timeout=TIMEOUT_S * 1000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=VERIFICATION
        ),
        exclude_credentials=[_described(one) for one in known],
    )
    return cast(Json, json.loads(options_to_json(options)))


def request(party: RelyingParty, known: Iterable[Known], challenge: bytes) -> Json:
    """What `navigator.credentials.get` is asked."""
    options = webauthn.generate_authentication_options(
        rp_id=party.domain,
        challenge=challenge,
        timeout=TIMEOUT_S * 1000,
        allow_credentials=[_described(one) for one in known],
        user_verification=VERIFICATION,
    )
    return cast(Json, json.loads(options_to_json(options)))


def created(party: RelyingParty, challenge: bytes, answer: Json) -> Known:
    """Check the answer of `create`. Raises WrongPasskey."""
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.domain,
            expected_origin=party.origin,
        )
    except Exception:  # the library raises its own tree, and what parsers raise on hostile bytes
        raise WrongPasskey from None
    return Known(made.credential_id, made.credential_public_key, made.sign_count, _transports_of(answer))


def proven(party: RelyingParty, challenge: bytes, answer: Json, known: Known) -> int:
    """Check the answer of `get` by this passkey; gives its new count. Raises WrongPasskey."""
    try:
        checked = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.domain,
            expected_origin=party.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
        )
    except Exception:  # as above
        raise WrongPasskey from None
    return checked.new_sign_count


def credential_id_of(answer: Json) -> bytes:
    """Which passkey an answer says it is of; nothing is proven by it. Raises WrongPasskey."""
    found = answer.get("id")
    if not isinstance(found, str):
        raise WrongPasskey
    try:
        return webauthn.base64url_to_bytes(found)
    except ValueError:
        raise WrongPasskey from None


def _described(one: Known) -> PublicKeyCredentialDescriptor:
    named = [AuthenticatorTransport(name) for name in one.transports.split(",") if name]
    return PublicKeyCredentialDescriptor(id=one.credential_id, transports=named or None)


def _transports_of(answer: Json) -> str:
    """Where the browser will look for this passkey; names that we do not know are left out."""
    told = answer.get("response", {}).get("transports")
    names = {one.value for one in AuthenticatorTransport}
    known = [one for one in told if one in names] if isinstance(told, list) else []
    return ",".join(sorted(set(known)))
