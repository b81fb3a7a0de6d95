"""Combines the modules of a page into one file and its style sheets into another, in memory at start.

Owns: the combination of the plain ES modules of the ``web`` folder (ECMAScript 2022 section 16.2). Without it, a
first visit over 16 kbit/s asks for 28 files, whose requests and headers take longer than the files. Must never
change what a module means: each module keeps a scope of its own and runs once, in the order of its imports.
Syntax that this module does not understand raises `CombineError` at start, and before that in the tests.

Browsers can also load the sources directly. The allowed syntax is what the tests of this module use:
``import {names} from "./file.js"``, ``import name from "./file.json" with { type: "json" }``, ``export`` before a
declaration, and ``import("./file.js")`` for a module that loads late. Each late module of a page becomes one more
file, together with the modules that only it imports.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping

_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"(\.[^"]+)";', re.MULTILINE)
_DATA = re.compile(
    r'^import\s+([\w$]+)\s+from\s*"(\.[^"]+\.json)"\s*with\s*\{\s*type:\s*"json"\s*\};', re.MULTILINE
)
_EXPORT = re.compile(r"^export\s+((?:async\s+)?(?:function\*?|class|const)\s+([\w$]+))", re.MULTILINE)
_LATE = re.compile(r'\bimport\(\s*"(\.[^"]+)"\s*\)')
_OTHER = re.compile(r"^(?:import\b(?!\()|export\b).*|\bimport\((?!\").*", re.MULTILINE)
# Type imports in JSDoc comments look like late imports.
_JSDOC = re.compile(r"^[ \t]*/\*\*.*?\*/", re.MULTILINE | re.DOTALL)
_OWN_ADDRESS = "import.meta.url"

_SCRIPT = re.compile(r'<script type="module" src="/web/([^"]+)"></script>')
_SHEET = re.compile(r'<link rel="stylesheet" href="/web/([^"]+)">\n?')
_CSS_URL = re.compile(r"url\((?![\"']?(?:data:|/))[\"']?([^\"')]+)[\"']?\)")


class CombineError(ValueError):
    """A page or module that cannot be combined; the text names the file and the fault."""


def combine(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of the pages by name, with the modules and style sheets of each page combined.

    The script of a page keeps its name and contains all its imports; late parts are named ``page+part.js``, the
    styles ``index+styles.css``. All other files stay unchanged. Raises CombineError.
    """
    combined = dict(files)
    for name in sorted(files):
        if name.endswith(".html"):
            combined[name] = _page(name, files[name].decode(), files, combined).encode()
    return combined


def _page(name: str, html: str, files: Mapping[str, bytes], combined: dict[str, bytes]) -> str:
    entries = _SCRIPT.findall(html)
    if len(entries) > 1:
        raise CombineError(f"{name}: more than one module")
    for entry in entries:
        page = _Page(entry, files)
        combined.update({part: text.encode() for part, text in page.parts().items()})
        for module in page.first:
            html = html.replace(f'<link rel="modulepreload" href="/web/{module}">\n', "")
    sheets = _SHEET.findall(html)
    if len(sheets) > 1:
        all_styles = f"{name.removesuffix('.html')}+styles.css"
        texts = [_moved_styles(sheet, _text(sheet, files), all_styles) for sheet in sheets]
        combined[all_styles] = "\n".join(texts).encode()
        one = f'<link rel="stylesheet" href="/web/{all_styles}">\n'
        html = _SHEET.sub(one, html, count=1)
        html = _SHEET.sub(lambda found: found[0] if found[1] == all_styles else "", html)
    return html


class _Page:
    """The modules of one page: those of the first load, and the late ones."""

    def __init__(self, entry: str, files: Mapping[str, bytes]) -> None:
        self._entry = entry
        self._files = files
        self._late: list[str] = []
        self.first = self._order(entry)

    def parts(self) -> dict[str, str]:
        """The scripts by file name."""
        made = {
            self._entry: "\n".join(["const $={};", *map(self._registered, self.first[:-1]), self._last()])
        }
        for late in self._late:  # grows in this loop: a late module may have late modules itself
            modules = [name for name in self._order(late) if name not in self.first]
            body = "\n".join(map(self._registered, modules))
            made[self._part(late)] = f"export default ($)=>{{\n{body}\nreturn $[{json.dumps(late)}];\n}};"
        return made

    def _order(self, module: str) -> list[str]:
        """A module and all its imports; each module comes after its own imports."""
        found: list[str] = []
        self._visit(module, [], found)
        return found

    def _visit(self, module: str, path: list[str], found: list[str]) -> None:
        if module in path:
            raise CombineError(
                f"{module}: imports itself by way of {' and '.join(path[path.index(module) :])}"
            )
        if module in found:
            return
        text = _script(module, self._files)
        for imported in (*_DATA.finditer(text), *_IMPORT.finditer(text)):
            self._visit(_resolve(module, imported[2]), [*path, module], found)
        found.append(module)

    def _registered(self, module: str) -> str:
        """A module as a function that runs once and puts its exports into the registry ``$``."""
        if module.endswith(".json"):
            return f"$[{json.dumps(module)}]??={_text(module, self._files).strip()};"
        body, exports = self._body(module)
        return f"$[{json.dumps(module)}]??=(()=>{{\n{body}\nreturn{{{','.join(exports)}}};\n}})();"

    def _last(self) -> str:
        """The page's own module, outside of any function, so that it may use a top-level await."""
        body, exports = self._body(self._entry)
        if exports:
            raise CombineError(f"{self._entry}: nobody can import what a page's own module exports")
        return body

    def _body(self, module: str) -> tuple[str, list[str]]:
        text = _script(module, self._files)
        exports: list[str] = []

        def imported(found: re.Match[str]) -> str:
            names = re.sub(r"\s+as\s+", ":", found[1])
            return f"const{{{names}}}=$[{json.dumps(_resolve(module, found[2]))}];"

        def data(found: re.Match[str]) -> str:
            return f"const {found[1]}=$[{json.dumps(_resolve(module, found[2]))}];"

        def exported(found: re.Match[str]) -> str:
            exports.append(found[2])
            return found[1]

        def late(found: re.Match[str]) -> str:
            wanted = _resolve(module, found[1])
            if wanted not in self._late:
                self._late.append(wanted)
            address = _relative(self._entry, self._part(wanted))
            return f"import({json.dumps(address)}).then((part)=>part.default($))"

        text = _LATE.sub(late, _EXPORT.sub(exported, _DATA.sub(data, _IMPORT.sub(imported, text))))
        left = _OTHER.search(text)
        if left is not None:
            raise CombineError(f"{module}: cannot combine {left[0]!r}")
        own = f"new URL({json.dumps(_relative(self._entry, module))},{_OWN_ADDRESS})"
        return text.replace(_OWN_ADDRESS, own), exports

    def _part(self, late: str) -> str:
        stem = posixpath.basename(late).removesuffix(".js")
        return f"{self._entry.removesuffix('.js')}+{stem}.js"


def _text(name: str, files: Mapping[str, bytes]) -> str:
    if name not in files:
        raise CombineError(f"{name}: no such file")
    return files[name].decode()


def _script(name: str, files: Mapping[str, bytes]) -> str:
    return _JSDOC.sub("", _text(name, files))


def _resolve(module: str, address: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(module), address))


def _relative(origin: str, target: str) -> str:
    """The relative path from the file ``origin`` to the file ``target``."""
    relative = posixpath.relpath(target, posixpath.dirname(origin))
    return relative if relative.startswith(".") else f"./{relative}"


def _moved_styles(sheet: str, text: str, target: str) -> str:
    """A style sheet whose relative paths are rewritten for its new place."""
    if "@import" in text:
        raise CombineError(f"{sheet}: imports another style sheet")
    return _CSS_URL.sub(lambda found: f"url({_relative(target, _resolve(sheet, found[1]))})", text)
