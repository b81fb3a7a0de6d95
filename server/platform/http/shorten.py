"""Short names inside the combined scripts of the pages, for the link: nobody reads them there.

Owns: the names that only a script itself can see: private members (ECMAScript 2022 section 15.7), what a module
declares for itself, and the addresses of modules in the registry of combine.py. Must never touch a name that another
file, the page or a person can see. A private member that could be something else raises `ShortenError` at start, and
in the tests before that; another name that could be something else keeps its length. A first visit of the station is
1,600 bytes lighter, compressed.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import count, product

_REGISTERED = re.compile(r'\$\["([^"]+)"\]')
# A private member where it is used, and where it is declared: first on its line.
_MEMBER = re.compile(
    r"(?:(?<=\.)|^(?P<before>[ \t]*(?:(?:static|async|get|set)[ \t]+)*\*?))#(?P<name>[A-Za-z]\w*)",
    re.MULTILINE,
)
_COMMENT = re.compile(r"^[ \t]*//.*", re.MULTILINE)

_MODULE = re.compile(r'^(?=\$\[")', re.MULTILINE)
# What a module declares stands first on its line; four letters or more, for the others gain nothing.
_DECLARED = re.compile(r"^(?:(?:async )?function\*?|class|const|let) (\w{4,})", re.MULTILINE)
_WORD = re.compile(r"(?<![\w$#])[A-Za-z_$][\w$]*")
_TEXT = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""", re.DOTALL)
_TEMPLATE = re.compile(r"[`}](?:[^`\\$]|\\.|\$(?!\{))*(?:`|\$\{)", re.DOTALL)
_REGEXP = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_BEFORE_REGEXP = re.compile(r"(?:^|[(,=:\[!&|?{};]|\breturn)\s*\Z")
# A method: its name, its parameters (with at most two brackets inside one another), its body.
_METHOD = re.compile(r"\w+\s*\((?:[^()]++|\((?:[^()]++|\([^()]*+\))*+\))*+\)\s*\{")
_FIELD = re.compile(r"^[ \t]+(?:static )?(\w+)\s*[=;]", re.MULTILINE)
_MARK = re.compile(r"[\"'`/{}]")
# So many characters beside a word tell what it is, spaces included.
_NEAR = 80
_RESERVED = ("do", "if", "in", "of", "as", "is")


class ShortenError(ValueError):
    """A private member stands where it cannot be told from a string; the text says which and where."""


def shorten(scripts: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same scripts with short names; all that share a registry come together. Raises ShortenError."""
    texts = {name: body.decode() for name, body in scripts.items()}
    # One numbering for all: a late part of a page finds in the registry what the page has put there.
    modules = sorted({module for text in texts.values() for module in _REGISTERED.findall(text)})
    numbers = {module: str(number) for number, module in enumerate(modules)}
    return {name: _script(name, text, numbers).encode() for name, text in texts.items()}


def _script(name: str, text: str, numbers: Mapping[str, str]) -> str:
    used = Counter(found["name"] for found in _MEMBER.finditer(text))
    short = dict(zip((member for member, _ in used.most_common()), _names(), strict=False))
    for left in re.finditer(r"#([A-Za-z]\w*)", _COMMENT.sub("", _MEMBER.sub("", text))):
        if left[1] in used:
            raise ShortenError(f"{name}: a private member and something else are called {left[0]}")
    text = _MEMBER.sub(lambda found: f"{found['before'] or ''}#{short[found['name']]}", text)
    text = "".join(map(_module, _MODULE.split(text)))
    return _REGISTERED.sub(lambda found: f"$[{numbers[found[1]]}]", text)


@lru_cache(maxsize=256)  # most modules belong to several pages
def _module(text: str) -> str:
    """A module with short names for what it declares for itself."""
    code = _code(text)
    uses: dict[str, list[int]] = {}
    for word in _WORD.finditer(code):
        uses.setdefault(word[0], []).append(word.start())
    own = {name for name in _DECLARED.findall(code) if all(_is_variable(code, name, at) for at in uses[name])}
    if re.search(r"^class ", code, re.MULTILINE):
        # What is assigned in a class may be a field, which others see.
        own -= set(_FIELD.findall(code))
    fresh = (name for name in _names() if name not in uses and name not in _RESERVED)
    short = dict(zip(sorted(own, key=lambda name: (-len(uses[name]), name)), fresh, strict=False))
    made: list[str] = []
    end = 0
    for at, long in sorted((at, name) for name in own for at in uses[name]):
        made += [text[end:at], short[long]]
        end = at + len(long)
    return "".join([*made, text[end:]])


def _is_variable(code: str, name: str, at: int) -> bool:
    """Whether a word can be nothing but a variable: no property, no key, no method."""
    before = code[max(0, at - _NEAR) : at].rstrip()
    after = code[at + len(name) : at + len(name) + _NEAR].lstrip()
    if before.endswith(".") and not before.endswith("..."):
        return False
    if before.endswith(("{", ",")) and after.startswith((":", ",", "}")):
        return False  # {name: 1}, {name}, and what only looks like them
    return before.endswith(("function", "function*")) or _METHOD.match(code, at) is None


def _code(text: str) -> str:
    """The text with everything that is no code (remarks, strings, regular expressions) filled up with quotes."""
    made: list[str] = []
    braces: list[int] = []  # open ones in each expression of a template
    end = 0
    for mark in _MARK.finditer(text):
        at = mark.start()
        if at < end:
            continue
        found = _TEXT.match(text, at)
        if found is None and mark[0] == "/" and _BEFORE_REGEXP.search(text[max(0, at - _NEAR) : at]):
            found = _REGEXP.match(text, at)
        if mark[0] == "`" or (mark[0] == "}" and braces and not braces[-1]):
            found = _TEMPLATE.match(text, at)
            if mark[0] == "}":
                braces.pop()
            if found is not None and found[0].endswith("${"):
                braces.append(0)
        elif braces:
            braces[-1] += (mark[0] == "{") - (mark[0] == "}")
        if found is not None:
            made += [text[end:at], re.sub(r"[^\n]", '"', found[0])]
            end = found.end()
    return "".join([*made, text[end:]])


def _names() -> Iterable[str]:
    for length in count(1):
        yield from map("".join, product(string.ascii_letters, repeat=length))
