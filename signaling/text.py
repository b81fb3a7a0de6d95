"""What people type, as it is kept and as it is compared.

Owns: the tidying of a text, and the form in which two are the same. Pure. Must never change what a person reads:
tidying takes only what nobody sees. Unicode Standard Annexes 9 (directions) and 15 (NFC).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from typing import Any

import msgspec

# Control characters, but tab and line ends; and the code points that are no characters (Unicode, 23.7).
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")
# Characters that turn the direction of what follows, and a byte order mark in the middle: nobody types them, but
# a name copied from a message carries them along.
DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# U+2019 is what telephones write, U+02BC what linguists do; Bambara and N'Ko add their own.
APOSTROPHES = re.compile(
    "[\u0060\u00b4\u02b9\u02bb-\u02bd\u02c8\u02ca\u02cb\u07f4\u07f5\u2018-\u201b\u2032\u2035\ua78b\ua78c\uff07]"
)


class UnfitText(ValueError):
    """A text has characters in it that no keyboard writes."""


def is_fit(text: str) -> bool:
    """Whether a keyboard writes every character of it; a database need not take the others."""
    return UNFIT.search(text) is None


def tidied(text: str) -> str:
    """The same text in one Unicode form, and without what turns the direction of its neighbours."""
    return text if text.isascii() else unicodedata.normalize("NFC", DIRECTIONS.sub("", text))


def tidied_json(document: bytes, untouched: Container[str] = ()) -> bytes:
    """A JSON document whose texts are tidied, but those under the keys ``untouched``.

    Raises UnfitText, and what msgspec raises for what is no JSON.
    """
    if document.isascii() and b"\\u" not in document and b"\x7f" not in document:
        return document  # nothing in it can be untidy
    return msgspec.json.encode(_tidied(msgspec.json.decode(document), untouched))


def _tidied(value: Any, untouched: Container[str]) -> Any:
    if isinstance(value, str):
        if not is_fit(value):
            raise UnfitText
        return tidied(value)
    if isinstance(value, list):
        return [_tidied(one, untouched) for one in value]
    if isinstance(value, dict):
        return {key: one if key in untouched else _tidied(one, untouched) for key, one in value.items()}
    return value


def folded(text: str) -> str:
    """Equal for two ways of typing one name: apostrophe, case, Unicode form and blanks do not matter."""
    plain = DIRECTIONS.sub("", unicodedata.normalize("NFKC", text))
    one = unicodedata.normalize("NFKC", APOSTROPHES.sub("'", plain).casefold())
    return " ".join(one.split())
