"""Why a walk need not look at a doctor's screen: no rule of the stylesheets tells it from a kiosk's."""

from __future__ import annotations

import re

from tests.web.pages import sources

KIOSK, DOCTOR = {"width": 1280, "height": 800}, {"width": 1440, "height": 900}
CONDITION = re.compile(r"(min|max)-(width|height):\s*([\d.]+)(\w+)")
# A length that grows with the screen and has no bound in pixels beside it may make words larger.
GROWING_WORDS = re.compile(r"font(?:-size)?:[^;}]*\d(?:vw|vh|vmin|vmax|cqw|cqi)\b")


def test_a_doctors_screen_has_the_rules_of_a_kiosk_and_more_room() -> None:
    asked = set()
    for sheet in sources(".css"):
        text = sheet.read_text(encoding="utf-8")
        assert not GROWING_WORDS.search(text), sheet
        for query in re.findall(r"@(?:media|container)([^{]*)\{", text):
            # Every condition about a size is one that the pattern reads.
            assert query.count("width") + query.count("height") == len(CONDITION.findall(query)), query
            for _, side, value, unit in CONDITION.findall(query):
                assert unit == "px"
                asked.add((side, float(value)))
    assert asked
    assert not [(side, px) for side, px in asked if KIOSK[side] <= px <= DOCTOR[side]]
