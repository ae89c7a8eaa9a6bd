"""Control routes: what people do to records in the product's own pages.

What lives here: editing, merging and erasing prospects, filling lists whatever their kind, and
making, changing and removing any record. What does not: acts of visitors (`control_visitors.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.control import Route
from pardot_odoo_pipeline.sandbox.http import Request
from pardot_odoo_pipeline.sandbox.pardot import life, membership_rules
from pardot_odoo_pipeline.sandbox.pardot.app import PardotApp
from pardot_odoo_pipeline.sandbox.pardot.catalogue import ObjectType
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.query import read_one
from pardot_odoo_pipeline.sandbox.pardot.values import accept
from pardot_odoo_pipeline.sandbox.pardot.writes import set_columns

__all__ = ["Records", "accepted", "record_routes"]

_STAMPS = {"createdAt", "updatedAt", "createdById", "updatedById"}


def record_routes(app: PardotApp) -> tuple[Route, ...]:
    """The routes over one app."""
    acts = Records(app)
    return (
        Route("POST", "/prospects", acts.edit_many),
        Route("POST", r"/prospects/(\d+)", acts.edit_prospect),
        Route("DELETE", r"/prospects/(\d+)", acts.erase_prospect),
        Route("POST", r"/prospects/(\d+)/merge", acts.merge),
        Route("POST", r"/lists/(\d+)/members", acts.members),
        Route("POST", r"/objects/([a-z-]+)", acts.make),
        Route("GET", r"/objects/([a-z-]+)/(\d+)", acts.show),
        Route("POST", r"/objects/([a-z-]+)/(\d+)", acts.edit),
        Route("DELETE", r"/objects/([a-z-]+)/(\d+)", acts.remove),
    )


class Records:
    """What happens to the account's records from outside its API."""

    def __init__(self, app: PardotApp) -> None:
        self._app = app

    def edit_many(self, request: Request) -> dict[str, int]:
        """`{"ids": [...], "values": {...}, "actor": user id}`: a mass update in one moment."""
        target = self._target("prospects")
        wish = request.json()
        stamps = {"updatedAt": self._now(), "updatedById": wish.get("actor") or self._human()}
        values = {**stamps, **accepted(target, wish["values"])}
        pairs = ", ".join(f'"{name}" = ?' for name in values)
        with self._app.store.writing() as connection:
            edited = connection.executemany(
                f"UPDATE prospects SET {pairs} WHERE id = ?",
                [(*values.values(), int(one)) for one in wish["ids"]],
            ).rowcount
        return {"edited": edited}

    def edit_prospect(self, request: Request, record: str) -> dict[str, Any]:
        """`{"values": {...}, "actor": user id}`; read-only fields may be set too."""
        return self.edit(request, "prospects", record)

    def erase_prospect(self, request: Request, record: str) -> None:
        """Delete for good, as an administrator empties the recycle bin; no trace remains."""
        with self._app.store.writing() as connection:
            if not life.erase(connection, self._app.store, int(record)):
                raise LookupError(f"prospect {record}")

    def merge(self, request: Request, winner: str) -> dict[str, Any]:
        """`{"losers": [ids]}`: they go to the recycle bin, what they did becomes the winner's."""
        store = self._app.store
        losers = [int(loser) for loser in request.json()["losers"]]
        if int(winner) in losers:
            raise ValueError("a prospect is not merged with itself")
        for collection in ("visitor-activities", "list-memberships", "visits", "visitors"):
            store.ensure_full(collection)
        with store.writing() as connection:
            life.merge(connection, store, self._app.switches, int(winner), losers, self._now())
        return {"id": int(winner)}

    def members(self, request: Request, record: str) -> dict[str, int]:
        """`{"add": [prospect ids], "remove": [prospect ids]}`; a dynamic list changes only so."""
        store, wish = self._app.store, request.json()
        store.ensure_full("list-memberships")
        number, now = int(record), self._now()
        with store.writing() as connection:
            if not connection.execute("SELECT 1 FROM lists WHERE id = ?", (number,)).fetchone():
                raise LookupError(f"list {record}")
            for one in wish.get("add", []):
                self._known(connection, int(one))
                membership_rules.join(
                    connection, store, self._app.switches, number, int(one), now, by_hand=False
                )
            for one in wish.get("remove", []):
                membership_rules.leave(connection, store, number, int(one), now, by_hand=False)
            (members,) = connection.execute(
                'SELECT count(*) FROM list_memberships WHERE "listId" = ? AND "isDeleted" = 0',
                (number,),
            ).fetchone()
        return {"members": members}

    def make(self, request: Request, collection: str) -> dict[str, int]:
        """`{"values": {...}}`: a new record of any object, whoever makes it in a real account."""
        target = self._target(collection)
        wish = request.json()
        moment, actor = self._now(), wish.get("actor") or self._human()
        stamps = {
            name: moment if name.endswith("At") else actor
            for name in _STAMPS & target.fields.keys()
        }
        blank = {name: f.default for name, f in target.fields.items() if f.default is not None}
        values = {**blank, **stamps, **accepted(target, wish.get("values") or {})}
        columns = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join("?" * len(values))
        with self._app.store.writing() as connection:
            made = connection.execute(
                f'INSERT INTO "{target.table}" ({columns}) VALUES ({marks})',
                tuple(values.values()),
            ).lastrowid
        if collection == "custom-fields":
            self._app.store.load_custom_fields()
        return {"id": int(made or 0)}

    def show(self, request: Request, collection: str, record: str) -> dict[str, Any]:
        """Every field of a record as it is now: no call, no lag, the recycle bin included."""
        target = self._target(collection)
        with self._app.store.writing() as connection:
            self._found(connection, target, record)
            return read_one(
                connection,
                self._app.store.catalogue,
                target,
                int(record),
                list(target.fields),
                self._app.zone,
            )

    def edit(self, request: Request, collection: str, record: str) -> dict[str, Any]:
        """`{"values": {...}, "actor": user id}` of any record; `isDeleted` bins and restores."""
        target = self._target(collection)
        wish = request.json()
        values = accepted(target, wish.get("values") or {})
        stamps = {"updatedAt": self._now(), "updatedById": wish.get("actor") or self._human()}
        stamps = {name: value for name, value in stamps.items() if name in target.fields}
        with self._app.store.writing() as connection:
            self._found(connection, target, record)
            set_columns(connection, target, int(record), {**stamps, **values})
        return {"id": int(record)}

    def remove(self, request: Request, collection: str, record: str) -> None:
        """Take any record away without a trace; prospects take what they did with them."""
        if collection == "prospects":
            return self.erase_prospect(request, record)
        target = self._target(collection)
        with self._app.store.writing() as connection:
            self._found(connection, target, record)
            connection.execute(f'DELETE FROM "{target.table}" WHERE id = ?', (record,))
        return None

    def _target(self, collection: str) -> ObjectType:
        target = self._app.store.catalogue.get(collection)
        if target is None or target.singleton:
            raise LookupError(collection)
        self._app.store.ensure_full(collection)
        return target

    def _found(self, connection: Any, target: ObjectType, record: str) -> None:
        sql = f'SELECT 1 FROM "{target.table}" WHERE id = ?'
        if connection.execute(sql, (record,)).fetchone() is None:
            raise LookupError(f"{target.singular} {record}")

    def _known(self, connection: Any, prospect: int) -> None:
        sql = 'SELECT 1 FROM prospects WHERE id = ? AND "isDeleted" = 0'
        if connection.execute(sql, (prospect,)).fetchone() is None:
            raise LookupError(f"prospect {prospect}")

    def _now(self) -> int:
        return int(self._app.clock.timestamp())

    def _human(self) -> int:
        """Some user who is not the API's: the newest."""
        with self._app.store.writing() as connection:
            return int(connection.execute("SELECT max(id) FROM users").fetchone()[0] or 1)


def accepted(target: ObjectType, values: dict[str, Any]) -> dict[str, Any]:
    """Values of any field in stored form.

    Raises:
        ValueError: A field is unknown, or does not take its value.
    """
    unknown = sorted(set(values) - set(target.fields))
    if unknown:
        raise ValueError(f"unknown fields: {', '.join(unknown)}")
    try:
        return {name: accept(target.fields[name], value) for name, value in values.items()}
    except ApiError as refused:
        raise ValueError(f"value refused: {refused.detail}") from None
