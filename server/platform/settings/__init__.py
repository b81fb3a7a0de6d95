"""The settings: one table, filled from a TOML file and the environment, and printed for operators."""
