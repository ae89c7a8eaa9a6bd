"""Control routes: what Salesforce pushes of what happens in the account.

What lives here: switching it on and off, telling what became of the pushes. What does not: the
pushes (`push_outbox.py`, `push_sender.py`), keeping the settings (`control_switch.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.control import Route
from pardot_odoo_pipeline.sandbox.http import Request
from pardot_odoo_pipeline.sandbox.pardot.app import PardotApp
from pardot_odoo_pipeline.sandbox.pardot.control_switch import Switch
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
        kept = app.store.fact(_FACT)
        settings = PushSettings.read(kept) if kept else None
        self._switch = Switch(app.store, _FACT, self._sender, settings)

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
        settings, _ = self._switch.present()
        return {"settings": settings and settings.shown(), "pushes": self._outbox.counts()}

    def begin(self, request: Request) -> dict[str, Any]:
        """Push from now on; what waits goes the new way."""
        self._switch.on(PushSettings.read(request.json()))
        return self.told()

    def end(self) -> None:
        """Push nothing any more, and forget what waits."""
        self._switch.off(self._outbox.unwatch)

    def log(self, request: Request) -> dict[str, Any]:
        """`?since=N&limit=N`: what became of each push after that number."""
        query = dict(request.query)
        limit = min(int(query.get("limit", _LOGGED_MAXIMUM)), _LOGGED_MAXIMUM)
        return {"pushes": self._outbox.log(int(query.get("since", 0)), limit)}

    def close(self) -> None:
        """Stop sending; what waits is kept."""
        self._switch.close()

    def _sender(self, settings: PushSettings) -> _WokenSender:
        self._outbox.watch(settings)
        return _WokenSender(self._app, self._outbox, settings)


class _WokenSender(PushSender):
    """A sender that every commit of the account's wakes."""

    def __init__(self, app: PardotApp, outbox: Outbox, settings: PushSettings) -> None:
        super().__init__(outbox, settings, app.clock.timestamp)
        self._store = app.store
        self._store.on_commit = self.wake

    def stop(self) -> None:
        """Send nothing more; what is under way counts as not sent."""
        self._store.on_commit = None
        super().stop()
