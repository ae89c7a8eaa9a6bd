"""What the Pardot sandbox adds to its control port: acts of people and of visitors.

What lives here: editing and erasing a prospect as somebody in the product's own pages would,
adding an activity, the day's quota, revoking tokens. What does not: the routes that every server
has (`sandbox/control.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.control import Route
from pardot_odoo_pipeline.sandbox.http import Request
from pardot_odoo_pipeline.sandbox.pardot.app import PardotApp
from pardot_odoo_pipeline.sandbox.pardot.catalogue import ObjectType
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.values import accept
from pardot_odoo_pipeline.sandbox.pardot.writes import set_columns

__all__ = ["pardot_routes"]


def pardot_routes(app: PardotApp) -> tuple[Route, ...]:
    """The routes over one app."""
    acts = _Acts(app)
    return (
        Route("POST", r"/prospects/(\d+)", acts.edit),
        Route("DELETE", r"/prospects/(\d+)", acts.erase),
        Route("POST", "/activity", acts.add_activity),
        Route("GET", "/counts", acts.counts),
        Route("GET", "/quota", acts.quota),
        Route("PUT", "/quota", acts.set_quota),
        Route("DELETE", "/tokens", lambda request: app.tokens.revoke_all()),
        Route("GET", "/credentials", lambda request: app.tokens.credentials),
    )


class _Acts:
    """What happens to the account from outside its API."""

    def __init__(self, app: PardotApp) -> None:
        self._app = app

    def edit(self, request: Request, record: str) -> dict[str, Any]:
        """`{"values": {...}, "actor": user id, "at": moment}`; read-only fields may be set too."""
        wish = request.json()
        target = self._app.store.catalogue["prospects"]
        values = _accepted(target, wish.get("values") or {})
        stamps = {"updatedAt": self._now(), "updatedById": wish.get("actor") or self._human()}
        with self._app.store.writing() as connection:
            found = connection.execute("SELECT 1 FROM prospects WHERE id = ?", (record,)).fetchone()
            if found is None:
                raise LookupError(f"prospect {record}")
            set_columns(connection, target, int(record), {**stamps, **values})
        return {"id": int(record)}

    def erase(self, request: Request, record: str) -> None:
        """Delete for good, as an administrator empties the recycle bin; activities go too."""
        self._app.store.ensure_full("visitor-activities")
        self._app.store.ensure_full("list-memberships")
        with self._app.store.writing() as connection:
            gone = connection.execute("DELETE FROM prospects WHERE id = ?", (record,)).rowcount
            if not gone:
                raise LookupError(f"prospect {record}")
            connection.execute('DELETE FROM visitor_activities WHERE "prospectId" = ?', (record,))
            connection.execute('DELETE FROM list_memberships WHERE "prospectId" = ?', (record,))

    def add_activity(self, request: Request) -> dict[str, Any]:
        """An activity's fields; `createdAt` defaults to now and moves the prospect's activity."""
        given = request.json()
        target = self._app.store.catalogue["visitor-activities"]
        self._app.store.ensure_full(target.collection)
        values = _accepted(target, given)
        now = self._now()
        values.setdefault("createdAt", now)
        values.setdefault("updatedAt", now)
        columns = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join("?" * len(values))
        with self._app.store.writing() as connection:
            prospect = values.get("prospectId")
            bump = ', "updatedAt" = ?' if self._app.switches["activity_bumps_updated_at"] else ""
            moved = connection.execute(
                'UPDATE prospects SET "lastActivityAt" = '
                f'max(coalesce("lastActivityAt", 0), ?){bump} WHERE id = ?',
                (values["createdAt"], *([now] if bump else []), prospect),
            ).rowcount
            if not moved:
                raise LookupError(f"prospect {prospect}")
            added = connection.execute(
                f"INSERT INTO visitor_activities ({columns}) VALUES ({marks})",
                tuple(values.values()),
            ).lastrowid
        return {"id": added}

    def counts(self, request: Request) -> dict[str, int]:
        """Records per collection, the recycle bin included."""
        store = self._app.store
        for item in store.catalogue.all():
            store.ensure_full(item.collection)
        return {item.collection: store.count(item) for item in store.catalogue.all()}

    def quota(self, request: Request) -> dict[str, int]:
        """The day's calls."""
        quota = self._app.quota
        return {"used": quota.used(self._app.clock.timestamp()), "maximum": quota.maximum}

    def set_quota(self, request: Request) -> dict[str, int]:
        """`{"used": n}`."""
        self._app.quota.set_used(self._app.clock.timestamp(), int(request.json()["used"]))
        return self.quota(request)

    def _now(self) -> int:
        return int(self._app.clock.timestamp())

    def _human(self) -> int:
        """Some user who is not the API's: the newest."""
        with self._app.store.reading() as connection:
            return int(connection.execute("SELECT max(id) FROM users").fetchone()[0] or 1)


def _accepted(target: ObjectType, values: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(values) - set(target.fields))
    if unknown:
        raise ValueError(f"unknown fields: {', '.join(unknown)}")
    try:
        return {name: accept(target.fields[name], value) for name, value in values.items()}
    except ApiError as refused:
        raise ValueError(f"value refused: {refused.detail}") from None
