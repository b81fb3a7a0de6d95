"""Sealing: what is about a patient is unreadable on disk without the master key (docs/sealing.md)."""
