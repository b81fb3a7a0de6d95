"""The types the pages are checked with are those of signaling/messages."""

from __future__ import annotations

from signaling import messages
from signaling.messages.typescript import declarations
from tests.web.pages import WEB


def test_the_declarations_are_those_of_the_messages() -> None:
    text = (WEB / "shared" / "signaling" / "messages.d.ts").read_text(encoding="utf-8")
    assert text == declarations(), "run `make types`"


def test_a_declaration_says_what_may_be_left_out_and_what_may_be_null() -> None:
    text = declarations()
    assert "    sdp: string;" in text
    assert "    resume?: Resume | null;" in text  # a page may leave a default out
    assert "    discreet?: boolean;" in text  # so may the server, in what omits defaults
    assert "    rung_down: Rung | null;" in text  # and not elsewhere
    assert "    low?: VideoParameters;" in text  # unset is never null
    assert "    slots: Slot[];" in text
    assert "    degradation_preference: RTCDegradationPreference | null;" in text
    assert 'export type Urgency = "red" | "orange" | "green";' in text


def test_a_page_may_send_and_receive_nothing_else() -> None:
    lines = declarations().splitlines()
    unions = {
        line.split(" = ")[0]: line for line in lines if line.startswith("export type") and "Hello" in line
    }
    assert list(unions) == ["export type ClientMessage"]
    assert "export interface ErrorMessage {" in lines
    assert "export interface Error {" not in lines


def test_pages_speak_the_version_of_the_server() -> None:
    text = (WEB / "shared" / "signaling" / "protocol.js").read_text(encoding="utf-8")
    assert f"export const PROTOCOL = {messages.PROTOCOL_VERSION};" in text
