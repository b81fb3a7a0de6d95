"""The I/O shells of media, on aiortc."""
