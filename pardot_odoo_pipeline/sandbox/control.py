"""The control port that every sandbox server has: clock, request log, switches, faults.

What lives here: `ControlApp`, to which a server adds its own routes, and `Switches`. What does
not: the switches' meanings, which each product's package names in one table.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pardot_odoo_pipeline.sandbox.faults import Fault, ObservedApp
from pardot_odoo_pipeline.sandbox.http import Request, Response, json_response
from pardot_odoo_pipeline.sandbox.world import WorldClock

__all__ = ["ControlApp", "Route", "Switch", "Switches"]


@dataclass(frozen=True)
class Switch:
    """One point on which the outside world is unsure, or which differs between accounts.

    Attributes:
        name: How the control port calls it.
        default: Its value at the start; also fixes its type.
        source: Confidence tag and source, as in the reference.
        meaning: What it changes, in one sentence.
        choices: The allowed values, where they are few.
    """

    name: str
    default: Any
    source: str
    meaning: str
    choices: tuple[Any, ...] = ()


class Switches:
    """The values of a table of switches; reading is one dictionary look-up.

    Args:
        table: All switches that exist.
        on_change: Told each name and value; may refuse with an exception.
    """

    def __init__(
        self, table: tuple[Switch, ...], on_change: Callable[[str, Any], None] | None = None
    ) -> None:
        self.table = {switch.name: switch for switch in table}
        self.on_change = on_change
        self._values = {switch.name: switch.default for switch in table}
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def values(self) -> dict[str, Any]:
        """All values by name."""
        return dict(self._values)

    def change(self, changes: dict[str, Any]) -> None:
        """Set some of them, all or none.

        Raises:
            ValueError: A name is unknown, or a value is of another type or not a choice.
        """
        for name, value in changes.items():
            switch = self.table.get(name)
            if switch is None:
                raise ValueError(f"unknown switch: {name}")
            kind = type(switch.default)
            fits = isinstance(value, (int, float)) if kind is float else type(value) is kind
            if not fits or (switch.choices and value not in switch.choices):
                raise ValueError(f"switch {name} does not take {value!r}")
        with self._lock:
            # Told first: whoever cannot live with a value refuses it before it counts.
            if self.on_change is not None:
                for name, value in changes.items():
                    self.on_change(name, value)
            self._values = {**self._values, **changes}


@dataclass(frozen=True)
class Route:
    """A control route of one product: the handler gets the request and the path's groups."""

    method: str
    pattern: str
    handler: Callable[..., Any]


class ControlApp:
    """Plain JSON over HTTP for whoever runs the world.

    Args:
        observed: The product's app with its faults and log.
        clock: The world's clock.
        switches: The product's switches.
        routes: What this product adds; a handler returns JSON, or raises `ValueError` for a 400 and
            `LookupError` for a 404.
    """

    def __init__(
        self,
        observed: ObservedApp,
        clock: WorldClock,
        switches: Switches,
        routes: tuple[Route, ...] = (),
    ) -> None:
        self._observed = observed
        self._clock = clock
        self._switches = switches
        own = (
            Route("GET", "/healthz", lambda request: {"ok": True}),
            Route("GET", "/clock", lambda request: self._time()),
            Route("PUT", "/clock", self._set_clock),
            Route("GET", "/requests", self._requests),
            Route("DELETE", "/requests", lambda request: observed.log.clear()),
            Route("GET", "/switches", lambda request: switches.values()),
            Route("PATCH", "/switches", self._set_switches),
            Route("GET", "/faults", lambda request: [vars(f) for f in observed.faults.waiting()]),
            Route("POST", "/faults", self._add_fault),
            Route("DELETE", "/faults", lambda request: observed.faults.clear()),
        )
        self._routes = [(route, re.compile(route.pattern)) for route in own + routes]

    def handle(self, request: Request) -> Response:
        """Answer one control request."""
        for route, pattern in self._routes:
            match = pattern.fullmatch(request.path)
            if match and route.method == request.method:
                try:
                    result = route.handler(request, *match.groups())
                except LookupError as missing:
                    return json_response({"error": f"not found: {missing}"}, 404)
                except (ValueError, TypeError) as wrong:
                    return json_response({"error": str(wrong)}, 400)
                return Response(204) if result is None else json_response(result)
        return json_response({"error": f"no route {request.method} {request.path}"}, 404)

    def _time(self) -> dict[str, Any]:
        return {"now": self._clock.now().isoformat(), "frozen": self._clock.frozen}

    def _set_clock(self, request: Request) -> dict[str, Any]:
        wish = request.json()
        if "now" in wish:
            moment = datetime.fromisoformat(wish["now"])
            if moment.tzinfo is None:
                raise ValueError("now needs an offset")
            self._clock.set_now(moment)
        if "advance_seconds" in wish:
            self._clock.advance(float(wish["advance_seconds"]))
        if "frozen" in wish:
            if wish["frozen"]:
                self._clock.freeze()
            else:
                self._clock.thaw()
        return self._time()

    def _requests(self, request: Request) -> dict[str, Any]:
        return self._observed.log.since(int(dict(request.query).get("since", "0")))

    def _set_switches(self, request: Request) -> dict[str, Any]:
        self._switches.change(request.json())
        return self._switches.values()

    def _add_fault(self, request: Request) -> dict[str, Any]:
        self._observed.faults.add(Fault.from_json(request.json()))
        return {"waiting": len(self._observed.faults.waiting())}
