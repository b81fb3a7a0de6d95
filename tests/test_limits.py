"""docs/limits.md says what the code says."""

from __future__ import annotations

import pytest

from tools import limits


def test_the_page_of_limits_is_that_of_the_code() -> None:
    assert limits.TARGET.read_text(encoding="utf-8") == limits.page(), "run `make limits`"


def test_a_limit_without_a_reason_or_without_a_place_is_found() -> None:
    assert dict(limits._constants("# Why.\nA = 1\nB = 2\n\nC = 3\n")) == {"A": "Why.", "B": "Why.", "C": ""}
    with pytest.raises(ValueError, match="has no"):
        list(limits._rows("server.cases.quotas", frozenset({"NOT_THERE"})))
