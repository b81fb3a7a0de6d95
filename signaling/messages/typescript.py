"""The messages as TypeScript declarations, for the type check of the pages.

Owns: the translation of msgspec types into interfaces. `tools/message_types.py` writes the text into web/, and a
test fails when the file there is not what this module says. Must never do I/O.
"""

from __future__ import annotations

from enum import Enum
from typing import get_args

import msgspec
from msgspec import inspect as types

from signaling.messages.codec import AnyClientMessage, AnyServerMessage
from signaling.messages.envelope import ClientMessage, ServerMessage

HEAD = """\
/**
 * The messages of the signaling protocol as the pages see them: types only, no browser loads this file.
 * Generated from signaling/messages by `make types`; do not edit.
 */

/** seq 0 or absent: unnumbered. ack: the last message of the other side that was taken. */
export interface Envelope { seq?: number; ack?: number }
"""
ENVELOPE = frozenset({"seq", "ack"})
# `Error` is the browser's own.
RENAMED = {"Error": "ErrorMessage"}
# Key of `msgspec.Meta.extra`: the browser's own type for a text with known values.
BROWSER_TYPE = "typescript"
SCALARS: dict[type[types.Type], str] = {
    types.StrType: "string",
    types.IntType: "number",
    types.FloatType: "number",
    types.BoolType: "boolean",
    types.NoneType: "null",
}


def declarations() -> str:
    """The whole file of declarations."""
    client, server = get_args(AnyClientMessage), get_args(AnyServerMessage)
    parts: dict[str, str] = {}
    for kind in (*client, *server):
        _declare(types.type_info(kind), parts)
    unions = [
        f"export type {name} = {' | '.join(_name(kind) for kind in kinds)};"
        for name, kinds in (("ClientMessage", client), ("ServerMessage", server))
    ]
    return "\n".join((HEAD, *parts.values(), *unions)) + "\n"


def _declare(info: types.Type, parts: dict[str, str]) -> None:
    """Declare this type after every type that it is made of."""
    match info:
        case types.StructType(cls=kind, fields=fields):
            if _name(kind) in parts:
                return
            for field in fields:
                _declare(field.type, parts)
            parts[_name(kind)] = _interface(info)
        case types.EnumType(cls=kind):
            parts[_name(kind)] = _enumeration(kind)
        case types.UnionType(types=members):
            for member in members:
                _declare(member, parts)
        case types.ListType(item_type=item) | types.Metadata(type=item):
            _declare(item, parts)
        case _:
            pass


def _interface(info: types.StructType) -> str:
    kind: type[msgspec.Struct] = info.cls
    from_page = issubclass(kind, ClientMessage)
    # A page may leave out what has a default; the server leaves it out where the struct says so.
    optional = from_page or kind.__struct_config__.omit_defaults
    is_message = from_page or issubclass(kind, ServerMessage)
    lines = [f'    type: "{info.tag}";'] if info.tag is not None else []
    for field in info.fields:
        if is_message and field.name in ENVELOPE:
            continue
        # Of msgspec's fields, one whose default is UNSET is not required and has no default.
        is_unset = field.default is field.default_factory is msgspec.NODEFAULT
        left_out = not field.required and (optional or is_unset)
        written = _written(field.type)
        if left_out and field.default is None and not from_page:
            written = written.removesuffix(" | null")  # null is a default, and the server leaves defaults out
        lines.append(f"    {field.encode_name}{'?' if left_out else ''}: {written};")
    return "\n".join((_comment(kind), f"export interface {_name(kind)} {{", *lines, "}"))


def _enumeration(kind: type[Enum]) -> str:
    values = " | ".join(f'"{member.value}"' for member in kind)
    return f"{_comment(kind)}\nexport type {_name(kind)} = {values};"


def _written(info: types.Type) -> str:
    match info:
        case types.Metadata(type=inner, extra=extra):
            return str((extra or {}).get(BROWSER_TYPE) or _written(inner))
        case types.StructType(cls=kind) | types.EnumType(cls=kind):
            return _name(kind)
        case types.ListType(item_type=item):
            return f"{_written(item)}[]"
        case types.UnionType(types=members):
            return " | ".join(_written(one) for one in members)
        case _:
            return SCALARS[type(info)]


def _name(kind: type) -> str:
    return RENAMED.get(kind.__name__, kind.__name__)


def _comment(kind: type) -> str:
    return f"/** {(kind.__doc__ or '').strip().splitlines()[0]} */"
