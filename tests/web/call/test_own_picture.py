"""The own picture as a person sees it: all of what the others see, whichever way the camera is held."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Page

from tests.web.pages import WEB, html, linked

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

WIDE, UPRIGHT, SQUARE = (320, 240), (240, 320), (240, 240)
# A camera's picture with a green frame; the part of a page that shows it, in that page's own styles.
SHOW = """async ({ markup, sheets, size }) => {
    const made = (name, values) => Object.assign(document.createElement(name), values);
    const styles = sheets.map((href) => made('link', { rel: 'stylesheet', href }));
    document.head.replaceChildren(...styles);
    document.body.innerHTML = `<div data-part>${markup}</div>`;
    await Promise.all(styles.map((one) => new Promise((resolve) => { one.onload = resolve; })));
    const canvas = made('canvas', { width: size[0], height: size[1] });
    const context = canvas.getContext('2d');
    const paint = () => {
        context.fillStyle = '#00ff00';
        context.fillRect(0, 0, ...size);
        context.fillStyle = '#000000';
        context.fillRect(20, 20, size[0] - 40, size[1] - 40);
    };
    paint();
    setInterval(paint, 50);
    const video = document.querySelector('[data-part] video');
    video.hidden = false;
    video.srcObject = canvas.captureStream(20);
    video.closest('.own-box')?.classList.add('has-picture');
    document.querySelector('[data-part] .preview-words')?.remove();
    await video.play();
    await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
}"""
OWN = [
    ("station", "preview"),
    ("station", "own-box"),
    ("clinician", "preview"),
    ("clinician", "own-box"),
    ("mediator", "own-box"),
]


def part(page: str, name: str) -> str:
    """The markup of one part of a page: a box that holds no box of its own kind."""
    found = re.search(rf'<div class="{name}">.*?</div>(\s*<video.*?</div>)?', html(page), re.DOTALL)
    assert found is not None
    assert "<video" in found[0]
    return found[0]


@pytest.mark.parametrize(("page", "name"), OWN)
@pytest.mark.parametrize("size", [WIDE, UPRIGHT, SQUARE], ids=["wide", "upright", "square"])
async def test_nothing_of_the_own_picture_is_cut_off(
    pure: Page, page: str, name: str, size: tuple[int, int]
) -> None:
    sheets = [f"/web/{file.relative_to(WEB)}" for file in sorted(linked(page)) if file.suffix == ".css"]
    await pure.evaluate(SHOW, {"markup": part(page, name), "sheets": sheets, "size": list(size)})
    seen = await pure.locator(f".{name}").screenshot()
    pixels = np.asarray(Image.open(io.BytesIO(seen)).convert("RGB")).astype(int)
    green = (pixels[..., 1] > 150) & (pixels[..., 0] < 100) & (pixels[..., 2] < 100)
    rows, columns = np.flatnonzero(green.any(axis=1)), np.flatnonzero(green.any(axis=0))
    width, height = np.ptp(columns) + 1, np.ptp(rows) + 1
    assert width / height == pytest.approx(size[0] / size[1], rel=0.05)
    row, column = rows[0] + height // 2, columns[0] + width // 2
    assert green[rows[[0, -1]], column].all()
    assert green[row, columns[[0, -1]]].all()
    assert not green[row, column]
