"""The lab, and the commands that measure every claim of the project."""
