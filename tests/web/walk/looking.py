"""What must hold of every view, whatever is on it: axe-core finds nothing, and no text runs over its box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files

from playwright.async_api import Page, ViewportSize, expect

from benchmarks.lab.systems import people
from tests.support.server import PASSWORD
from tests.web.pages import LANGUAGES

AXE = files("axe_playwright_python") / "axe.min.js"
# A kiosk, a laptop, a telephone.
SIZES: list[ViewportSize] = [
    {"width": 1280, "height": 800},
    {"width": 1440, "height": 900},
    {"width": 360, "height": 740},
]
# One word that no line has room for, as a name may be.
LONG = "Sanankoroba" * 15

RUN_AXE = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, impact, nodes }) => nodes.map(({ target, failureSummary }) =>
        `${id} (${impact}) ${target.join(' ')}: ${failureSummary?.split('\\n')[1]?.trim()}`));
}"""

# Boxes whose words are wider than they are, and controls that lie beyond the edge of the screen.
RUNS_OVER = """() => {
    const skipped = 'select, input, textarea, video, .hidden-text, .hidden-text *, .bars, .bars *, svg, svg *';
    const visible = (one) => one.checkVisibility({ visibilityProperty: true });
    const scrolls = (one) => ['auto', 'scroll'].includes(getComputedStyle(one).overflowX);
    const isWider = (one) => one.scrollWidth > one.clientWidth + 1;
    const named = (one) => `${one.tagName} ${one.getAttribute('class')} "${one.textContent.trim().slice(0, 40)}"`;
    const found = [];
    for (const one of document.body.querySelectorAll('*')) {
        if (!visible(one) || one.matches(skipped) || one.clientWidth < 2 || scrolls(one)) continue;
        const { display, clipPath, textOverflow } = getComputedStyle(one);
        const isNoBox = ['inline', 'contents'].includes(display) || clipPath !== 'none';
        if (isWider(one) && !isNoBox && textOverflow !== 'ellipsis') found.push(`wider: ${named(one)}`);
    }
    for (const one of document.querySelectorAll('button, a[href], input, select, textarea')) {
        if (!visible(one) || one.matches('.hidden-text')) continue;
        let holder = one.parentElement;
        while (holder && !(scrolls(holder) && isWider(holder))) holder = holder.parentElement;
        const { left, right, width } = one.getBoundingClientRect();
        const isBeyond = width > 0 && (left < -1 || right > innerWidth + 1);
        if (!holder && isBeyond) found.push(`beyond the edge: ${named(one)}`);
    }
    if (document.documentElement.scrollWidth > innerWidth + 1) found.push('the page scrolls sideways');
    return found;
}"""

# At one size, what is wrong in each language. The page draws a frame before it is looked at: its observers run.
LOOK = """async (languages) => {
    const choice = document.querySelector('[data-action=language]');
    const frame = () => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    const speaks = (language) => new Promise((resolve) => {
        if (document.documentElement.lang === language) return resolve();
        const seen = new MutationObserver(() => {
            if (document.documentElement.lang !== language) return;
            seen.disconnect();
            resolve();
        });
        seen.observe(document.documentElement, { attributeFilter: ['lang'] });
        choice.value = language;
        choice.dispatchEvent(new Event('change'));
    });
    const wrong = [];
    for (const language of choice ? languages : [document.documentElement.lang]) {
        await speaks(language);
        await frame();
        wrong.push(...(RUNS_OVER)().map((one) => `${language} ${innerWidth}: ${one}`));
    }
    return wrong;
}""".replace("RUNS_OVER", RUNS_OVER)


@dataclass
class Walk:
    """One walk through the views of a page; what is wrong is told at its end, all at once."""

    faults: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    async def look(self, page: Page, view: str, languages: Sequence[str] = LANGUAGES) -> None:
        """Look at what is on the page now: by axe, in three languages, at three sizes; it speaks French again."""
        self.seen.append(view)
        if not await page.evaluate("typeof axe !== 'undefined'"):
            await page.evaluate(AXE.read_text(encoding="utf-8"))
        self.faults += [f"{view}: {one}" for one in await page.evaluate(RUN_AXE)]
        # A call between browsers costs as long as it lasts: one round trip looks at all languages of a size, and
        # each size begins with the language that the last one ended with.
        order = list(languages)
        for size in SIZES:
            await page.set_viewport_size(size)
            self.faults += [f"{view} {one}" for one in await page.evaluate(LOOK, order)]
            order.reverse()
        await page.set_viewport_size(SIZES[0])
        await page.evaluate(LOOK, languages[:1])

    def end(self) -> None:
        """Fail for all that is wrong."""
        assert not self.faults, "\n".join(["", *self.faults])


async def signed_in(page: Page, login: str, view: str) -> None:
    await page.fill("input[name=login]", login)
    await page.fill("input[name=password]", PASSWORD)
    await page.press("input[name=password]", "Enter")
    await people.view(page, view)


async def panel_closed(page: Page) -> None:
    """Escape closes the panel, and the keyboard is somewhere."""
    await page.keyboard.press("Escape")
    await expect(page.locator(".case-panel:visible")).to_have_count(0)
    await expect(page.locator(":focus")).to_have_count(1)
