"""Which prospect an operation by e-mail takes when several share the address.

What lives here: that one choice. What does not: the operations.
"""

from __future__ import annotations

import sqlite3

from pardot_odoo_pipeline.sandbox.control import Switches

__all__ = ["latest_by_email"]


def latest_by_email(
    connection: sqlite3.Connection, switches: Switches, email: str, *, deleted: bool
) -> int | None:
    """The prospect that an operation by e-mail takes when several share the address."""
    first, second = '"lastActivityAt"', '"updatedAt"'
    if switches["latest_match"] == "update":
        first, second = second, first
    exact = 'AND "email" = ? COLLATE BINARY' if switches["email_case_sensitive"] else ""
    row = connection.execute(
        'SELECT id FROM prospects WHERE "email" = ? COLLATE NOCASE '
        f'{exact} AND "isDeleted" = ? '
        f"ORDER BY {first} DESC NULLS LAST, {second} DESC, id DESC LIMIT 1",
        (email, *([email] if exact else []), int(deleted)),
    ).fetchone()
    return None if row is None else int(row[0])
