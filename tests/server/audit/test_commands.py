"""`keneya audit` against a trail on disk, untouched and tampered with by whoever owns the database."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from typer.testing import CliRunner, Result

from server.audit.commands import TAMPERED, audit_commands
from server.audit.inspection import own_checkpoints
from server.platform.database.engine import open_database, sessions_of
from server.platform.database.upgrade import upgrade
from server.trail import chain
from server.trail.trail import Trail
from tests.support.trails import some_entry

ENTRIES = 12
TRIGGERS = {
    "sqlite": [
        "DROP TRIGGER audit_entry_no_update",
        "DROP TRIGGER audit_entry_no_delete",
        "DROP TRIGGER audit_head_forward",
    ],
    "postgresql": [
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "ALTER TABLE audit_head DISABLE TRIGGER ALL",
    ],
}


# For what is claimed of a checkpoint's file or text alone: no database takes part in it.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class House:
    """A server's files and database, and its command line."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self._runner = CliRunner()

    def audit(self, *arguments: str) -> Result:
        environ = {"KENEYA_DATABASE_URL": self.url, "KENEYA_DATA_DIR": str(self.folder), "COLUMNS": "200"}
        return self._runner.invoke(audit_commands, arguments, env=environ)

    def checkpoint(self, name: str) -> Path:
        made = self.audit("checkpoint")
        assert made.exit_code == 0, made.output
        kept = self.folder.parent / name
        kept.write_text(made.stdout)
        return kept

    def write(self, count: int = ENTRIES) -> None:
        asyncio.run(self._write(count))

    def tamper(self, work: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        """Do something as the owner of the database, who can disable the triggers."""

        async def all_of_it() -> None:
            engine = open_database(self.url)
            async with engine.begin() as connection:
                for statement in TRIGGERS[engine.dialect.name]:
                    await connection.execute(text(statement))
                await work(connection)
            await engine.dispose()

        asyncio.run(all_of_it())

    def sql(self, *statements: str) -> None:
        async def work(connection: AsyncConnection) -> None:
            for statement in statements:
                await connection.execute(text(statement))

        self.tamper(work)

    async def _write(self, count: int) -> None:
        engine = open_database(self.url)
        await upgrade(engine)
        async with sessions_of(engine).begin() as db:
            await Trail(lambda: 1.0).record_all(db, [some_entry(number) for number in range(count)])
        await engine.dispose()


@pytest.fixture
def house(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    # A command sets logging and file modes for its process; here, all tests share that process.
    monkeypatch.setattr("server.platform.command_line.configure_logging", lambda level, form: None)
    umask = os.umask(0o022)
    made = House(database_url, tmp_path / "data")
    made.write()
    yield made
    os.umask(umask)


def test_an_untouched_trail_is_whole(house: House) -> None:
    kept = house.checkpoint("kept")
    house.write(5)
    result = house.audit("verify", "--checkpoint", str(kept))
    assert result.exit_code == 0, result.output
    assert "17 entries and 1 checkpoint." in result.stdout
    assert "newest checkpoint given is of entry 12, " in result.stderr


def test_without_a_checkpoint_the_command_says_what_it_cannot_verify(house: House) -> None:
    result = house.audit("verify")
    assert result.exit_code == 0
    assert "No checkpoint was given" in result.stderr


@pytest.mark.parametrize(
    ("statements", "finding"),
    [
        (["UPDATE audit_entry SET actor_id = 'nobody' WHERE sequence = 5"], "edited: entry 5 "),
        (["DELETE FROM audit_entry WHERE sequence IN (4, 5)"], "deleted: entries 4 to 5"),
        (
            [
                "UPDATE audit_entry SET sequence = 99 WHERE sequence = 3",
                "UPDATE audit_entry SET sequence = 3 WHERE sequence = 8",
                "UPDATE audit_entry SET sequence = 8 WHERE sequence = 99",
            ],
            "reordered: entry 3 ",
        ),
        (["DELETE FROM audit_entry WHERE sequence > 9"], "truncated: entries 10 to 12"),
        (["UPDATE audit_head SET hash = 'x'"], "head_changed: entry 12 "),
    ],
)
def test_tampering_is_named_without_any_checkpoint(house: House, statements: list[str], finding: str) -> None:
    house.sql(*statements)
    result = house.audit("verify")
    assert result.exit_code == TAMPERED
    assert finding in result.stdout


def test_a_tail_cut_off_together_with_the_head_needs_a_checkpoint(house: House) -> None:
    kept = house.checkpoint("kept")
    house.sql(
        "DELETE FROM audit_entry WHERE sequence > 9",
        "UPDATE audit_head SET sequence = 9, hash = (SELECT hash FROM audit_entry WHERE sequence = 9)",
    )
    assert house.audit("verify").exit_code == 0
    result = house.audit("verify", "--checkpoint", str(kept))
    assert result.exit_code == TAMPERED
    assert "rolled_back: entries 10 to 12" in result.stdout


def test_a_history_hashed_anew_needs_a_checkpoint(house: House) -> None:
    kept = house.checkpoint("kept")
    new = []
    previous = chain.GENESIS
    for number in range(ENTRIES):
        one = chain.append(some_entry(number + 50), sequence=number + 1, at_ms=1000, previous_hash=previous)
        previous = one.hash
        new.append(one)

    async def rewrite(connection: AsyncConnection) -> None:
        for one in new:
            await connection.execute(
                text(
                    "UPDATE audit_entry SET actor_id = :actor_id, consultation_id = :case, hash = :hash, "
                    "previous_hash = :previous WHERE sequence = :sequence"
                ),
                {
                    "actor_id": one.actor_id,
                    "case": one.consultation_id,
                    "hash": one.hash,
                    "previous": one.previous_hash,
                    "sequence": one.sequence,
                },
            )
        await connection.execute(text("UPDATE audit_head SET hash = :hash"), {"hash": previous})

    house.tamper(rewrite)
    assert house.audit("verify").exit_code == 0
    result = house.audit("verify", "--checkpoint", str(kept))
    assert result.exit_code == TAMPERED
    assert "rewritten: entry 12 " in result.stdout


@on_sqlite
def test_a_forged_checkpoint_is_refused(house: House, tmp_path: Path) -> None:
    kept = house.checkpoint("kept")
    forged = json.loads(kept.read_text()) | {"sequence": 2}
    kept.write_text(json.dumps(forged))
    result = house.audit("verify", "--checkpoint", str(kept))
    assert result.exit_code == TAMPERED
    assert "forged_checkpoint" in result.stdout


@on_sqlite
def test_a_checkpoint_is_one_line_and_also_kept_in_the_folder(house: House) -> None:
    first, second = house.audit("checkpoint"), house.audit("checkpoint")
    lines = (house.folder / "audit" / "checkpoints.jsonl").read_text()
    assert first.stdout + second.stdout == lines
    assert json.loads(lines.splitlines()[0])["sequence"] == ENTRIES


@on_sqlite
def test_a_checkpoint_torn_by_a_power_cut_spoils_no_other(house: House) -> None:
    file = house.folder / "audit" / "checkpoints.jsonl"
    whole = house.audit("checkpoint").stdout
    with file.open("a") as kept:
        kept.write(whole[:70])
    house.write(3)
    later = house.audit("checkpoint").stdout
    assert file.read_text() == whole + whole[:70] + "\n" + later
    result = house.audit("verify", "--checkpoint", str(file))
    assert result.exit_code == 0, result.output
    assert "15 entries and 2 checkpoints." in result.stdout
    assert "1 not written to the end" in result.stderr
    genuine, findings = own_checkpoints(file, house.folder / "audit")
    assert ([one.sequence for one in genuine], findings) == ([ENTRIES, ENTRIES + 3], [])


@on_sqlite
@pytest.mark.parametrize("content", ["", "not a checkpoint", "{}"])
def test_a_file_that_holds_no_checkpoint_is_a_wrong_argument(
    house: House, tmp_path: Path, content: str
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text(content)
    assert house.audit("verify", "--checkpoint", str(wrong)).exit_code == 2
    assert house.audit("verify", "--checkpoint", str(tmp_path / "nowhere")).exit_code == 2


def test_an_export_is_the_chain_and_an_entry_of_its_own(house: House, tmp_path: Path) -> None:
    out = tmp_path / "export.jsonl"
    assert house.audit("export", "--out", str(out)).exit_code == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["sequence"] for line in lines] == list(range(1, ENTRIES + 2))
    assert (lines[-1]["act"], lines[-1]["actor_role"]) == ("audit_exported", "operator")
    assert lines[-1]["previous_hash"] == lines[-2]["hash"]
    printed = house.audit("export", "--after", "12").stdout.splitlines()
    assert [json.loads(line)["sequence"] for line in printed] == [13, 14]
    assert house.audit("verify").exit_code == 0
