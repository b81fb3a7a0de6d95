"""Sealed recordings (container writer, keys, manifest)."""
