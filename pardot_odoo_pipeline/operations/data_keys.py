"""The keys that encrypt what is kept of people outside the two systems.

What lives here: reading `DATA_KEYS`, making a key, closing and opening bytes, and the properties
under which Parquet files are written and read. What does not: the key of the e-mail look-up
(`ledger.lookup_key`), which never changes, and deciding what is encrypted.

The first key closes, all of them open, so a key is replaced by putting the new one in front; the
old one stays until nothing that it closed is kept any more. A configured key is never used itself:
every purpose has one of its own, derived from it, so what one purpose closed cannot be passed off
as another's.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as parquet_encryption
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError

if TYPE_CHECKING:
    from pardot_odoo_pipeline.settings import Settings

__all__ = ["SETTING", "DataKey", "KeyRing", "new_key"]

SETTING = "DATA_KEYS"

_KEY_BYTES = 32
_MAGIC = b"PODK1"
_ID_BYTES = 4
_NONCE_BYTES = 12
_HEADER = len(_MAGIC) + _ID_BYTES
_SUFFIX = ".parquet"


def new_key() -> str:
    """A key as it stands in `DATA_KEYS`: 32 random bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


@dataclass(frozen=True)
class DataKey:
    """One configured key.

    Attributes:
        id: Names the key in what it closed, and tells nothing about it: 8 hexadecimal digits.
    """

    id: str
    _secret: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str, place: str) -> DataKey:
        """Read a key; it is never repeated in an error.

        Raises:
            ConfigurationError: It is no such key.
        """
        try:
            secret = base64.b64decode(text, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            secret = b""
        if len(secret) != _KEY_BYTES:
            raise ConfigurationError(
                f"{place} is not a data key: it must be 32 bytes in URL-safe base64, 44 characters",
                fix="Make one with `pardot-odoo keys new`; a key that was in use must be put back "
                "as it was, or what it encrypted stays closed",
                code="data_key_damaged",
            )
        return cls(_derive(secret, b"id", _ID_BYTES).hex(), secret)

    def of(self, purpose: str) -> bytes:
        """The key of one purpose, 32 bytes."""
        return _derive(self._secret, b"for " + purpose.encode(), _KEY_BYTES)


class KeyRing:
    """Every key of this installation, the active one first; there may be none.

    Args:
        keys: In the order of the setting.
        random: Where nonces come from.
    """

    def __init__(self, keys: tuple[DataKey, ...] = (), random: Any = os.urandom) -> None:
        self._keys = {key.id: key for key in keys}
        self._active = keys[0] if keys else None
        self._random = random

    @classmethod
    def of(cls, settings: Settings) -> KeyRing:
        """The keys that `DATA_KEYS` names.

        Raises:
            ConfigurationError: One of them is no key.
        """
        given = settings.data_keys.get_secret_value() if settings.data_keys else ""
        words = [word.strip() for word in given.split(",") if word.strip()]
        return cls(
            tuple(
                DataKey.parse(word, f"Key {number} in {SETTING}")
                for number, word in enumerate(words, start=1)
            )
        )

    def __bool__(self) -> bool:
        """Whether there is a key to close anything with."""
        return self._active is not None

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of the keys, the active one first."""
        return tuple(self._keys)

    @property
    def active(self) -> DataKey:
        """The key that closes.

        Raises:
            ConfigurationError: There is none.
        """
        if self._active is None:
            raise ConfigurationError(
                f"{SETTING} is not set",
                fix=f"Make a key with `pardot-odoo keys new`, set it as {SETTING} for every "
                "process, and keep a copy outside this machine",
                code="data_key_missing",
            )
        return self._active

    def encrypt(self, plain: bytes, *, context: str = "") -> bytes:
        """Close these bytes with the active key.

        Args:
            plain: What nobody shall read or change.
            context: What they are; opened under another name they count as tampered with.

        Raises:
            ConfigurationError: There is no key.
        """
        key = self.active
        header = _MAGIC + bytes.fromhex(key.id)
        nonce = self._random(_NONCE_BYTES)
        return header + nonce + AESGCM(key.of("bytes")).encrypt(nonce, plain, _aad(header, context))

    def decrypt(self, closed: bytes, *, context: str = "") -> bytes:
        """Open what any of the keys closed.

        Raises:
            ConfigurationError: The key that closed it is not among them.
            PipelineError: These bytes were not closed here, or were changed since.
        """
        if not closed.startswith(_MAGIC) or len(closed) < _HEADER + _NONCE_BYTES:
            raise PipelineError(
                "This was not encrypted with a data key of this pipeline",
                fix="Check that it is the right file and that it was copied whole",
                code="data_not_encrypted",
            )
        header, rest = closed[:_HEADER], closed[_HEADER:]
        key = self.key(header[len(_MAGIC) :].hex())
        nonce, body = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        try:
            return AESGCM(key.of("bytes")).decrypt(nonce, body, _aad(header, context))
        except InvalidTag:
            raise PipelineError(
                f"What data key {key.id} encrypted was changed or cut since",
                fix="Take another copy of it; a single changed byte makes it unreadable",
                code="data_tampered",
            ) from None

    def key(self, key_id: str) -> DataKey:
        """The key with this name.

        Raises:
            ConfigurationError: It is not among them.
        """
        if key_id not in self._keys:
            raise ConfigurationError(
                f"This was encrypted with data key {key_id}, which {SETTING} does not hold",
                fix=f"Add that key behind the others in {SETTING}; without it nothing can be read",
                code="data_key_unknown",
            )
        return self._keys[key_id]

    # --- Parquet files: no part of an encrypted one may be read, its footer included. The name
    # tells the key, because a reader must know it before it opens the file.

    def parquet_name(self, stem: str) -> str:
        """The name of a file that is about to be written: `stem.KEYID.parquet`."""
        return f"{stem}.{self.active.id}{_SUFFIX}" if self else stem + _SUFFIX

    def parquet_properties(self, purpose: str) -> Any | None:
        """`encryption_properties` for pyarrow's writers; None where there is no key."""
        if not self:
            return None
        return parquet_encryption.create_encryption_properties(footer_key=self.active.of(purpose))

    def parquet_key(self, name: str, purpose: str) -> bytes | None:
        """What opens the file of this name; None: it is not encrypted.

        Raises:
            ConfigurationError: The key is not among these.
        """
        parts = name.rsplit("/", 1)[-1].removesuffix(_SUFFIX).rsplit(".", 1)
        if len(parts) < 2 or not _is_key_id(parts[1]):
            return None
        return self.key(parts[1]).of(purpose)

    def dataset(self, files: Sequence[str], purpose: str, filesystem: Any = None) -> ds.Dataset:
        """Files of several keys, or none, as one dataset, which DuckDB can scan.

        pyarrow opens them, not DuckDB, whose version 2.0 reads encrypted files of one page alone,
        and says of others that the key is wrong.

        Args:
            files: Their paths.
            purpose: What they were written for.
            filesystem: Where they are, if not on this machine.

        Raises:
            ConfigurationError: A key is not among these.
        """
        by_key: dict[bytes | None, list[str]] = {}
        for file in files:
            by_key.setdefault(self.parquet_key(file, purpose), []).append(file)
        parts = [
            ds.dataset(some, format=_format(key), filesystem=filesystem)
            for key, some in by_key.items()
        ]
        return parts[0] if len(parts) == 1 else ds.dataset(parts)

    def open_parquet(self, source: Any, name: str, purpose: str) -> pq.ParquetFile:
        """A reader of a Parquet file that was written under the rules above.

        Args:
            source: Path or open binary file.
            name: The file's name, which tells the key.
            purpose: What it was written for.

        Raises:
            ConfigurationError: The key is not among these.
            PipelineError: The file is damaged, or not what its name says.
        """
        key = self.parquet_key(name, purpose)
        properties = None
        if key is not None:
            properties = parquet_encryption.create_decryption_properties(footer_key=key)
        try:
            return pq.ParquetFile(source, decryption_properties=properties)
        except FileNotFoundError:
            raise
        except (OSError, ValueError):
            raise PipelineError(
                f"The file {name.rsplit('/', 1)[-1]} cannot be opened: it is damaged, or it was "
                "encrypted for another purpose",
                fix="Take another copy of it",
                code="data_tampered",
            ) from None


def _format(key: bytes | None) -> ds.ParquetFileFormat:
    if key is None:
        return ds.ParquetFileFormat()
    properties = parquet_encryption.create_decryption_properties(footer_key=key)
    options = ds.ParquetFragmentScanOptions(decryption_properties=properties)
    return ds.ParquetFileFormat(default_fragment_scan_options=options)


def _derive(secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=b"pardot_odoo_pipeline " + info).derive(secret)


def _aad(header: bytes, context: str) -> bytes:
    return header + context.encode()


def _is_key_id(text: str) -> bool:
    return len(text) == 2 * _ID_BYTES and all(letter in "0123456789abcdef" for letter in text)
