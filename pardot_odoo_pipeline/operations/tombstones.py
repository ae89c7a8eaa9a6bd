"""Who was erased and must not come back, whatever is restored.

What lives here: a file of keyed hashes beside the look-up key, and its union with another copy.
What does not: erasing somebody, and what a batch does with a link that is tombstoned (`steps`).

It lies outside the ledger and outside every snapshot: a snapshot of last week knows nothing of who
was erased since. A line is the hash of a prospect id or of an address, so the file tells nothing to
whoever has not the key.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.ledger.lookup_key import LookupKey

__all__ = ["FILE_NAME", "Tombstones", "prospect_hash"]

FILE_NAME: Final = "tombstones"
_DIGITS = frozenset("0123456789abcdef")
_LENGTH = 64


def prospect_hash(key: LookupKey, prospect_id: str) -> str:
    """What stands for a prospect; addresses are hashed as everywhere in the ledger."""
    return key.hash(f"erased prospect {prospect_id}")


class Tombstones:
    """The file in a folder of keys.

    Args:
        folder: ``PIPELINE_HOME/keys``, or a copy of it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def read(self) -> frozenset[str]:
        """Every hash; none where there is no file.

        Raises:
            ConfigurationError: The file cannot be read, or is none of these.
        """
        try:
            lines = self._path.read_text("ascii").split()
        except FileNotFoundError:
            return frozenset()
        except (OSError, UnicodeDecodeError):
            raise self._damaged() from None
        if any(len(line) != _LENGTH or not _DIGITS.issuperset(line) for line in lines):
            raise self._damaged()
        return frozenset(lines)

    def add(self, hashes: Iterable[str]) -> int:
        """Remember these as well, durably; how many were news.

        Raises:
            ConfigurationError: The file cannot be read or written.
        """
        known = self.read()
        everyone = known.union(hashes)
        if everyone == known:
            return 0
        draft = self._path.with_name(f".{FILE_NAME}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.writelines(f"{one}\n" for one in sorted(everyone))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        except OSError:
            raise self._damaged() from None
        finally:
            draft.unlink(missing_ok=True)
        return len(everyone) - len(known)

    def _damaged(self) -> ConfigurationError:
        return ConfigurationError(
            f"The file {self._path}, which says who was erased, cannot be read or written",
            fix="Put the latest copy of it back and give this user access; without it erased "
            "people could come back",
            code="tombstones_damaged",
        )
