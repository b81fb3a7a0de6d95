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


MODULE = """const LONGEST_PX = 12;
let place = 0;
function half(length) { return length / 2; }
function counted({ place: from, length }) { return from / length; }
async function stepped() {
    place += half(LONGEST_PX);
    return { text: `half "${half(LONGEST_PX)}" of LONGEST_PX`, place: counted({ place, length: 2 }) };
}
const view = { half(length) { return length; }, first: view2 => view2.half(3) };
stepped().then((made) => show("half of", made.text, /half"/.test(made.text)));
"""


def test_what_a_module_declares_for_itself_is_short_and_nothing_else() -> None:
    made = short(MODULE)
    assert "LONGEST_PX = " not in made
    assert "async function stepped" not in made
    assert "of LONGEST_PX`" in made  # a text
    assert "place: from" in made
    assert "({ place, length: 2 })" in made
    assert "let place" in made
    assert "function half(" in made
    assert "{ half(length) {" in made
    assert "made.text" in made
    assert '"half of"' in made
    assert '/half"/' in made


def test_a_short_name_is_nobody_elses() -> None:
    made = short("const longest = 3;\nconst other = (a, b) => a + b + longest;\n")
    assert made == "const c = 3;\nconst d = (a, b) => a + b + c;\n"


def test_what_a_class_may_have_as_a_field_keeps_its_name() -> None:
    text = "let wide = 1;\nclass B {\n    wide = 2;\n}\n"
    assert short(text) == text


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
