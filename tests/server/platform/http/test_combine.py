"""The modules of a page in one file."""

from __future__ import annotations

import re

import pytest

from server.app import WEB_FOLDER
from server.platform.http.combine import CombineError, combine
from server.platform.http.static import WebFiles

HTML = """<link rel="stylesheet" href="/web/shared/base.css">
<link rel="stylesheet" href="/web/page/page.css">
<link rel="modulepreload" href="/web/shared/a.js">
<script type="module" src="/web/page/page.js"></script>"""


def site(**modules: str) -> dict[str, bytes]:
    """A page and its modules; ``shared_a`` becomes shared/a.js."""
    files = {f"{name.replace('_', '/')}.js": text for name, text in modules.items()}
    return {
        "page/index.html": HTML.encode(),
        "shared/base.css": b".bar { background: url(dots.svg) }",
        "page/page.css": b".b { background: url(\"own.svg\"), url(data:image/png;base64,AA), url('/x.svg') }",
        **{name: text.encode() for name, text in files.items()},
    }


A = "export const one = 1;\nexport function two() { return one + one; }\nlet hidden = 0;\n"


def test_a_page_asks_for_one_script_and_one_sheet() -> None:
    made = combine(site(page_page='import { two } from "../shared/a.js";\ntwo();', shared_a=A))
    html = made["page/index.html"].decode()
    assert re.findall(r'(?:href|src)="([^"]+)"', html) == ["/web/page/index+styles.css", "/web/page/page.js"]


def test_a_module_appears_once_after_the_modules_it_imports() -> None:
    made = combine(
        site(
            page_page='import { b } from "../shared/b.js";\nimport { one as first } from "../shared/a.js";\nb(first);',  # noqa: E501
            shared_b='import { two } from "./a.js";\nexport const b = () => two();',
            shared_a=A,
        )
    )
    script = made["page/page.js"].decode()
    assert [script.count(f'$["shared/{name}.js"]??=') for name in "ab"] == [1, 1]
    assert script.index('$["shared/a.js"]??=') < script.index('$["shared/b.js"]??=')
    assert 'const{ one:first }=$["shared/a.js"];' in script
    assert "return{one,two};" in script
    assert "import" not in script
    assert "export" not in script


def test_a_late_import_is_a_file_of_its_own_without_modules_already_loaded() -> None:
    made = combine(
        site(
            page_page='import { one } from "../shared/a.js";\nimport("../shared/late.js").then(() => one);',
            shared_a=A,
            shared_late='import { one } from "./a.js";\nimport { more } from "./more.js";\nexport class Late {}',
            shared_more="export const more = 2;",
        )
    )
    assert 'import("./page+late.js").then((part)=>part.default($))' in made["page/page.js"].decode()
    late = made["page/page+late.js"].decode()
    assert late.startswith("export default ($)=>{")
    assert late.rstrip().endswith('return $["shared/late.js"];\n};')
    assert '$["shared/more.js"]??=' in late
    assert '$["shared/a.js"]??=' not in late


def test_types_in_comments_load_nothing() -> None:
    text = (
        '/** @import {A} from "../shared/missing.js" */\n/** @param {import("../shared/a.js").One} a */\nf();'
    )
    assert sorted(combine(site(page_page=text, shared_a=A))) == sorted(
        [*site(page_page=text, shared_a=A), "page/index+styles.css"]
    )


def test_a_combined_module_keeps_its_own_address() -> None:
    made = combine(
        site(
            page_page='import { here } from "../shared/a.js";',
            shared_a='export const here = new URL("./icons.svg", import.meta.url);',
        )
    )
    assert (
        'new URL("./icons.svg", new URL("../shared/a.js",import.meta.url))' in made["page/page.js"].decode()
    )


def test_data_is_part_of_the_script() -> None:
    text = 'import words from "../shared/fr.json" with { type: "json" };\nuse(words);'
    files = site(page_page=text, shared_a=A) | {"shared/fr.json": '{"a": "é; import"}\n'.encode()}
    script = combine(files)["page/page.js"].decode()
    assert '$["shared/fr.json"]??={"a": "é; import"};' in script
    assert 'const words=$["shared/fr.json"];' in script


def test_a_combined_style_sheet_names_pictures_relative_to_its_new_place() -> None:
    styles = combine(site(page_page="", shared_a=A))["page/index+styles.css"].decode()
    assert re.findall(r"url\([^)]*\)", styles) == [
        "url(../shared/dots.svg)",
        "url(./own.svg)",
        "url(data:image/png;base64,AA)",
        "url('/x.svg')",
    ]
    assert styles.index(".bar") < styles.index(".b ")


@pytest.mark.parametrize(
    ("module", "complaint"),
    [
        ('import * as a from "../shared/a.js";', "cannot combine"),
        ('import "../shared/a.js";', "cannot combine"),
        ("export default 1;", "cannot combine"),
        ("import(name).then(use);", "cannot combine"),
        ("export let changing = 1;", "cannot combine"),
        ("export { one };", "cannot combine"),
        ('import { one } from "../shared/missing.js";', "no such file"),
        ("export const nobody = 1;", "nobody can import"),
        ('import { loop } from "../shared/loop.js";', "imports itself"),
    ],
)
def test_a_module_whose_meaning_would_change_is_refused(module: str, complaint: str) -> None:
    loop = 'import { loop } from "./loop.js";\nexport const loop = 1;'
    with pytest.raises(CombineError, match=complaint):
        combine(site(page_page=module, shared_a=A, shared_loop=loop))


def test_a_sheet_that_imports_another_is_refused() -> None:
    files = site(page_page="", shared_a=A) | {"page/page.css": b'@import "x.css";'}
    with pytest.raises(CombineError, match="another style sheet"):
        combine(files)


def test_every_page_of_ours_asks_for_one_script_and_one_sheet() -> None:
    files = WebFiles(WEB_FOLDER)
    # The leaflet of the quick exit is a static poster without a script.
    pages = [name for name in files.names if name.endswith("index.html") and name != "leaflet/index.html"]
    assert len(pages) >= 3
    for page in pages:
        html = files._files[page].plain.decode()
        assert len(re.findall(r"<script\b", html)) == 1, page
        assert len(re.findall(r'rel="stylesheet"', html)) == 1, page
        assert "modulepreload" not in html, page
        (script,) = re.findall(r'src="/web/@\w+/([^"]+)"', html)
        text = files._files[script].plain.decode()
        assert not re.search(r"^(?:import|export)\b[^(]", text, re.MULTILINE), script
