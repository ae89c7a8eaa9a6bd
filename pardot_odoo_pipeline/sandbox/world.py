"""The sandbox world's clock: one file that every server of the world reads.

What lives here: `WorldClock`. What does not: the control port that moves it (`control.py`).

The file is the shared state because the servers are separate processes. Looking at the clock costs
one `stat`; the file is parsed again only after it changed.
"""

from __future__ import annotations

import json
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

__all__ = ["WorldClock"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class WorldClock:
    """A clock that can be shifted or stopped for all servers at once; fits the `Clock` port.

    Args:
        path: `clock.json`, holding `{"offset_seconds": x}` or `{"frozen_at": "<ISO 8601>"}`. No
            file means the machine's own time.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._offset = 0.0
        self._frozen: float | None = None

    def timestamp(self) -> float:
        """The present moment in seconds since the epoch."""
        with self._lock:
            self._refresh()
            if self._frozen is not None:
                return self._frozen
            return time.time() + self._offset

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return _EPOCH + timedelta(seconds=self.timestamp())

    def sleep(self, seconds: float) -> None:
        """Wait in real time, or move the hands when the clock stands still."""
        if self.frozen:
            self.advance(seconds)
        else:
            time.sleep(seconds)

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        with self._lock:
            self._refresh()
            return self._frozen is not None

    def set_now(self, moment: datetime) -> None:
        """Make it that moment; a standing clock stays standing."""
        wanted = moment.astimezone(UTC).timestamp()
        if self.frozen:
            self._store(frozen=wanted)
        else:
            self._store(offset=wanted - time.time())

    def advance(self, seconds: float) -> None:
        """Move the clock by that many seconds."""
        now = self.timestamp()
        if self.frozen:
            self._store(frozen=now + seconds)
        else:
            self._store(offset=now + seconds - time.time())

    def freeze(self) -> None:
        """Stop the clock at the present moment."""
        self._store(frozen=self.timestamp())

    def thaw(self) -> None:
        """Let the clock run on from where it stands."""
        self._store(offset=self.timestamp() - time.time())

    def _refresh(self) -> None:
        try:
            stat = os.stat(self._path)  # noqa: PTH116 - called for every request
        except FileNotFoundError:
            self._seen, self._offset, self._frozen = None, 0.0, None
            return
        if (stat.st_mtime_ns, stat.st_ino) == self._seen:
            return
        facts = json.loads(self._path.read_text(encoding="utf-8"))
        frozen = facts.get("frozen_at")
        self._frozen = datetime.fromisoformat(frozen).timestamp() if frozen else None
        self._offset = float(facts.get("offset_seconds", 0.0))
        self._seen = (stat.st_mtime_ns, stat.st_ino)

    def _store(self, *, offset: float = 0.0, frozen: float | None = None) -> None:
        facts: dict[str, object] = {"offset_seconds": offset}
        if frozen is not None:
            facts = {"frozen_at": (_EPOCH + timedelta(seconds=frozen)).isoformat()}
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Replaced, never rewritten in place: a reader in another process sees old or new.
            fresh = self._path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.new")
            fresh.write_text(json.dumps(facts), encoding="utf-8")
            fresh.replace(self._path)
            self._seen = None
