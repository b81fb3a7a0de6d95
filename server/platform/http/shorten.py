"""Short names inside the combined scripts of the pages, for the link: nobody reads them there.

Owns: the names that only a script itself can see: private members (ECMAScript 2022 section 15.7), and the addresses
of modules in the registry of combine.py. Must never touch a name that another file, the page or a person can see.
What this does not understand raises `ShortenError` at start, and in the tests before that. A first visit of the
station is 600 bytes lighter, compressed.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import count, product

_REGISTERED = re.compile(r'\$\["([^"]+)"\]')
# A private member where it is used, and where it is declared: first on its line.
_MEMBER = re.compile(
    r"(?:(?<=\.)|^(?P<before>[ \t]*(?:(?:static|async|get|set)[ \t]+)*\*?))#(?P<name>[A-Za-z]\w*)",
    re.MULTILINE,
)
_COMMENT = re.compile(r"^[ \t]*//.*", re.MULTILINE)


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
    return _REGISTERED.sub(lambda found: f"$[{numbers[found[1]]}]", text)


def _names() -> Iterable[str]:
    for length in count(1):
        yield from map("".join, product(string.ascii_letters, repeat=length))
