"""Health and metrics for operators."""

from __future__ import annotations

from pathlib import Path

from server.app import ENGINE
from tests.support.server import Server, running_server


async def test_health_includes_the_database(server: Server) -> None:
    async with server.client() as client:
        async with client.get("/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})
        await server.app[ENGINE].dispose()
        (server.settings.data_dir / "keneya.db").unlink()
        (server.settings.data_dir / "keneya.db-wal").unlink(missing_ok=True)
        server.settings.data_dir.rename(server.settings.data_dir.with_name("gone"))
        async with client.get("/healthz") as answer:
            assert (answer.status, await answer.json()) == (503, {"code": "database_away"})


TOKEN = {"Authorization": "Bearer let-me-in"}


async def test_without_a_token_nobody_reads_the_metrics_a_proxy_that_adds_no_header_included(
    server: Server,
) -> None:
    async with server.client(headers={}) as client:
        assert (await client.get("/metrics")).status == 404
        assert (await client.get("/metrics", headers=TOKEN)).status == 404


async def test_the_metrics_count_requests_by_route(tmp_path: Path) -> None:
    async with running_server(tmp_path, metrics_token="let-me-in") as server, server.client() as client:
        await client.get("/station")
        async with client.get("/metrics", headers=TOKEN) as answer:
            text = await answer.text()
            assert answer.status == 200
            assert 'keneya_http_requests_total{method="GET",route="page",status="200"}' in text


async def test_a_token_opens_the_metrics_to_its_holder_only(tmp_path: Path) -> None:
    async with running_server(tmp_path, metrics_token="let-me-in") as server, server.client() as client:
        for given, status in (("", 404), ("Bearer wrong", 404), ("Bearer let-me-in", 200), ("Bearer é", 404)):
            headers = {"Authorization": given}
            assert (await client.get("/metrics", headers=headers)).status == status


async def test_strange_methods_and_paths_do_not_become_labels(tmp_path: Path) -> None:
    async with running_server(tmp_path, metrics_token="let-me-in") as server, server.client() as client:
        await client.request("BREW", "/secret-path-of-a-stranger")
        async with client.get("/metrics", headers=TOKEN) as answer:
            text = await answer.text()
    assert "BREW" not in text
    assert "secret-path" not in text
    assert 'method="other",route="unmatched"' in text
