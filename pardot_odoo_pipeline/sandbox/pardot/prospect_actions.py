"""Operations on prospects that go by e-mail: upsert and undelete.

What lives here: the two actions. What does not: which of several prospects with an address they
take (`matching.py`), create and change themselves (`writes.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.http import Response
from pardot_odoo_pipeline.sandbox.pardot import writes
from pardot_odoo_pipeline.sandbox.pardot.catalogue import ObjectType
from pardot_odoo_pipeline.sandbox.pardot.context import Context, body_of
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.matching import latest_by_email
from pardot_odoo_pipeline.sandbox.pardot.selection import select
from pardot_odoo_pipeline.sandbox.pardot.values import check_email

__all__ = ["perform"]

_UPSERT_MEMBERS = {"matchEmail", "prospect", "fields", "secondaryDeletedSearch"}
_UNDELETE_MEMBERS = {"email", "matchEmail", "fields"}


def perform(context: Context, target: ObjectType, action: str) -> Response:
    """Answer `POST /objects/{collection}/do/{action}`.

    Raises:
        ApiError: 205 for an action that the object does not have, or the action's own refusal.
    """
    known = _ACTIONS if target.collection == "prospects" else {}
    if action not in known:
        raise ApiError(205, action)
    if context.request.method != "POST":
        raise ApiError(60)
    return known[action](context, target, body_of(context))


def _upsert(context: Context, target: ObjectType, body: dict[str, Any]) -> Response:
    _only(body, _UPSERT_MEMBERS)
    prospect = body.get("prospect")
    if not isinstance(prospect, dict):
        raise ApiError(207, "prospect")
    match = check_email(body.get("matchEmail") or prospect.get("email"))
    bin_too = body.get("secondaryDeletedSearch", False)
    if type(bin_too) is not bool:
        raise ApiError(206, "secondaryDeletedSearch")
    names = _wanted(context, target, body)
    with context.store.writing() as connection:
        found = latest_by_email(connection, context.switches, match, deleted=False)
        # Only accounts where addresses are shared look into the recycle bin.
        if found is None and bin_too and context.switches["shared_email_allowed"]:
            found = latest_by_email(connection, context.switches, match, deleted=True)
            if found is not None:
                writes.set_columns(connection, target, found, {"isDeleted": 0})
        if found is None:
            found = writes.insert(context, connection, target, {"email": match, **prospect})
            return writes.answer_written(context, connection, target, found, names, created=True)
        writes.apply_update(context, connection, target, found, prospect)
        return writes.answer_written(context, connection, target, found, names, created=False)


def _undelete(context: Context, target: ObjectType, body: dict[str, Any]) -> Response:
    _only(body, _UNDELETE_MEMBERS)
    # Which of the two names the real service takes is not documented: both do here.
    given = body.get("email") or body.get("matchEmail")
    if not given:
        raise ApiError(207, "email")
    match = check_email(given)
    names = _wanted(context, target, body)
    with context.store.writing() as connection:
        found = latest_by_email(connection, context.switches, match, deleted=True)
        if found is None:
            raise ApiError(109)
        stamps = {"updatedAt": int(context.now), "updatedById": context.store.api_user_id}
        writes.set_columns(connection, target, found, {"isDeleted": 0, **stamps})
        return writes.answer_written(context, connection, target, found, names, created=False)


def _wanted(context: Context, target: ObjectType, body: dict[str, Any]) -> list[str]:
    names = body.get("fields")
    if names is None:
        names = [n.strip() for n in context.query.get("fields", "").split(",") if n.strip()]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ApiError(206, "fields")
    select(context.store.catalogue, target, names, single=True)
    return names


def _only(body: dict[str, Any], members: set[str]) -> None:
    unknown = sorted(set(body) - members)
    if unknown:
        raise ApiError(208, ", ".join(unknown))


_ACTIONS = {"upsertLatestByEmail": _upsert, "undelete": _undelete}
