"""The key that signs checkpoints: made at the first start, stored in a file that only the server's user can read.

Owns: the files `signing_key.pem` (PKCS #8, mode 0600) and `public_key.pem`; a copy of the public key belongs on the
machine that keeps the checkpoints. Must never replace an existing key.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from server.platform.files import replace, write_once
from server.platform.settings.config import SettingsError

PRIVATE_NAME = "signing_key.pem"
PUBLIC_NAME = "public_key.pem"


def load_or_make(folder: Path) -> Ed25519PrivateKey:
    """The key of this server; makes it if there is none. Raises SettingsError if it cannot be read or written."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / PRIVATE_NAME
        if not path.exists():
            write_once(path, _new_pem())
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError
        public, pem = folder / PUBLIC_NAME, _public_pem(key)
        # A power cut while an older version wrote it may have left half of it, or nothing in it.
        if not public.exists() or public.read_bytes() != pem:
            replace(public, pem, mode=0o644)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"data_dir: the audit key cannot be used ({type(error).__name__})") from None
    return key


def load_public(path: Path) -> Ed25519PublicKey:
    """A public key from its file. Raises SettingsError."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"--public-key: cannot be read ({type(error).__name__})") from None
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError("--public-key: is not an Ed25519 key")
    return key


def _new_pem() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public_pem(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
