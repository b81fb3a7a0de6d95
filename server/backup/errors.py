"""What can go wrong with a backup or a restore: BackupFailed, with one line for an operator, without content."""

from __future__ import annotations


class BackupFailed(Exception):
    """The backup was not made, or the restore was not done; nothing that was there before has changed."""
