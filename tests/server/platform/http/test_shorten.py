"""Names that only a script itself can see are short where they cross the link."""

from __future__ import annotations

import re

import pytest

from server.app import WEB_FOLDER
from server.platform.http.shorten import ShortenError, shorten
from server.platform.http.static import WebFiles

LEG = """class Leg {
    #condition = "#none";
    static #made = 0;
    async #again() { return this.#condition; }
    get #quick() { return Leg.#made; }
    say() { return `${this.#condition}#${this.#quick}` + "color: #fff"; }
}"""


def short(text: str) -> str:
    return shorten({"a.js": text.encode()})["a.js"].decode()


def test_private_members_are_short_everywhere() -> None:
    made = short(LEG)
    assert set(re.findall(r"(?<![\"`])#([a-zA-Z]\w*)", made)) == {"a", "b", "c", "d", "fff"}
    assert '#a = "#none";' in made  # the most used has the first name
    assert "`${this.#a}#${this.#" in made


def test_what_others_see_keeps_its_name() -> None:
    text = 'const leg = { condition: "say" };\nleg.condition;\nfind("#condition");\n'
    assert short(text) == text


@pytest.mark.parametrize("more", ['find("#condition");', "class B { #condition = 1; }"])
def test_what_could_be_mistaken_is_refused(more: str) -> None:
    with pytest.raises(ShortenError, match=r"a\.js: .*#condition"):
        short(f"{LEG}\n{more}\n")


def test_a_remark_may_name_a_member() -> None:
    assert "// see #condition" in short(f"{LEG}\n// see #condition\n")


def test_a_page_and_its_late_part_call_a_module_by_the_same_number() -> None:
    made = shorten({
        "page.js": b'$["shared/a.js"]??=1;$["shared/b.js"]??=2;',
        "page+late.js": b'use($["shared/b.js"]);',
    })  # fmt: skip
    assert made == {"page.js": b"$[0]??=1;$[1]??=2;", "page+late.js": b"use($[1]);"}


def test_the_scripts_of_our_pages_are_sent_with_short_names() -> None:
    files = WebFiles(WEB_FOLDER)
    for page in ("station", "clinician", "mediator", "office", "landing"):
        text = files._files[f"{page}/{page}.js"].plain.decode()
        assert not re.search(r"\.#\w{3}", text), page
        assert '$["' not in text, page
