"""Settings: one table, three sources, clear refusals."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from server.platform.sealing.masterkeys import master_keys_of
from server.platform.settings import sources
from server.platform.settings.config import Settings, SettingsError, table
from server.platform.settings.printing import as_markdown
from server.platform.settings.sources import load_settings


def toml(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "keneya.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_setting_is_documented() -> None:
    rows = table()
    assert [row.name for row in rows] == [field.name for field in dataclasses.fields(Settings)]
    for row in rows:
        assert len(row.meaning) > 15, row.name
        assert not row.meaning.endswith("."), row.name
        if row.name.endswith("_s"):
            assert row.unit == "s", row.name
        if isinstance(row.default, int):
            assert row.unit, row.name
        assert f"`{row.name}`" in as_markdown()


def test_every_default_is_a_value_its_own_parser_accepts() -> None:
    for row in table():
        written = "" if row.default is None else row.default
        if isinstance(written, Path):
            written = str(written)
        if isinstance(written, tuple):
            written = [str(item) for item in written]
        assert row.parse(written) == row.default, row.name


def test_without_any_source_the_defaults_hold() -> None:
    settings = load_settings()
    assert settings == Settings()
    assert settings.database == "sqlite+aiosqlite:///var/keneya.db"


def test_variables_win_over_the_file_and_the_command_over_both(tmp_path: Path) -> None:
    file = toml(tmp_path, 'http_port = 1000\nmedia_port = 2000\nlog_level = "error"\n')
    environ = {"KENEYA_MEDIA_PORT": "2001", "KENEYA_LOG_LEVEL": "debug", "HOME": "/root"}
    settings = load_settings(file, environ, {"log_level": "warning"})
    assert (settings.http_port, settings.media_port, settings.log_level) == (1000, 2001, "warning")


def test_secrets_come_as_credentials_of_the_service_manager(tmp_path: Path) -> None:
    (tmp_path / "setting_metrics_token").write_text("a token\n")
    (tmp_path / "tls_key").write_text("not a setting")
    file = toml(tmp_path, 'metrics_token = "in the file"')
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert load_settings(file, environ).metrics_token == "a token"
    assert load_settings(file, environ | {"KENEYA_METRICS_TOKEN": "other"}).metrics_token == "other"


@pytest.mark.parametrize(
    ("name", "content"), [("setting_metrics_tokken", b"secret"), ("setting_turn_secret", b"\xff")]
)
def test_a_wrong_credential_is_one_line_without_its_value(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingsError) as refused:
        load_settings(None, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert name.removeprefix("setting_") in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "secret (" not in str(refused.value).replace("turn_secret (", "")


def test_lists_are_lists_in_toml_and_commas_in_variables(tmp_path: Path) -> None:
    file = toml(tmp_path, 'media_announced_addresses = ["192.0.2.7", "2001:DB8::7"]')
    assert load_settings(file).media_announced_addresses == ("192.0.2.7", "2001:db8::7")
    environ = {"KENEYA_ALLOWED_ORIGINS": "https://a.example, http://b.example:8080"}
    assert load_settings(None, environ).allowed_origins == ("https://a.example", "http://b.example:8080")


def test_an_origin_is_written_as_browsers_write_it() -> None:
    environ = {"KENEYA_PUBLIC_URL": "https://Keneya.Example:443/"}
    assert load_settings(None, environ).public_url == "https://keneya.example"


def test_https_in_front_of_us_counts_as_secure() -> None:
    assert load_settings(None, {"KENEYA_PUBLIC_URL": "https://keneya.example"}).secure
    assert not load_settings(None, {"KENEYA_PUBLIC_URL": "http://keneya.example"}).secure


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("http_prt = 1", ("http_prt", "no such setting", "did you mean http_port?")),
        ("zzz = 1", ("zzz", "no such setting", "keneya settings")),
        ("http_port = 70000", ("http_port", "whole number from 0 to 65535")),
        ('http_port = "eighty"', ("http_port", "whole number")),
        ("http_port = true", ("http_port", "whole number")),
        ("http_port = 80.5", ("http_port", "whole number")),
        ('log_level = "loud"', ("log_level", "one of debug, info, warning, error")),
        ('public_url = "keneya.example"', ("public_url", "https://keneya.example.org")),
        ('public_url = "https://a.example/path"', ("public_url", "nothing more")),
        ('allowed_origins = ["https://a:b:c"]', ("allowed_origins", "scheme, host")),
        ('media_hosts = ["clinic.example"]', ("media_hosts", "IP addresses")),
        ("media_hosts = []", ("media_hosts", "at least one")),
        ('turn_urls = ["stun:a.example"]\nturn_secret = "s"', ("turn_urls", "TURN addresses")),
        ('turn_urls = ["turn:a.example"]', ("turn_urls and turn_secret", "set both")),
        ('tls_key = "key.pem"', ("tls_certificate and tls_key", "set both")),
        ("session_idle_s = 90000", ("session_idle_s", "session_absolute_s")),
        ("trusted_proxies = [7]", ("trusted_proxies", "IP networks")),
        ("http_port =", ("is not TOML",)),
        ('data_dir = ""', ("data_dir", "must be a path")),
    ],
)
def test_a_wrong_setting_gives_one_clear_line(tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(toml(tmp_path, text))
    line = str(caught.value)
    assert "\n" not in line
    for part in parts:
        assert part in line


def test_a_wrong_variable_is_named_with_its_whole_name_and_without_its_value() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(None, {"KENEYA_HTTP_PORT": "s3cret"})
    assert "environment variable KENEYA_HTTP_PORT" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_an_unknown_variable_of_ours_is_refused() -> None:
    with pytest.raises(SettingsError, match="did you mean metrics_token"):
        load_settings(None, {"KENEYA_METRIC_TOKEN": "x"})


def test_a_missing_file_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such file"):
        load_settings(tmp_path / "absent.toml")


def test_a_systemd_credential_is_the_master_key_unless_a_file_is_named(tmp_path: Path) -> None:
    given = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert load_settings(None, given).master_key_file is None
    (tmp_path / "master_key").touch()
    assert load_settings(None, given).master_key_file == tmp_path / "master_key"
    named = given | {"KENEYA_MASTER_KEY_FILE": "/etc/keneya/master.key"}
    assert load_settings(None, named).master_key_file == Path("/etc/keneya/master.key")


def test_the_audit_key_can_live_elsewhere_than_the_data(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).audit_keys == tmp_path / "audit"
    elsewhere = Settings(data_dir=tmp_path, audit_key_dir=tmp_path / "stick")
    assert (elsewhere.audit_keys, elsewhere.checkpoint_dir) == (tmp_path / "stick", tmp_path / "audit")


@pytest.mark.parametrize("key", ["short", "AAAA", "e" * 44])
def test_a_wrong_master_key_is_a_wrong_setting_and_is_never_shown(key: str) -> None:
    with pytest.raises(SettingsError, match="master_key: each key must be 32 bytes") as caught:
        master_keys_of(Settings(master_key=key))
    assert key not in str(caught.value)


def test_a_command_that_does_not_see_the_secrets_of_the_service_does_not_work_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "SERVICE_CREDENTIALS", tmp_path)
    own = {"KENEYA_DATA_DIR": "/var/lib/keneya"}
    with pytest.raises(SettingsError, match="keneya-admin"):
        load_settings(environ=own)
    assert load_settings(environ=own | {"CREDENTIALS_DIRECTORY": str(tmp_path)}).data_dir == Path(
        "/var/lib/keneya"
    )
    assert load_settings(environ={"KENEYA_DATA_DIR": str(tmp_path)}).data_dir == tmp_path
