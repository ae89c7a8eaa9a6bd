"""Where a rotated refresh token survives a restart.

What lives here: the port and its file implementation. What does not: asking for tokens
(``auth.py``).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from pardot_odoo_pipeline.outside import Disk, replace_file

try:
    import fcntl
except ImportError:  # not on Windows, where a single process is assumed
    fcntl = None  # type: ignore[assignment]

__all__ = ["FileTokenStore", "TokenStore"]

_DRAFT = ".pardot_refresh_token."
_LOOK_AGAIN_SECONDS = 0.05


class TokenStore(Protocol):
    """Keeps the newest refresh token that came in place of a configured one."""

    def exclusive(self) -> contextlib.AbstractContextManager[None]:
        """Keep other processes from renewing at the same time."""
        ...

    def load(self, configured: str) -> str | None:
        """The token that replaced the configured one, if any did."""
        ...

    def save(self, configured: str, rotated: str) -> None:
        """Keep the token that replaced the configured one, durably."""
        ...


class FileTokenStore:
    """One file of mode 0600, replaced atomically.

    The record names the configured token by a digest: once an operator configures another token,
    what was stored for the old one no longer counts.

    Args:
        directory: Where the file lives; made (mode 0700) when absent.
        replace: Gives a written file its name.
        wait: Lets so many seconds pass while another process renews.
    """

    def __init__(
        self,
        directory: Path,
        replace: Disk = replace_file,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._replace = replace
        self._wait = wait
        self._directory = directory
        self._file = directory / "pardot_refresh_token.json"

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold a lock file: a rotated token works once, so two renewals would break each other."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self._file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while not _taken(lock):
                self._wait(_LOOK_AGAIN_SECONDS)
            yield
        finally:
            os.close(lock)

    def load(self, configured: str) -> str | None:
        """The token that replaced the configured one; an unreadable file counts as none."""
        try:
            record = json.loads(self._file.read_text(encoding="utf-8"))
            replaces, token = record["replaces"], record["refresh_token"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return token if replaces == _digest(configured) else None

    def save(self, configured: str, rotated: str) -> None:
        """Write beside, sync, rename: a crash leaves the old token or the new one, never half."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        record = {"replaces": _digest(configured), "refresh_token": rotated}
        for left in self._directory.glob(f"{_DRAFT}*"):  # by a process that was killed
            left.unlink(missing_ok=True)
        handle, name = tempfile.mkstemp(dir=self._directory, prefix=_DRAFT)  # 0600 by definition
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(record, file)
                file.flush()
                os.fsync(file.fileno())
            self._replace(Path(name), self._file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _taken(lock: int) -> bool:
    """Whether it is ours now; the system frees it when its holder ends, however that is."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
