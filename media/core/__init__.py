"""Pure media logic: no I/O, no clock, no randomness."""
