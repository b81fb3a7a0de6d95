"""The process: configuration, HTTP, storage, and the one place where signaling and media meet."""
