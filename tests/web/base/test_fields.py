"""A form that cannot be sent names the field that keeps it from it."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

RUN = """async (values) => {
    const [{ field, wrongField }, { make }, { startLanguage }] = await Promise.all(
        ['fields', 'dom', 'i18n'].map((name) => import(`/web/shared/base/${name}.js`)));
    await startLanguage();
    const name = make('input', { name: 'name', required: '' });
    const minutes = make('input', { name: 'minutes', type: 'number', min: '0', max: '1440', required: '' });
    const form = make('form', { novalidate: '' }, field('accounts.name', name), field('mediator.minutes', minutes));
    document.body.append(form);
    form.querySelectorAll('label').forEach((label, index) => (label.textContent = ['Nom', 'Minutes'][index]));
    [name.value, minutes.value] = values;
    const wrong = wrongField(form);
    const marked = [name, minutes].map((one) => one.getAttribute('aria-invalid') === 'true');
    form.remove();
    return [wrong && wrong.control.name, wrong && wrong.text, marked];
}"""


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["Awa", "30"], [None, None, [False, False]]),
        (["", "30"], ["name", "À remplir : Nom.", [True, False]]),
        (["  ", "30"], ["name", "À remplir : Nom.", [True, False]]),
        (["Awa", ""], ["minutes", "À remplir : Minutes.", [False, True]]),
        (["Awa", "5000"], ["minutes", "À corriger : Minutes.", [False, True]]),
        (["Awa", "2.5"], ["minutes", "À corriger : Minutes.", [False, True]]),
    ],
)
async def test_the_first_field_that_is_missing_or_wrong_is_named(
    pure: Page, values: list[str], found: list[object]
) -> None:
    said = await pure.evaluate(RUN, values)
    plain = [said[0], said[1] and said[1].replace("\u00a0", " "), said[2]]
    assert plain == found
