"""Something of the account's that goes on by itself while it is switched on.

What lives here: starting and stopping it, and keeping its settings over restarts. What does not:
what it is (`control_bustle.py`, `control_pushes.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from pardot_odoo_pipeline.sandbox.pardot.store import Store

__all__ = ["Switch"]


class _Settings(Protocol):
    def kept(self) -> dict[str, Any]:
        """The form that is kept."""
        ...


class _Work(Protocol):
    def stop(self) -> None:
        """End it."""
        ...


S = TypeVar("S", bound=_Settings)
W = TypeVar("W", bound=_Work)


class Switch(Generic[S, W]):
    """On with settings, or off.

    Args:
        store: Keeps the settings.
        fact: Under which name.
        begin: Starts the work.
        kept: The settings that were kept, if it was on.
    """

    def __init__(self, store: Store, fact: str, begin: Callable[[S], W], kept: S | None) -> None:
        self._store = store
        self._fact = fact
        self._begin = begin
        self._lock = threading.Lock()
        self._settings = kept
        self._work = None if kept is None else begin(kept)

    def present(self) -> tuple[S | None, W | None]:
        """The settings and the work that goes on."""
        with self._lock:
            return self._settings, self._work

    def on(self, settings: S, first: Callable[[], None] = lambda: None) -> None:
        """Go on with these settings from now on.

        Args:
            settings: How.
            first: What is done while nothing goes on.
        """
        with self._lock:
            self._rest()
            first()
            self._store.set_fact(self._fact, settings.kept())
            self._settings = settings
            self._work = self._begin(settings)

    def off(self, last: Callable[[], None] = lambda: None) -> None:
        """Nothing goes on any more; `last` is done then."""
        with self._lock:
            self._rest()
            self._settings = None
            self._store.set_fact(self._fact, None)
            last()

    def close(self) -> None:
        """Stop until the next start."""
        with self._lock:
            self._rest()

    def _rest(self) -> None:
        if self._work is not None:
            self._work.stop()
            self._work = None
