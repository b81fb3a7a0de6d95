"""What a page knows: one way in for all that happens, one way out to what is drawn."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

COUNTER = """async () => {
    const { Store } = await import('/web/shared/base/store.js');
    const heard = [];
    const reduce = (state, { type }) => {
        if (type === 'fail') throw new Error('no such message');
        return type === 'more' ? { count: state.count + 1 } : state;
    };
    const store = new Store({ count: 0 }, reduce);
    RUN
    return heard;
}"""


async def counted(page: Page, run: str) -> Any:
    """What was heard while ``run`` used a store that counts."""
    return await page.evaluate(COUNTER.replace("RUN", run))


async def test_a_subscriber_hears_of_each_change_and_what_was_before(modules: Page) -> None:
    heard = await counted(
        modules,
        """store.subscribe((state, before) => heard.push([before.count, state.count]));
        for (const type of ['more', 'nothing', 'more']) store.dispatch({ type });""",
    )
    assert heard == [[0, 1], [1, 2]]


async def test_what_a_subscriber_dispatches_comes_after_all_have_heard(modules: Page) -> None:
    heard = await counted(
        modules,
        """store.subscribe(({ count }) => count === 1 && store.dispatch({ type: 'more' }));
        store.subscribe(({ count }) => heard.push(count));
        store.dispatch({ type: 'more' });""",
    )
    assert heard == [1, 2]


async def test_a_failure_leaves_the_state_and_the_next_message_is_taken(modules: Page) -> None:
    heard = await counted(
        modules,
        """try { store.dispatch({ type: 'fail' }); } catch { heard.push('failed', store.state.count); }
        store.dispatch({ type: 'more' });
        heard.push(store.state.count);""",
    )
    assert heard == ["failed", 0, 1]
