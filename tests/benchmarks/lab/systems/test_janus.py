"""The configuration that Janus is given."""

from benchmarks.lab.systems import janus


def test_only_the_video_room_over_websockets_is_loaded(tmp_path, monkeypatch):
    for kind, names in (("plugins", ("videoroom", "sip")), ("transports", ("websockets", "http"))):
        folder = tmp_path / "lib" / "arch" / "janus" / kind
        folder.mkdir(parents=True)
        for name in names:
            (folder / f"libjanus_{name}.so").touch()
    monkeypatch.setattr(janus, "INSTALLED", tmp_path / "lib")
    janus.write_configuration(tmp_path, "192.0.2.1")
    general = (tmp_path / "janus.jcfg").read_text()
    assert 'plugins: { disable = "libjanus_sip.so" }' in general
    assert 'transports: { disable = "libjanus_http.so" }' in general
    assert 'ice_enforce_list = "192.0.2.1"' in general
    room = (tmp_path / "janus.plugin.videoroom.jcfg").read_text()
    assert "bitrate = 128000" in room
    assert "fir_freq = 10" in room
    assert 'ws_ip = "192.0.2.1"' in (tmp_path / "janus.transport.websockets.jcfg").read_text()


def test_a_machine_without_janus_is_told_how_to_get_it(monkeypatch):
    monkeypatch.setattr(janus.shutil, "which", lambda _name: None)
    assert "bootstrap.sh lab" in str(janus.missing_janus())
