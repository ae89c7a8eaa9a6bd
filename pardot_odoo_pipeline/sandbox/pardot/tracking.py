"""What a tracked act of a visitor brings about: the activity, the page view, the person's score.

What lives here: recording one activity, identifying a visitor. What does not: routes
(`control_routes.py`, `object_routes.py`), what was planted (`planting.py`).
"""

from __future__ import annotations

import sqlite3
from typing import Any

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.pardot.catalogue import ObjectType
from pardot_odoo_pipeline.sandbox.pardot.store import Store

__all__ = ["identify", "new_visitor", "record_activity", "record_page_view"]

# The field that names the asset, the asset's class, and the column of what `details` shows.
_CLASSES = (
    ("emailId", "Email", "subject"),
    ("listEmailId", "Email", "subject"),
    ("emailTemplateId", "Email", "subject"),
    ("landingPageId", "Landing Page", "name"),
    ("formId", "Form", "name"),
    ("formHandlerId", "Form Handler", "name"),
    ("fileId", "File", "name"),
    ("customRedirectId", "Custom Redirect", "name"),
    ("opportunityId", "Opportunity", "name"),
    ("visitorPageViewId", "Page View", "url"),
    ("visitId", "Visit", ""),
)
_TRACKED = {"Email": "Email Tracker", "Landing Page": "Landing Page Tracker"}
_OF_OPPORTUNITIES = {8: "New Opportunity", 9: "Opportunity Won", 10: "Opportunity Lost"}
_CLICK, _VIEW, _ERROR, _SUCCESS = 1, 2, 3, 4
# The product's own scoring as delivered, by type and class; everything else scores nothing.
_POINTS = {
    (_CLICK, "Email Tracker"): 50,
    (_CLICK, "Landing Page Tracker"): 50,
    (_VIEW, "Page View"): 1,
    (_VIEW, "File"): 3,
    (_ERROR, "Form"): -5,
    (_ERROR, "Form Handler"): -5,
    (_SUCCESS, "Form"): 50,
    (_SUCCESS, "Form Handler"): 50,
    (_SUCCESS, "Landing Page"): 50,
    (20, "Visit"): 3,
    (21, "Custom Redirect"): 50,
}
# Done to a person, not by one.
_PASSIVE = (6, 13, 36)


def record_activity(
    connection: sqlite3.Connection,
    store: Store,
    switches: Switches,
    values: dict[str, Any],
    now: int,
    points: int | None = None,
) -> int:
    """Add one activity, of a prospect or of a visitor whom nobody knows.

    Args:
        connection: Inside a transaction.
        store: The state.
        switches: The unsure points.
        values: The activity's fields in stored form; class, details, visitor and times are found
            where they are not given.
        now: The present second.
        points: What it adds to the score; by the product's own scoring otherwise.

    Returns:
        The activity's id.

    Raises:
        LookupError: There is no such prospect or visitor.
    """
    values = dict(values)
    values.setdefault("createdAt", now)
    values.setdefault("updatedAt", now)
    _name_asset(connection, values)
    visitor = values.get("visitorId")
    if visitor is not None and values.get("prospectId") is None:
        row = connection.execute(
            'SELECT "prospectId" FROM visitors WHERE id = ?', (visitor,)
        ).fetchone()
        if row is None:
            raise LookupError(f"visitor {visitor}")
        values["prospectId"] = row[0]
    prospect = values.get("prospectId")
    if prospect is not None:
        if points is None:
            points = _POINTS.get((values.get("type", 0), values.get("typeName", "")), 0)
        _credit(connection, switches, prospect, [values], points, now)
    elif visitor is None:
        raise LookupError("prospect None")
    return _add(connection, store.catalogue["visitor-activities"], values)


def new_visitor(
    connection: sqlite3.Connection, store: Store, values: dict[str, Any], now: int
) -> int:
    """Add a visitor whom nobody knows, or the browser of a prospect."""
    first = {"hostname": "198.51.100.7", "ipAddress": "198.51.100.7", "createdAt": now}
    return _add(
        connection,
        store.catalogue["visitors"],
        {
            **first,
            "updatedAt": now,
            "isIdentified": 0,
            "pageViewCount": 0,
            "doNotSell": 0,
            **values,
        },
    )


def record_page_view(
    connection: sqlite3.Connection, store: Store, values: dict[str, Any], now: int
) -> dict[str, int]:
    """Add a page view of a visitor, in a visit that goes on or begins.

    Args:
        connection: Inside a transaction.
        store: The state.
        values: `url`, `title`, `visitorId`, and `createdAt` where it is not now.
        now: The present second.

    Returns:
        The ids of page view and visit.
    """
    when, visitor = values.get("createdAt", now), values["visitorId"]
    row = connection.execute(
        'SELECT id FROM visits WHERE "visitorId" = ? AND "lastVisitorPageViewAt" BETWEEN ? AND ? '
        "ORDER BY id DESC LIMIT 1",
        (visitor, when - 1800, when),
    ).fetchone()
    if row is None:
        (prospect,) = connection.execute(
            'SELECT "prospectId" FROM visitors WHERE id = ?', (visitor,)
        ).fetchone()
        visit = _add(
            connection,
            store.catalogue["visits"],
            {
                "visitorId": visitor,
                "prospectId": prospect,
                "visitorPageViewCount": 0,
                "firstVisitorPageViewAt": when,
                "durationInSeconds": 0,
                "createdAt": when,
            },
        )
    else:
        visit = row[0]
    connection.execute(
        'UPDATE visits SET "visitorPageViewCount" = "visitorPageViewCount" + 1, '
        '"lastVisitorPageViewAt" = ?, "durationInSeconds" = ? - "firstVisitorPageViewAt", '
        '"updatedAt" = ? WHERE id = ?',
        (when, when, now, visit),
    )
    connection.execute(
        'UPDATE visitors SET "pageViewCount" = "pageViewCount" + 1, "updatedAt" = ? WHERE id = ?',
        (now, visitor),
    )
    page = {
        "url": values.get("url"),
        "title": values.get("title"),
        "visitorId": visitor,
        "visitId": visit,
        "durationInSeconds": 0,
        "createdAt": when,
    }
    return {
        "visitorPageViewId": _add(connection, store.catalogue["visitor-page-views"], page),
        "visitId": visit,
    }


def identify(
    connection: sqlite3.Connection, switches: Switches, visitor: int, prospect: int, now: int
) -> None:
    """Let a visitor be a prospect; what the visitor did before becomes the prospect's.

    Raises:
        LookupError: There is no such visitor or prospect.
    """
    found = connection.execute(
        'UPDATE visitors SET "prospectId" = ?, "isIdentified" = 1, "updatedAt" = ? WHERE id = ?',
        (prospect, now, visitor),
    ).rowcount
    if not found:
        raise LookupError(f"visitor {visitor}")
    connection.execute(
        'UPDATE visits SET "prospectId" = ?, "updatedAt" = ? WHERE "visitorId" = ?',
        (prospect, now, visitor),
    )
    acts = connection.execute(
        'SELECT "type", "typeName", "createdAt" FROM visitor_activities '
        'WHERE "visitorId" = ? AND "prospectId" IS NULL',
        (visitor,),
    ).fetchall()
    points = sum(_POINTS.get((kind, name), 0) for kind, name, _ in acts)
    taken = [{"type": kind, "createdAt": when} for kind, _, when in acts]
    _credit(connection, switches, prospect, taken, points, now)
    connection.execute(
        'UPDATE visitor_activities SET "prospectId" = ?, "updatedAt" = ? '
        'WHERE "visitorId" = ? AND "prospectId" IS NULL',
        (prospect, now, visitor),
    )


def _credit(
    connection: sqlite3.Connection,
    switches: Switches,
    prospect: int,
    acts: list[dict[str, Any]],
    points: int,
    now: int,
) -> None:
    """Move a prospect's score and activity times."""
    bump = ', "updatedAt" = ?' if switches["activity_bumps_updated_at"] else ""
    own = [act["createdAt"] for act in acts if act.get("type") not in _PASSIVE]
    moved = connection.execute(
        'UPDATE prospects SET "score" = coalesce("score", 0) + ?, '
        '"lastActivityAt" = nullif(max(coalesce("lastActivityAt", 0), ?), 0), '
        '"firstActivityAt" = nullif(min(coalesce("firstActivityAt", ?), ?), 0)'
        f"{bump} WHERE id = ?",
        (
            points,
            max(own, default=0),
            min(own, default=0),
            min(own, default=2**62),
            *([now] if bump else []),
            prospect,
        ),
    ).rowcount
    if not moved:
        raise LookupError(f"prospect {prospect}")


def _name_asset(connection: sqlite3.Connection, values: dict[str, Any]) -> None:
    """Complete class and details from the asset that an activity names."""
    for field, kind, column in _CLASSES:
        record = values.get(field)
        if record is None:
            continue
        clicked = values.get("type") == _CLICK
        name = _TRACKED.get(kind, kind) if clicked else kind
        if kind == "Opportunity":
            name = _OF_OPPORTUNITIES.get(values.get("type", 0), kind)
        values.setdefault("typeName", name)
        if "details" not in values and column:
            table = _TABLES[field]
            sql = f'SELECT "{column}" FROM "{table}" WHERE id = ?'
            row = connection.execute(sql, (record,)).fetchone()
            values["details"] = None if row is None else row[0]
        return


def _add(connection: sqlite3.Connection, target: ObjectType, values: dict[str, Any]) -> int:
    columns = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join("?" * len(values))
    cursor = connection.execute(
        f'INSERT INTO "{target.table}" ({columns}) VALUES ({marks})', tuple(values.values())
    )
    return int(cursor.lastrowid or 0)


_TABLES = {
    "emailId": "emails",
    "listEmailId": "list_emails",
    "emailTemplateId": "email_templates",
    "landingPageId": "landing_pages",
    "formId": "forms",
    "formHandlerId": "form_handlers",
    "fileId": "files",
    "customRedirectId": "custom_redirects",
    "opportunityId": "opportunities",
    "visitorPageViewId": "visitor_page_views",
}
