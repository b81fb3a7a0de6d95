"""What can go wrong with sealed data.

SealingError
├── SealBroken: the bytes were changed, moved to another row, or sealed with another key
└── KeyDestroyed: the data key is gone for good: what it sealed was erased

A missing master key is a wrong setting (`MasterKeyMissing` is a SettingsError).
"""

from __future__ import annotations

from server.platform.settings.config import SettingsError


class SealingError(Exception):
    """Base of what can go wrong with sealed data. The texts carry no content."""


class SealBroken(SealingError):
    """The bytes are not what was sealed here."""


class KeyDestroyed(SealingError):
    """The data key was destroyed: nobody reads this again."""


class MasterKeyMissing(SettingsError):
    """The master key that this database is sealed to is not there."""
