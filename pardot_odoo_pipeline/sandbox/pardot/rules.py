"""What a write must respect beyond its own values, per object.

What lives here: uniqueness, references, defaults. What does not: forms of values (`values.py`),
the writing itself (`writes.py`).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from typing import Any

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.pardot.catalogue import ObjectType
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.matching import latest_by_email
from pardot_odoo_pipeline.sandbox.pardot.membership_rules import static_list
from pardot_odoo_pipeline.sandbox.pardot.objects import CUSTOM_FIELD_TYPES
from pardot_odoo_pipeline.sandbox.pardot.values import check_email

__all__ = ["Rule", "check_delete", "check_references", "rule_for"]

# What a reference to nobody answers, by the collection that it points into.
_UNKNOWN_REFERENCE = {
    "campaigns": 38,
    "folders": 97,
    "lists": 55,
    "prospect-accounts": 61,
    "prospects": 3,
    "users": 10,
    "visitors": 24,
}

Rule = Callable[[sqlite3.Connection, Switches, dict[str, Any], int | None], None]


def check_references(
    connection: sqlite3.Connection, target: ObjectType, values: dict[str, Any]
) -> None:
    """Refuse ids of records that are not there.

    Raises:
        ApiError: The code for an unknown record of that kind.
    """
    for name, value in values.items():
        other = target.fields[name].target
        if other is None or value is None:
            continue
        table = other.replace("-", "_")
        if not _is_there(connection, table, value):
            raise ApiError(_UNKNOWN_REFERENCE.get(other, 16), name)


def _is_there(connection: sqlite3.Connection, table: str, record: int) -> bool:
    cursor = connection.execute(f'SELECT * FROM "{table}" WHERE id = ?', (record,))
    row = cursor.fetchone()
    if row is None:
        return False
    names = [column[0] for column in cursor.description]
    return "isDeleted" not in names or not row[names.index("isDeleted")]


def check_delete(connection: sqlite3.Connection, target: ObjectType, kept: dict[str, Any]) -> None:
    """Refuse to remove what is not for hands to remove.

    Raises:
        ApiError: 55 for a membership of a dynamic list.
    """
    if target.collection == "list-memberships":
        dynamic = connection.execute(
            'SELECT 1 FROM lists WHERE id = ? AND "isDynamic" = 1', (kept["listId"],)
        ).fetchone()
        if dynamic:
            raise ApiError(55, "a dynamic list fills itself")


def rule_for(target: ObjectType) -> Rule:
    """The rule of an object; it may complete the values."""
    return _RULES.get(target.collection, _nothing)


def _nothing(
    connection: sqlite3.Connection, switches: Switches, values: dict[str, Any], record: int | None
) -> None:
    return None


def _prospect(
    connection: sqlite3.Connection, switches: Switches, values: dict[str, Any], record: int | None
) -> None:
    if "email" in values:
        values["email"] = check_email(values["email"])
        if not switches["shared_email_allowed"]:
            taken = connection.execute(
                'SELECT 1 FROM prospects WHERE "email" = ? COLLATE NOCASE AND "isDeleted" = 0 '
                "AND id IS NOT ?",
                (values["email"], record),
            ).fetchone()
            if taken:
                raise ApiError(switches["duplicate_email_code"])
    if values.get("userId") is not None and values.get("salesforceOwnerId") is not None:
        raise ApiError(154, "userId and salesforceOwnerId")
    _assign(connection, values)
    if record is None and values.get("campaignId") is None:
        # The account's oldest campaign takes whoever comes without one.
        row = connection.execute(
            'SELECT id FROM campaigns WHERE "isDeleted" = 0 ORDER BY "createdAt", id LIMIT 1'
        ).fetchone()
        values["campaignId"] = row[0] if row else None


def _assign(connection: sqlite3.Connection, values: dict[str, Any]) -> None:
    """Let either name of the owner set all of them."""
    if values.get("salesforceOwnerId") is not None:
        row = connection.execute(
            'SELECT id FROM users WHERE "salesforceId" = ? AND "isDeleted" = 0',
            (values["salesforceOwnerId"],),
        ).fetchone()
        if row is None:
            raise ApiError(10, "salesforceOwnerId")
        values["userId"] = row[0]
    elif values.get("userId") is not None:
        (values["salesforceOwnerId"],) = connection.execute(
            'SELECT "salesforceId" FROM users WHERE id = ?', (values["userId"],)
        ).fetchone()
    elif "userId" in values or "salesforceOwnerId" in values:
        values["userId"] = values["salesforceOwnerId"] = None
    else:
        return
    values["assignedToId"] = values["userId"]


def _membership(
    connection: sqlite3.Connection, switches: Switches, values: dict[str, Any], record: int | None
) -> None:
    if record is not None:
        return
    static_list(connection, values["listId"])
    if connection.execute(
        'SELECT 1 FROM list_memberships WHERE "listId" = ? AND "prospectId" = ? '
        'AND "isDeleted" = 0',
        (values["listId"], values["prospectId"]),
    ).fetchone():
        raise ApiError(58)


def _custom_field(
    connection: sqlite3.Connection, switches: Switches, values: dict[str, Any], record: int | None
) -> None:
    type_name = values.get("type")
    if type_name is not None and str(type_name).lower() not in CUSTOM_FIELD_TYPES:
        raise ApiError(154, "type")
    if record is not None:
        return
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,48}", values["fieldId"], re.ASCII):
        raise ApiError(154, "fieldId")
    if connection.execute(
        'SELECT 1 FROM custom_fields WHERE "fieldId" = ? COLLATE NOCASE', (values["fieldId"],)
    ).fetchone():
        raise ApiError(245)


def _external_activity(
    connection: sqlite3.Connection, switches: Switches, values: dict[str, Any], record: int | None
) -> None:
    known = switches["external_activity_types"].split()
    # Both are set up in Salesforce; without a list here every name is taken.
    if known and f"{values['extension']}.{values['type']}" not in known:
        extensions = {name.split(".")[0] for name in known}
        raise ApiError(154, "type" if values["extension"] in extensions else "extension")
    values["email"] = check_email(values["email"])
    found = latest_by_email(connection, switches, values["email"], deleted=False)
    if found is None:
        raise ApiError(4)
    values["prospectId"] = found


_RULES: dict[str, Rule] = {
    "prospects": _prospect,
    "list-memberships": _membership,
    "custom-fields": _custom_field,
    "external-activities": _external_activity,
}
