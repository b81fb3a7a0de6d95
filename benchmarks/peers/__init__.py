"""Clients without a browser: light WebRTC legs for load and for tests."""
