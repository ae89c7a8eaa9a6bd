"""Control routes: what Salesforce pushes of what happens in the account.

What lives here: switching it on and off, keeping the settings in the state, telling what became of
the pushes. What does not: the pushes (`push_outbox.py`, `push_sender.py`).
"""

from __future__ import annotations

import threading
from typing import Any

from pardot_odoo_pipeline.sandbox.control import Route
from pardot_odoo_pipeline.sandbox.http import Request
from pardot_odoo_pipeline.sandbox.pardot.app import PardotApp
from pardot_odoo_pipeline.sandbox.pardot.push_outbox import Outbox
from pardot_odoo_pipeline.sandbox.pardot.push_sender import PushSender
from pardot_odoo_pipeline.sandbox.pardot.push_settings import PushSettings

__all__ = ["Pushes"]

_FACT = "pushes"
_LOGGED_MAXIMUM = 10_000


class Pushes:
    """The Salesforce side of one account.

    Args:
        app: The account.
    """

    def __init__(self, app: PardotApp) -> None:
        self._app = app
        self._outbox = Outbox(app.store, app.clock.timestamp)
        self._settings: PushSettings | None = None
        self._sender: PushSender | None = None
        self._lock = threading.Lock()
        kept = app.store.fact(_FACT)
        if kept:
            self._begin(PushSettings.read(kept))

    def routes(self) -> tuple[Route, ...]:
        """The routes over it."""
        return (
            Route("GET", "/pushes", lambda request: self.told()),
            Route("PUT", "/pushes", self.begin),
            Route("DELETE", "/pushes", lambda request: self.end()),
            Route("GET", "/pushes/log", self.log),
        )

    def told(self) -> dict[str, Any]:
        """The settings without their secrets, and how many pushes are in which state."""
        with self._lock:
            settings = self._settings
        return {"settings": settings and settings.shown(), "pushes": self._outbox.counts()}

    def begin(self, request: Request) -> dict[str, Any]:
        """Push from now on; what waits goes the new way."""
        settings = PushSettings.read(request.json())
        with self._lock:
            self._rest()
            self._app.store.set_fact(_FACT, settings.kept())
            self._begin(settings)
        return self.told()

    def end(self) -> None:
        """Push nothing any more, and forget what waits."""
        with self._lock:
            self._rest()
            self._settings = None
            self._app.store.set_fact(_FACT, None)
            self._outbox.unwatch()

    def log(self, request: Request) -> dict[str, Any]:
        """`?since=N&limit=N`: what became of each push after that number."""
        query = dict(request.query)
        limit = min(int(query.get("limit", _LOGGED_MAXIMUM)), _LOGGED_MAXIMUM)
        return {"pushes": self._outbox.log(int(query.get("since", 0)), limit)}

    def close(self) -> None:
        """Stop sending; what waits is kept."""
        with self._lock:
            self._rest()

    def _begin(self, settings: PushSettings) -> None:
        self._settings = settings
        self._outbox.watch(settings)
        self._sender = PushSender(self._outbox, settings, self._app.clock.timestamp)
        self._app.store.on_commit = self._sender.wake

    def _rest(self) -> None:
        if self._sender is not None:
            self._app.store.on_commit = None
            self._sender.stop()
            self._sender = None
