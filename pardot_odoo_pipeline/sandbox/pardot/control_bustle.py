"""Control routes: whether something happens in the account by itself.

What lives here: switching it on and off. What does not: what happens (`bustle.py`), and keeping
that in the state (`control_switch.py`).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from pardot_odoo_pipeline.sandbox.control import Route
from pardot_odoo_pipeline.sandbox.http import Request
from pardot_odoo_pipeline.sandbox.pardot.app import PardotApp
from pardot_odoo_pipeline.sandbox.pardot.bustle import Bustle, BustleSettings, Crowd
from pardot_odoo_pipeline.sandbox.pardot.control_switch import Switch

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
        kept = app.store.fact(_FACT)
        settings = BustleSettings.read(kept) if kept else None
        self._switch = Switch(app.store, _FACT, self._bustle, settings)

    def routes(self) -> tuple[Route, ...]:
        """The routes over it."""
        return (
            Route("GET", "/life", lambda request: self.told()),
            Route("PUT", "/life", self.begin),
            Route("DELETE", "/life", lambda request: self._switch.off()),
        )

    def told(self) -> dict[str, Any]:
        """The settings, and how much happened since this start."""
        settings, bustle = self._switch.present()
        return {"settings": settings and settings.kept(), "acts": bustle.acts if bustle else 0}

    def begin(self, request: Request) -> dict[str, Any]:
        """`{"per_minute": n, "seed": n, "past_days": n}`."""
        settings = BustleSettings.read(request.json())
        self._switch.on(settings, partial(self._remember, settings))
        return self.told()

    def close(self) -> None:
        """Stop until the next start."""
        self._switch.close()

    def _remember(self, settings: BustleSettings) -> None:
        if settings.past_days and not self._app.store.fact(_PAST):
            acts = Crowd(self._app, settings.seed).remember(settings.past_days)
            self._app.store.set_fact(_PAST, acts)

    def _bustle(self, settings: BustleSettings) -> Bustle:
        return Bustle(Crowd(self._app, settings.seed), settings.per_minute)
