"""The I/O of media, on aiortc."""
