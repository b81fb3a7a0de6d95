"""How long cases are kept, what holds them, and their erasure for good (docs/erasure.md)."""
