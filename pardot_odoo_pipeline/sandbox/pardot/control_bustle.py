"""Control routes: whether something happens in the account by itself.

What lives here: switching it on and off, and keeping that in the state. What does not: what happens
(`bustle.py`).
"""

from __future__ import annotations

import threading
from typing import Any

from pardot_odoo_pipeline.sandbox.control import Route
from pardot_odoo_pipeline.sandbox.http import Request
from pardot_odoo_pipeline.sandbox.pardot.app import PardotApp
from pardot_odoo_pipeline.sandbox.pardot.bustle import Bustle, BustleSettings, Crowd

__all__ = ["LifeControl"]

_FACT = "life"
_PAST = "life_past"


class LifeControl:
    """The switch of one account's life.

    Args:
        app: The account.
    """

    def __init__(self, app: PardotApp) -> None:
        self._app = app
        self._settings: BustleSettings | None = None
        self._bustle: Bustle | None = None
        self._lock = threading.Lock()
        kept = app.store.fact(_FACT)
        if kept:
            self._begin(BustleSettings.read(kept))

    def routes(self) -> tuple[Route, ...]:
        """The routes over it."""
        return (
            Route("GET", "/life", lambda request: self.told()),
            Route("PUT", "/life", self.begin),
            Route("DELETE", "/life", lambda request: self.end()),
        )

    def told(self) -> dict[str, Any]:
        """The settings, and how much happened since this start."""
        with self._lock:
            settings, bustle = self._settings, self._bustle
        return {"settings": settings and settings.kept(), "acts": bustle.acts if bustle else 0}

    def begin(self, request: Request) -> dict[str, Any]:
        """`{"per_minute": n, "seed": n, "past_days": n}`."""
        settings = BustleSettings.read(request.json())
        with self._lock:
            self._rest()
            if settings.past_days and not self._app.store.fact(_PAST):
                acts = Crowd(self._app, settings.seed).remember(settings.past_days)
                self._app.store.set_fact(_PAST, acts)
            self._app.store.set_fact(_FACT, settings.kept())
            self._begin(settings)
        return self.told()

    def end(self) -> None:
        """Nothing happens by itself any more."""
        with self._lock:
            self._rest()
            self._settings = None
            self._app.store.set_fact(_FACT, None)

    def close(self) -> None:
        """Stop until the next start."""
        with self._lock:
            self._rest()

    def _begin(self, settings: BustleSettings) -> None:
        self._settings = settings
        self._bustle = Bustle(Crowd(self._app, settings.seed), settings.per_minute)

    def _rest(self) -> None:
        if self._bustle is not None:
            self._bustle.stop()
            self._bustle = None
