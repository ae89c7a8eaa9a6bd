"""The API's front door: who may come in, in the order in which the real one asks.

What lives here: header checks, concurrency, quota, usage header, and the shared `Context`. What
does not: what happens behind a path (the modules `*_routes.py`), tokens (`tokens.py`).
"""

from __future__ import annotations

import re
import secrets
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.http import Request, Response
from pardot_odoo_pipeline.sandbox.pardot.bulk_jobs import BulkJobs
from pardot_odoo_pipeline.sandbox.pardot.bulk_routes import answer_bulk_action
from pardot_odoo_pipeline.sandbox.pardot.context import Context
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError, error_response
from pardot_odoo_pipeline.sandbox.pardot.export_jobs import ExportJobs
from pardot_odoo_pipeline.sandbox.pardot.export_routes import answer_export
from pardot_odoo_pipeline.sandbox.pardot.import_jobs import ImportJobs
from pardot_odoo_pipeline.sandbox.pardot.import_routes import answer_import
from pardot_odoo_pipeline.sandbox.pardot.object_routes import answer_object
from pardot_odoo_pipeline.sandbox.pardot.quota import Quota
from pardot_odoo_pipeline.sandbox.pardot.store import Store
from pardot_odoo_pipeline.sandbox.pardot.times import AccountZone
from pardot_odoo_pipeline.sandbox.pardot.tokens import Tokens
from pardot_odoo_pipeline.sandbox.world import WorldClock

__all__ = ["PardotApp"]

_BUSINESS_UNIT = re.compile(r"0Uv[0-9A-Za-z]{15}", re.ASCII)
_HEADER = "pardot-business-unit-id"
_MISSING = "Pardot-Business-Unit-Id header not found on request."


@dataclass(frozen=True)
class _Visit:
    """One request that came through the door."""

    request: Request
    now: float
    base_url: str


class PardotApp:
    """Account Engagement API version 5 and its token endpoint.

    Args:
        store: The state.
        clock: The world's clock.
        switches: The unsure points.
        results: Where export files are written.
        background: Whether exports and imports work on threads; otherwise within a request.
        word: A text that nobody can guess, of about that many bytes, for tokens.
    """

    def __init__(
        self,
        store: Store,
        clock: WorldClock,
        switches: Switches,
        results: Path,
        *,
        background: bool = True,
        word: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self.store = store
        self.clock = clock
        self.switches = switches
        self.zone = AccountZone(switches["time_zone"])
        self.tokens = Tokens(store, switches, word)
        self.quota = Quota(
            switches,
            lambda: self.zone,
            lambda: tuple(store.fact("quota", ["", 0])),
            lambda day, used: store.set_fact("quota", [day, used]),
        )
        self.exports = ExportJobs(
            store, switches, clock, lambda: self.zone, results, background=background
        )
        self.imports = ImportJobs(
            store,
            switches,
            clock,
            lambda: self.zone,
            results.parent / "imports",
            background=background,
        )
        self.bulk_actions = BulkJobs(store, switches, clock)
        switches.on_change = self._switched

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        now = self.clock.timestamp()
        scheme = request.headers.get("x-forwarded-proto", "http")
        visit = _Visit(request, now, f"{scheme}://{request.headers.get('host', 'localhost')}")
        if request.path == "/services/oauth2/token":
            return self.tokens.endpoint(request, now, visit.base_url)
        if request.path == "/services/oauth2/revoke":
            return self.tokens.revoke(request)
        try:
            self.tokens.check(request.headers, now)
            self._check_business_unit(request.headers)
            self.quota.enter()
        except ApiError as refused:
            return refused.response()
        response = self._within_quota(visit)
        if request.headers.get("x-return-api-usage") == "1":
            response.headers["x-api-usage"] = self.quota.header(now)
        # The answer is under way until its last byte has left.
        response.on_sent = self.quota.leave
        return response

    def _within_quota(self, visit: _Visit) -> Response:
        try:
            self.quota.count(visit.now)
        except ApiError as spent:
            return spent.response()
        try:
            return self._route(visit)
        except ApiError as refused:
            if not self.switches["failed_calls_count"]:
                self.quota.refund()
            return refused.response()
        except Exception:
            # A bug of the sandbox must be seen, and must not keep a slot taken for ever.
            traceback.print_exc()
            return error_response(183)

    def _route(self, visit: _Visit) -> Response:
        self.imports.work()
        self.bulk_actions.work()
        parts = [part for part in visit.request.path.split("/") if part]
        context = Context(
            store=self.store,
            switches=self.switches,
            zone=self.zone,
            quota=self.quota,
            request=visit.request,
            query=dict(visit.request.query),
            now=visit.now,
            base_url=visit.base_url,
        )
        if parts[:3] == ["api", "v5", "objects"] and len(parts) > 3:
            return answer_object(context, parts[3:])
        if parts[:3] == ["api", "v5", "exports"]:
            return answer_export(context, self.exports, parts[3:])
        if parts[:3] == ["api", "v5", "imports"]:
            return answer_import(context, self.imports, parts[3:])
        if parts[:3] == ["api", "v5", "bulk-actions"]:
            return answer_bulk_action(context, self.bulk_actions, parts[3:])
        if parts[:2] == ["api", "v5"] and len(parts) > 2:
            return answer_object(context, parts[2:], outside=True)
        raise ApiError(198)

    def _check_business_unit(self, headers: dict[str, str]) -> None:
        given = headers.get(_HEADER)
        if given is None:
            raise ApiError(181, _MISSING)
        if not _BUSINESS_UNIT.fullmatch(given):
            raise ApiError(182, status=self.switches["header_invalid_status"])
        if given != self.tokens.credentials["business_unit_id"]:
            raise ApiError(201, status=self.switches["business_unit_unknown_status"])

    def _switched(self, name: str, value: Any) -> None:
        if name == "time_zone":
            self.zone = AccountZone(value)
        elif name == "read_lag_seconds":
            self.store.stale.set_lag(value)
