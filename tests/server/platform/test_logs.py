"""The log lines of a running process."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from server.platform.logs import configure_logging
from server.platform.redacted import Redacted
from tests.support.server import PASSWORD, running_server


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_one_json_object_with_time_and_level(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "json")
    structlog.get_logger("x").info("asked", urgency="red", reason="fièvre", note=Redacted("fièvre"))
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "asked",
        "level": "info",
        "logger": "x",
        "urgency": "red",
        "reason": "[refused: sensitive key]",
        "note": "[redacted]",
    }


def test_lines_of_libraries_are_written_in_the_same_format(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "json")
    logging.getLogger("some.library").warning("hm %s", "x", extra={"password": "p"})
    logging.getLogger("aiortc").info("candidate 192.0.2.7")
    (line,) = lines(capsys)
    assert (line["event"], line["level"]) == ("hm x", "warning")


def test_console_lines_are_redacted_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "console")
    structlog.get_logger("x").info("asked", reason="fièvre")
    shown = capsys.readouterr().err
    assert "asked" in shown
    assert "fièvre" not in shown


async def test_a_request_is_logged_with_its_route_and_without_its_content(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    configure_logging("info", "json")
    async with running_server(tmp_path) as server:
        await server.new_doctor()
        async with server.client() as client:
            await server.sign_in(client)
            await client.get("/station?patient=Awa")
            await client.get("/Awa/Diallo")
    text = capsys.readouterr().err
    requests = [line for line in map(json.loads, text.splitlines()) if line["event"] == "request"]
    assert [(line["route"], line["status"], line.get("network")) for line in requests] == [
        ("/api/session", 200, None),
        ("page", 200, None),
        ("unmatched", 404, None),
    ]
    for secret in ("Awa", "Diallo", "docteur", PASSWORD, "127.0.0.1"):
        assert secret not in text


async def test_a_failure_of_the_database_does_not_log_the_values_of_its_statement(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    configure_logging("info", "json")
    async with running_server(tmp_path) as server:
        await server.new_doctor(login="docteur")
        async with server.services.database.begin() as db:
            await (await db.connection()).exec_driver_sql("DROP TABLE http_session")
        async with server.client() as client:
            body = {"login": "docteur", "password": PASSWORD}
            assert (await client.post("/api/session", json=body)).status == 500
    text = capsys.readouterr().err
    assert "request_failed" in text
    assert "docteur" not in text
    assert "INSERT" not in text
