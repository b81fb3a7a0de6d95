"""The desk: what pages ask, what is decided of it, and who is told."""
