"""What an erasure refuses, with one line for an operator."""

from __future__ import annotations


class ErasureRefused(Exception):
    """The case is not erased, held or released. The text says why and carries nothing about a patient."""
