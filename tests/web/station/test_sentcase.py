"""A case that is corrected after its answer was lost: it is never left as it was first sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

BEGIN = """async () => {
    const { alsoSay } = await import('/web/shared/base/i18n.js');
    await alsoSay('cases');
    const { SentCase } = await import('/web/station/cases/sentcase.js');
    window.sent = new SentCase();
}"""
SEND = "(intake) => window.sent.send(intake).catch(({ status, code }) => ({ status, code }))"
ORDINARY = {"urgency": "green", "patient_ref": "Awa", "red_flags": [], "survivor_safe": False}
CORRECTIONS: list[dict[str, Any]] = [
    {"survivor_safe": True, "patient_ref": "Lune"},
    {"urgency": "red"},
    {"red_flags": ["convulsions"]},
    {"patient_ref": ""},
]
AWAY = {"status": 0, "code": "server_away"}
LOST = None
GONE, REMAINS = (200, {"remains": False}), (200, {"remains": True})


class Wire:
    """What came over the wire: the path, the key, the body. ``answers``: one a request."""

    def __init__(self, *answers: tuple[int, object] | None) -> None:
        self.came: list[tuple[str, str, Any]] = []
        self._answers = list(answers)

    async def __call__(self, route: Route) -> None:
        request = route.request
        body = request.post_data_json
        path = request.url.partition("/api/")[2]
        self.came.append((path, request.headers.get("idempotency-key") or body["key"], body))
        answer = self._answers.pop(0)
        if answer is None:
            await route.abort("connectionreset")
        else:
            await route.fulfill(status=answer[0], body=json.dumps(answer[1]))


async def begun(modules: Page, wire: Wire) -> None:
    await modules.route("**/api/**", wire)
    await modules.evaluate(BEGIN)


@pytest.mark.parametrize("correction", CORRECTIONS)
async def test_what_was_corrected_replaces_what_was_sent_first(
    modules: Page, correction: dict[str, Any]
) -> None:
    wire = Wire(LOST, GONE, (201, {"id": "ca_2"}))
    await begun(modules, wire)
    assert await modules.evaluate(SEND, ORDINARY) == AWAY
    assert await modules.evaluate(SEND, ORDINARY | correction) == {"id": "ca_2", "isOpen": False}
    (_, first, _), taken_back, (path, second, body) = wire.came
    assert taken_back[:2] == ("cases/taken-back", first)
    assert (path, body) == ("cases", ORDINARY | correction)
    assert second != first


async def test_what_was_not_corrected_is_the_same_request(modules: Page) -> None:
    wire = Wire(LOST, (201, {"id": "ca_1"}))
    await begun(modules, wire)
    for _ in range(2):
        found = await modules.evaluate(SEND, ORDINARY)
    assert found == {"id": "ca_1", "isOpen": False}
    assert len({key for _, key, _ in wire.came}) == 1


async def test_a_refused_sending_is_corrected_with_the_same_key(modules: Page) -> None:
    wire = Wire((422, {"code": "case_no_names"}), (201, {"id": "ca_1"}))
    await begun(modules, wire)
    await modules.evaluate(SEND, ORDINARY)
    await modules.evaluate(SEND, ORDINARY | {"patient_ref": "Lune"})
    assert [path for path, _, _ in wire.came] == ["cases", "cases"]
    assert len({key for _, key, _ in wire.came}) == 1


async def test_a_taking_back_without_an_answer_is_repeated_whatever_the_form_says_then(modules: Page) -> None:
    wire = Wire(LOST, LOST, GONE, (201, {"id": "ca_2"}))
    await begun(modules, wire)
    await modules.evaluate(SEND, ORDINARY)
    assert await modules.evaluate(SEND, ORDINARY | {"urgency": "red"}) == AWAY
    assert await modules.evaluate(SEND, ORDINARY) == {"id": "ca_2", "isOpen": False}
    paths = [path for path, _, _ in wire.came]
    assert paths == ["cases", "cases/taken-back", "cases/taken-back", "cases"]
    assert wire.came[3][1] != wire.came[0][1]


async def test_what_cannot_be_taken_back_is_said_before_the_corrected_case_is_opened(modules: Page) -> None:
    wire = Wire(LOST, REMAINS, (201, {"id": "ca_2"}))
    await begun(modules, wire)
    await modules.evaluate(SEND, ORDINARY)
    await modules.evaluate(
        f"(intake) => {{ window.answer = ({SEND})(intake); }}", ORDINARY | {"urgency": "red"}
    )
    dialog = modules.locator("dialog")
    await expect(dialog).to_contain_text("Prévenez tout de suite le responsable des données")
    assert len(wire.came) == 2
    await dialog.locator("[data-action=confirm]").click()
    assert await modules.evaluate("window.answer") == {"id": "ca_2", "isOpen": False}
    assert wire.came[2][2]["although_open"] is True


async def test_of_a_case_at_another_post_the_dialog_says_that_there_is_one(modules: Page) -> None:
    wire = Wire((409, {"code": "case_already_open", "case_id": ""}))
    await begun(modules, wire)
    await modules.evaluate(f"(intake) => {{ window.answer = ({SEND})(intake); }}", ORDINARY)
    dialog = modules.locator("dialog")
    await expect(dialog).to_contain_text("Ce patient a déjà un dossier ouvert.")
    await expect(dialog.locator("strong")).to_have_count(0)
    await expect(dialog.locator("button")).to_have_count(2)
    await dialog.locator("button").first.click()
    assert await modules.evaluate("window.answer") is None
