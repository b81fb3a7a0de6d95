"""Requests that make something carry a key: a second press after a lost answer is the same request."""

from __future__ import annotations

import json
import re

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route

from tests.web.pages import WEB, sources

BROWSER = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# What a second time changes nothing, and why.
SAME_TWICE = {
    "/api/cases/${caseId}/consents/withdrawal": "saying it twice is saying it once",
    "/api/cases/${caseId}/photos": "a photo is known by its hash",
    "/api/cases/search": "reads only",
    "/api/cases/taken-back": "taken back twice is taken back once",
    "/api/answers": "told twice is told once",
    "/api/session": "one sign-in more, of the same person",
    "/api/session/totp": "a step of signing in",
    "/api/session/password": "the same password again",
    "/api/session/recovery": "a code works once",
    "/api/session/passkey": "the last one counts",
    "/api/session/passkey/confirmation": "a step of signing in",
    "/api/session/passkey-enrolment": "the last one counts",
    "/api/session/passkey-enrolment/confirmation": "a challenge works once",
    "/api/second-factors/recovery-codes": "the last sheet counts",
    "/api/stations/${one.station_id}/pin": "the last one counts",
    "/api/station/pin": "typed again is open again",
    "/api/session/totp-enrolment": "the last one counts",
    "/api/session/totp-enrolment/confirmation": "confirmed is confirmed",
    "/api/session/proof": "proves again",
    "/api/station/enrolment": "a code works once",
    "/api/audit/verification": "reads only",
    "/api/sites/${site.site_id}/rules": "the same rule again",
    "/api/ticket": "one ticket more, which nobody uses",
}

PRESS = """async ({ path, body, key }) => {
    const { create } = await import('/web/shared/requests/create.js');
    return create(path, body, key).then((made) => ({ made }), ({ status, code }) => ({ status, code }));
}"""
ASK = """async () => {
    const { leftBehind, whatBecameOf } = await import('/web/shared/requests/create.js');
    return Promise.all(leftBehind().map(whatBecameOf));
}"""
STORED = "() => sessionStorage.getItem('keneya.unanswered')"


class Wire:
    """What came over the wire. ``answers``: one a request; None: the answer is lost."""

    def __init__(self, *answers: tuple[int, object] | None) -> None:
        self.keys: list[str] = []
        self.asked: list[object] = []
        self._answers = list(answers)

    async def __call__(self, route: Route) -> None:
        if key := route.request.headers.get("idempotency-key"):
            self.keys.append(key)
        else:
            self.asked.append(route.request.post_data_json)
        answer = self._answers.pop(0)
        if answer is None:
            await route.abort("connectionreset")
        else:
            await route.fulfill(status=answer[0], body=json.dumps(answer[1]))


def test_whatever_makes_something_is_sent_with_a_key() -> None:
    posts = re.compile(r"""\bcall\("POST", (?:"|`)([^"`]+)""")
    found = {path for file in sources(".js") for path in posts.findall(file.read_text(encoding="utf-8"))}
    assert found - SAME_TWICE.keys() == set()
    assert "/api/ticket" in found  # guards the search itself
    assert 'create("/api/cases"' in (WEB / "station" / "cases" / "sentcase.js").read_text(encoding="utf-8")


class TestPresses:
    pytestmark = BROWSER

    @pytest_asyncio.fixture(autouse=True, loop_scope="module")
    async def fresh(self, modules: Page) -> None:
        await modules.evaluate("sessionStorage.clear()")

    async def test_a_second_press_after_a_lost_answer_is_the_same_request(self, modules: Page) -> None:
        wire = Wire(None, (201, {"id": "ca_1"}))
        await modules.route("**/api/**", wire)
        what = {"path": "/api/cases", "body": {"urgency": "green"}}
        assert await modules.evaluate(PRESS, what) == {"status": 0, "code": "server_away"}
        assert await modules.evaluate(PRESS, what) == {"made": {"id": "ca_1"}}
        assert wire.keys[0] == wire.keys[1]

    async def test_after_an_answer_the_same_words_are_another_request(self, modules: Page) -> None:
        wire = Wire((201, {"id": "ca_1"}), (201, {"id": "ca_2"}))
        await modules.route("**/api/**", wire)
        for _ in range(2):
            await modules.evaluate(PRESS, {"path": "/api/cases", "body": {"urgency": "green"}})
        assert wire.keys[0] != wire.keys[1]

    async def test_a_form_keeps_its_key_while_it_is_corrected(self, modules: Page) -> None:
        wire = Wire(None, (409, {"code": "sent_before", "answer": {"id": "ca_1"}}))
        await modules.route("**/api/**", wire)
        for text in ("toux", "toux et fièvre"):
            what = {"path": "/api/cases", "body": {"reason_text": text}, "key": "form-0123456789abcdef"}
            found = await modules.evaluate(PRESS, what)
        assert found == {"status": 409, "code": "sent_before"}
        assert set(wire.keys) == {"form-0123456789abcdef"}

    @pytest.mark.parametrize("status", [401, 408, 425, 429])
    async def test_a_busy_server_takes_no_key_away(self, modules: Page, status: int) -> None:
        wire = Wire(None, (status, {"code": "slow_down"}), (201, {"id": "ca_1"}))
        await modules.route("**/api/**", wire)
        what = {"path": "/api/cases", "body": {"urgency": "green"}}
        for _ in range(3):
            await modules.evaluate(PRESS, what)
        assert len(set(wire.keys)) == 1

    async def test_an_answer_that_breaks_off_is_a_lost_answer(self, modules: Page) -> None:
        await modules.evaluate("""() => { window.fetch = async () => new Response(new ReadableStream({
            start: (stream) => stream.error(new TypeError('cut')) }), { status: 201 }); }""")
        found = await modules.evaluate(PRESS, {"path": "/api/cases", "body": {}})
        assert found == {"status": 0, "code": "server_away"}
        assert await modules.evaluate(STORED) is not None

    async def test_no_answer_for_half_a_minute_is_told(self, modules: Page) -> None:
        limits = await modules.evaluate("""async () => {
            const limits = [];
            AbortSignal.timeout = (ms) => { limits.push(ms); return AbortSignal.abort(); };
            const { call } = await import('/web/shared/base/http.js');
            await call('GET', '/api/cases').catch(() => null);
            return limits;
        }""")
        assert limits == [30_000]


class TestAReload:
    pytestmark = BROWSER

    @pytest.mark.parametrize("came", [True, False])
    async def test_what_was_sent_is_asked_for_and_none_of_it_was_written_down(
        self, modules: Page, came: bool
    ) -> None:
        await modules.evaluate("sessionStorage.clear()")
        became = {"came": came, "answer": {"id": "ca_1"} if came else None}
        wire = Wire(None, (200, became))
        await modules.route("**/api/**", wire)
        await modules.evaluate(PRESS, {"path": "/api/cases", "body": {"reason_text": "saigne"}})
        assert "saigne" not in await modules.evaluate(STORED)
        assert await modules.evaluate(ASK) == []  # this page can still press again
        await modules.reload()
        assert await modules.evaluate(ASK) == [became]
        assert wire.asked == [{"key": wire.keys[0]}]
        assert await modules.evaluate(STORED) is None

    async def test_what_nobody_can_say_now_is_asked_for_again(self, modules: Page) -> None:
        await modules.evaluate("sessionStorage.clear()")
        await modules.route("**/api/**", Wire(None, None))
        await modules.evaluate(PRESS, {"path": "/api/cases", "body": {}})
        await modules.reload()
        assert await modules.evaluate(f"({ASK})().catch(({{ code }}) => code)") == "server_away"
        assert await modules.evaluate(STORED) is not None
