"""Clients that are not browsers: light WebRTC legs for load and for tests."""
