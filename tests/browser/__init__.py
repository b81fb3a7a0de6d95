"""End-to-end tests: real browsers, the real server, loopback."""
