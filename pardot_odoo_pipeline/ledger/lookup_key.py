"""The key under which e-mail addresses are looked up without being stored.

What lives here: making the key once, and the keyed hash. What does not: the keys that encrypt data
(those are rotated; this one never changes, or no link would be found again).
"""

from __future__ import annotations

import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path

from pardot_odoo_pipeline.errors import ConfigurationError

__all__ = ["LookupKey", "load_lookup_key"]

FILE_NAME = "lookup.key"
_LENGTH = 32


class LookupKey:
    """Hashes e-mail match keys; the same address always gives the same text."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def __repr__(self) -> str:
        return f"LookupKey({self.fingerprint})"

    def hash(self, email_key: str) -> str:
        """The keyed hash of a normalised address, 64 hexadecimal digits."""
        data = email_key.encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, data, "sha256").hex()

    @property
    def fingerprint(self) -> str:
        """Tells two keys apart and nothing about either; the ledger is stamped with it."""
        return sha256(b"pardot_odoo_pipeline look-up key" + self._secret).hexdigest()[:16]


def load_lookup_key(directory: str | Path) -> LookupKey:
    """The key in that directory, made at the first call; every process gets the same one.

    Raises:
        ConfigurationError: The file cannot be read or written, or is no such key.
    """
    path = Path(directory) / FILE_NAME
    try:
        if not path.exists():
            _create(path)
        secret = bytes.fromhex(path.read_text("ascii").strip())
    except OSError as error:
        raise ConfigurationError(
            f"The look-up key {path} cannot be read or made ({error.strerror})",
            fix="Give this user access to the file and its directory",
            code="lookup_key_unreadable",
        ) from None
    except ValueError:
        secret = b""
    if len(secret) != _LENGTH:
        raise ConfigurationError(
            f"The file {path} is not a look-up key",
            fix="Put the original file back; a new key would find none of the people linked so far",
            code="lookup_key_damaged",
        )
    return LookupKey(secret)


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{FILE_NAME}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_bytes(_LENGTH).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link appears whole or not at all, and never replaces the key of a faster process.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
