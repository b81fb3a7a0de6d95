"""People who complete every step of signing in: own password, telephone, six digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp

from server.people.accounts.store import Profile
from server.people.factors import totp
from signaling.messages import Role
from tests.support.server import Server

ONE_TIME = "k7fm-2xqa-w9bh-dj3t"
OWN = "la pirogue verte du fleuve"


@dataclass
class Telephone:
    """The authenticator app of one person."""

    secret: str

    def code(self, now: float) -> str:
        """The code that the app shows."""
        return totp.code_at(self.secret, now)


async def first_sign_in(
    server: Server, client: aiohttp.ClientSession, login: str, role: Role, now: float
) -> tuple[str, Telephone]:
    """Make an account and sign its person in; returns account id and telephone."""
    account_id = await server.services.accounts.create(login, Profile(f"P. {login}", role), password=ONE_TIME)
    assert await sent(client, "/api/session", login=login, password=ONE_TIME) == (
        202,
        {"next": "new_password"},
    )
    assert await sent(client, "/api/session/password", password=OWN) == (202, {"next": "enrol_second_factor"})
    status, made = await sent(client, "/api/session/totp-enrolment")
    assert status == 200
    telephone = Telephone(made["secret"])
    status, me = await sent(client, "/api/session/totp-enrolment/confirmation", code=telephone.code(now))
    assert (status, me["participant_id"]) == (200, account_id)
    return account_id, telephone


async def sent(client: aiohttp.ClientSession, path: str, **body: Any) -> tuple[int, Any]:
    """POST as a page does; returns status and answer."""
    async with client.post(path, json=body or None) as answer:
        text = await answer.read()
        return answer.status, await answer.json() if text else None
