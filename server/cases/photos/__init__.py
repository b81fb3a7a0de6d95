"""Photos of a case: taken in pieces, without the camera's metadata, kept as files."""
