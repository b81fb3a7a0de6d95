"""Servers under test: heard while they start, ended with us."""

import sys

import pytest

from benchmarks.lab.systems.process import ProcessFailed, running


def python(code):
    return [sys.executable, "-u", "-c", code]


async def test_the_line_that_was_waited_for_is_given():
    async with running(
        python("print('hello'); print('ready at 7'); input_ = __import__('time').sleep(60)"), namespace=None
    ) as server:
        assert await server.wait_for_line("ready") == "ready at 7"
        assert server.lines == ["hello", "ready at 7"]


async def test_a_process_that_ends_early_is_told_with_its_last_words():
    async with running(python("raise SystemExit('port in use')"), namespace=None) as server:
        with pytest.raises(ProcessFailed, match="port in use"):
            await server.wait_for_line("ready")


async def test_much_output_does_not_block_the_process():
    noisy = (
        "print('start')\nfor i in range(20000): print('x' * 100)\nprint('done')\nimport time; time.sleep(60)"
    )
    async with running(python(noisy), namespace=None) as server:
        assert await server.wait_for_line("done") == "done"
        assert len(server.lines) == 200


async def test_the_process_is_gone_after_the_context():
    async with running(python("print('ready'); import time; time.sleep(60)"), namespace=None) as server:
        await server.wait_for_line("ready")
        process = server._process
    assert process.returncode == -15


async def test_the_given_environment_is_the_only_one():
    code = "import os; print('value', os.environ.get('KENEYA_LAB_TEST')); import time; time.sleep(60)"
    async with running(
        python(code), namespace=None, environment={"KENEYA_LAB_TEST": "7", "PATH": "/usr/bin:/bin"}
    ) as server:
        assert await server.wait_for_line("value") == "value 7"
