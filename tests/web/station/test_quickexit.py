"""The way out tells the server, however busy it is."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# The poster counts as unreachable: the page stays, and can be asked.
LEAVE = """async () => {
    window.setTimeout = (act) => queueMicrotask(act);
    const { arm } = await import('/web/station/together/quickexit.js');
    await arm('ca_1', () => undefined);
    document.querySelector('[data-quick-exit]').click();
}"""


@pytest.mark.parametrize("status", [408, 425, 429, 503])
async def test_a_busy_server_is_told_again_that_the_consultation_is_over(modules: Page, status: int) -> None:
    answers = [status, 204]

    async def answered(route: Route) -> None:
        await route.fulfill(status=answers.pop(0))

    await modules.route("**/api/cases/ca_1/exit", answered)
    async with modules.expect_response(lambda response: response.status == 204):
        await modules.evaluate(LEAVE)
    assert answers == []
