"""Writes the pages' declarations of the signaling messages (`make types`), after a change of signaling/messages."""

from __future__ import annotations

from pathlib import Path

from signaling.messages.typescript import declarations

TARGET = Path(__file__).resolve().parents[1] / "web" / "shared" / "signaling" / "messages.d.ts"

if __name__ == "__main__":
    TARGET.write_text(declarations(), encoding="utf-8")
