"""Each fault of a photo has a word of its own; what this browser can show is made into a small JPEG."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest
from playwright.async_api import Page

from tests.web.pages import WEB

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PICTURE = (WEB.parent / "docs" / "images" / "station-call.png").read_bytes()
JPEG = cv2.imencode(".jpg", (np.arange(4800) % 251).astype(np.uint8).reshape(40, 40, 3))[1].tobytes()
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 400

SHRUNK = """async ({ base64, name }) => {
    const { shrunk } = await import('/web/station/cases/picture.js');
    const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
    return shrunk(new File([bytes], name)).then(
        async (blob) => ({ kind: blob.type, head: [...new Uint8Array(await blob.slice(0, 3).arrayBuffer())] }),
        ({ code }) => ({ code }));
}"""


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("photo.jpg", b"", "photo_empty"),
        ("photo.jpg", b"%PDF-1.7\n" + b"x" * 500, "photo_kind"),
        ("clip.jpg", b"\0\0\0\x18ftypmp42" + b"\0" * 400, "photo_kind"),
        ("IMG_0412.HEIC", HEIC, "photo_heic"),
        ("photo.jpg", HEIC, "photo_heic"),  # names lie
        ("photo.png", PICTURE[:200], "photo_broken"),
        ("photo.png", PICTURE[:-20], "photo_broken"),
        ("photo.jpg", JPEG[:-40], "photo_broken"),  # a browser paints it, with grey below
        ("photo.jpg", JPEG[:2] + b"\xff\xe1\x00\x06\xff\xd9ab" + JPEG[2:-40], "photo_broken"),
    ],
)
async def test_what_is_wrong_is_said(pure: Page, name: str, data: bytes, code: str) -> None:
    given = {"name": name, "base64": base64.b64encode(data).decode()}
    assert await pure.evaluate(SHRUNK, given) == {"code": code}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("photo.png", PICTURE),
        ("no-name", PICTURE),
        ("IMG_0412.HEIC", JPEG),
        ("x.jpg", JPEG + b"what a telephone adds"),
    ],
)
async def test_a_picture_is_one_whatever_its_name(pure: Page, name: str, data: bytes) -> None:
    given = {"name": name, "base64": base64.b64encode(data).decode()}
    assert await pure.evaluate(SHRUNK, given) == {"kind": "image/jpeg", "head": [0xFF, 0xD8, 0xFF]}


async def test_heic_is_converted_where_the_browser_can(pure: Page) -> None:
    """Safari shows HEIC in an image element only: here one that shows anything stands in for it."""
    found = await pure.evaluate("""async (heic) => {
        const { shrunk } = await import('/web/station/cases/picture.js');
        const real = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, 'src');
        Object.defineProperty(HTMLImageElement.prototype, 'src',
            { configurable: true, get: real.get, set() { real.set.call(this, 'blob:none'); } });
        const decode = HTMLImageElement.prototype.decode;
        const canvas = new OffscreenCanvas(40, 30);
        canvas.getContext('2d').fillRect(0, 0, 40, 30);
        const shown = URL.createObjectURL(await canvas.convertToBlob());
        HTMLImageElement.prototype.decode = function () { real.set.call(this, shown); return decode.call(this); };
        const bytes = Uint8Array.from(atob(heic), (one) => one.charCodeAt(0));
        try {
            return (await shrunk(new File([bytes], 'IMG_0412.HEIC'))).type;
        } finally {
            HTMLImageElement.prototype.decode = decode;
            Object.defineProperty(HTMLImageElement.prototype, 'src', real);
        }
    }""", base64.b64encode(HEIC).decode())  # fmt: skip
    assert found == "image/jpeg"
