"""Media over thin links: the pure core, the I/O engine and the recordings."""
