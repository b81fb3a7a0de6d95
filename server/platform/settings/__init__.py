"""The settings: one table, read from a TOML file and the environment, and printed for people."""
