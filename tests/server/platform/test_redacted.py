"""Patient text does not leak by accident."""

import json
import logging
import pickle

import msgspec
import pytest

from server.platform.redacted import (
    REDACTED,
    REFUSED,
    Redacted,
    refuse_sensitive,
)

SECRET = "fièvre depuis trois jours"


@pytest.mark.parametrize(
    "shown",
    [
        str(Redacted(SECRET)),
        repr(Redacted(SECRET)),
        f"{Redacted(SECRET)}",
        f"{Redacted(SECRET)!r:>40}",
        f"{Redacted(SECRET):>40}",
        "%s" % Redacted(SECRET),  # noqa: UP031
        repr([Redacted(SECRET)]),
        json.dumps({"a": Redacted(SECRET)}, default=str),
    ],
)
def test_no_way_of_printing_shows_the_text(shown: str) -> None:
    assert "fièvre" not in shown
    assert REDACTED in shown


def test_encoders_refuse_it_rather_than_show_it() -> None:
    with pytest.raises(TypeError):
        json.dumps(Redacted(SECRET))
    with pytest.raises(TypeError):
        msgspec.json.encode({"a": Redacted(SECRET)})
    with pytest.raises(TypeError):
        pickle.dumps(Redacted(SECRET))


def test_an_exception_that_carries_it_does_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError(Redacted(SECRET))
    except ValueError:
        logging.getLogger("test").exception("failed with %s", Redacted(SECRET))
    assert "failed with" in caplog.text
    assert "fièvre" not in caplog.text


def test_the_text_can_be_read_explicitly() -> None:
    assert Redacted(SECRET).reveal() == SECRET
    assert Redacted(SECRET) == Redacted(SECRET)
    assert Redacted(SECRET) != Redacted("toux")
    assert not Redacted("")


def test_a_log_line_with_a_sensitive_key_keeps_its_event_and_loses_the_value() -> None:
    line = refuse_sensitive(None, "info", {"event": "asked", "reason": SECRET, "Password": "x", "count": 3})
    assert line == {"event": "asked", "reason": REFUSED, "Password": REFUSED, "count": 3}


def test_nested_values_are_redacted_too() -> None:
    line = refuse_sensitive(
        None, "info", {"event": "e", "record": {"name": "Awa", "n": [{"sdp": "v=0"}, Redacted(SECRET)]}}
    )
    assert line["record"] == {"name": REFUSED, "n": [{"sdp": REFUSED}, REDACTED]}
