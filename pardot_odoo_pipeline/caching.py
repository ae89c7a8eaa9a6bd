"""Answers that rarely change, kept between processes.

What lives here: one file of named values, each with the moment at which it was asked for. What does
not: which answers those are (`odoo.reference_cache`, `pardot.reference_cache`).

Each value has a line of its own and stays as it was written until it is asked for: whole tables are
among them, of which most processes need a few and change none.

Every value can be asked for again at any time: whatever is wrong with the file, it is as if it were
empty. Processes share it without a lock; of two that write at once one has to ask again later.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from pardot_odoo_pipeline.outside import Disk, replace_file

__all__ = ["Cache"]

_FORMAT = b"pardot_odoo_pipeline cache 2"

_RENEWED_EARLY = 3
"""How many answers one process renews in the second half of their life.

Asked for together they would fall due together, and one quiet interval in four would pay for all.
"""

_LASTING = 7 * 24
"""How many times as long an answer is good for that hardly ever changes."""

# A clock that was set back must not make an old answer look young for years.
_AHEAD = timedelta(minutes=5)


class Cache:
    """A file of JSON values: a line with its format, then name, moment and value on a line each.

    Args:
        path: The file; its folder is made, for the owner only.
        now: Tells the time.
        max_age: How long an answer is good for; zero keeps nothing.
        replace: Gives a written file its name.
    """

    def __init__(
        self,
        path: Path,
        now: Callable[[], datetime],
        max_age: timedelta,
        replace: Disk = replace_file,
    ) -> None:
        self._replace = replace
        self._path = path
        self._now = now
        self._max_age = max_age
        self._early = _RENEWED_EARLY
        self._seen: tuple[int, int] | None = None
        self._entries: dict[str, tuple[str, bytes]] = {}

    def get(self, key: str, ask: Callable[[], Any], *, lasting: bool = False) -> Any:
        """The value of that name, asked for where it is not known or too old.

        Args:
            key: Its name.
            ask: Gives a value that JSON can hold.
            lasting: Whether it hardly ever changes.
        """
        if not self._max_age:
            return ask()
        self._refresh()
        found = self._entries.get(key)
        if found is not None and self._is_good(found[0], _LASTING if lasting else 1):
            with contextlib.suppress(orjson.JSONDecodeError):
                return orjson.loads(found[1])
        value = orjson.dumps(ask())
        self._store({key: (self._now().isoformat(), value)})
        # The caller may do with it what it likes.
        return orjson.loads(value)

    def forget(self, prefix: str = "") -> None:
        """Drop the values whose names begin so; all of them without one."""
        if not prefix:
            self._path.unlink(missing_ok=True)
            self._entries, self._seen = {}, None
            return
        self._refresh()
        if any(key.startswith(prefix) for key in self._entries):
            self._store({}, without=prefix)

    def _is_good(self, asked_at: str, times: int) -> bool:
        age = self._now() - datetime.fromisoformat(asked_at)
        limit = self._max_age * times
        if not -_AHEAD <= age <= limit:
            return False
        if age > limit / 2 and self._early:
            self._early -= 1
            return False
        return True

    def _refresh(self) -> None:
        """Take over what another process wrote or dropped since."""
        try:
            about = self._path.stat()
        except OSError:
            self._entries, self._seen = {}, None
            return
        seen = about.st_mtime_ns, about.st_ino
        if seen != self._seen:
            self._entries, self._seen = self._read(), seen

    def _read(self) -> dict[str, tuple[str, bytes]]:
        with contextlib.suppress(OSError, ValueError):
            first, *lines = self._path.read_bytes().splitlines()
            if first == _FORMAT:
                parts = [line.split(b"\t", 2) for line in lines]
                return {orjson.loads(key): (at.decode(), value) for key, at, value in parts}
        return {}

    def _store(self, new: dict[str, Any], *, without: str | None = None) -> None:
        """Write what is in the file now, changed: never what only this process remembers."""
        self._refresh()
        entries = {
            key: entry
            for key, entry in self._entries.items()
            if without is None or not key.startswith(without)
        } | new
        lines = [
            b"\t".join((orjson.dumps(key), asked_at.encode(), value))
            for key, (asked_at, value) in entries.items()
        ]
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _replacing(self._path, self._replace) as part:
                part.write_bytes(b"\n".join((_FORMAT, *lines)))
        self._seen = None
        self._refresh()


@contextlib.contextmanager
def _replacing(path: Path, replace: Disk) -> Iterator[Path]:
    """A file beside that one, readable by its owner only, which takes its place in the end."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    part = Path(name)
    try:
        yield part
        replace(part, path)
    finally:
        part.unlink(missing_ok=True)
