"""The judgement of the action `apply` on one record.

What lives here: checking a wish, comparing it with what is there, and the rules about linking a
lead with a contact. What does not: the transaction (`apply_action.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import OdooError
from pardot_odoo_pipeline.sandbox.odoo.fields import Field
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env
from pardot_odoo_pipeline.sandbox.odoo.orm.read import linked_ids
from pardot_odoo_pipeline.sandbox.odoo.registry import Model
from pardot_odoo_pipeline.sandbox.odoo.text import normalize_email

__all__ = ["MODELS", "Link", "Task", "error_of", "judge", "link_allowed", "prepare"]

Row = dict[str, Any]
MODELS = {"partner": "res.partner", "lead": "crm.lead"}
_PUSHED = ("email_from", "phone", "mobile")
_FILLED_BY_LINK = (
    *("contact_name", "partner_name", "function", "title", "website", "lang_id", "phone", "mobile"),
    *("street", "street2", "city", "zip", "state_id", "country_id"),
)
_TEXTS = ("char", "text", "html")
_NUMBERS = ("integer", "float", "monetary")
_COMPARABLE = (*_TEXTS, *_NUMBERS, "boolean", "date", "datetime", "selection", "many2one")
_SET = "many2many"


@dataclass(frozen=True)
class Task:
    """A checked wish for one record: raw values to write, comparable forms to judge by."""

    name: str
    number: int
    values: Row
    guarded: bool
    wanted: Row = field(default_factory=dict)
    expected: Row = field(default_factory=dict)


@dataclass(frozen=True)
class Link:
    """The contact of the same row, as far as it is there."""

    given: bool = False
    partner: Row | None = None
    fresh: bool = False


def error_of(error: OdooError, name: str | None) -> Row:
    """An error as the answer carries it."""
    kind = error.name.rpartition(".")[2]
    return {"name": kind, "field": name or False, "message": error.message[:500]}


def _bad(message: str, name: str) -> tuple[None, Row]:
    return None, {"name": "ValueError", "field": name, "message": message}


def prepare(env: Env, kind: str, record: Row) -> tuple[Task | None, Row | None]:
    """Check one record of the payload: a task, or what is wrong with it."""
    name = record["external_id"]
    if not name.startswith(f"{kind}_") or "." in name or " " in name:
        return _bad("not an external id of ours", "id")
    expected = record.get("expected")
    task = Task(name, record.get("id") or 0, dict(record["values"]), isinstance(expected, dict))
    m = env.model(MODELS[kind])
    columns, writers = m.columns, m.writers
    for source, forms, wish in (
        (record["values"], task.wanted, True),
        (expected or {}, task.expected, False),
    ):
        for field_name, value in source.items():
            if (many := m.fields.get(field_name)) is not None and many.type == _SET:
                if not all(isinstance(one, int) for one in value or ()):
                    return _bad("a many2many takes a list of ids", field_name)
                forms[field_name] = sorted(set(value or ()))
                if wish:
                    task.values[field_name] = [[6, 0, forms[field_name]]]
                continue
            f = columns.get(field_name)
            if f is None or f.type not in _COMPARABLE:
                if field_name not in m.fields:
                    return _bad("there is no such field", field_name)
                return _bad("fields of this type cannot be compared", field_name)
            if wish and field_name == "partner_id":
                return _bad("the partner is linked by the row's partner", field_name)
            if f.type == "many2one" and value and not isinstance(value, int) and wish:
                return _bad("a many2one takes an id", field_name)
            try:
                # What is expected is compared as it stands; only a wish goes through the sanitiser.
                plain = f.type == "html" and not wish
                stored = value if plain else writers[field_name](value)
            except OdooError as error:
                return None, error_of(error, field_name)
            forms[field_name] = _comparable(f, stored)
    return task, None


def _comparable(f: Field, stored: Any) -> Any:
    if f.type in _TEXTS:
        return stored or ""
    if f.type in _NUMBERS:
        return stored or 0
    if f.type == "boolean":
        return bool(stored)
    if f.type == "datetime":
        return stored[:19] if stored else None
    return stored or None


def _current(env: Env, m: Model, name: str, record: Row) -> Any:
    f = m.fields[name]
    if f.type != _SET:
        return _comparable(f, record[name])
    everything = replace(env, context={**env.context, "active_test": False})
    return sorted(linked_ids(everything, m, f, [record["id"]])[record["id"]])


def link_allowed(task: Task, record: Row | None, link: Link, withheld: Row) -> bool:
    """Whether the row's contact may become this lead's; a new lead has no record yet."""
    partner = link.partner
    if partner is None:
        withheld["partner_id"] = "partner_missing"
        return False
    if partner["is_company"]:
        withheld["partner_id"] = "partner_is_company"
        return False
    have = record or {}
    email = task.wanted.get("email_from", have.get("email_from")) or None
    if email != partner["email"] and normalize_email(email) != partner["email_normalized"]:
        withheld["partner_id"] = "email_differs"
        return False
    for name in ("phone", "mobile"):
        if not partner.get(name):
            continue
        phone = task.wanted.get(name, have.get(name))
        if not phone or phone == partner[name] or link.fresh:
            continue
        if record is None:
            withheld[name] = "phone_differs"
        else:
            withheld["partner_id"] = "phone_differs"
            return False
    return True


def _held_back(record: Row, link: Link, partners: dict[int, Row]) -> str | None:
    """Why e-mail and phone of an existing lead may not be written; None when they may."""
    own = record["partner_id"]
    if not own:
        return None
    if partners[own]["is_company"]:
        return "partner_is_company"
    if link.partner is None or link.partner["id"] != own:
        return "partner_is_another"
    return None


def judge(
    env: Env,
    kind: str,
    task: Task,
    record: Row,
    link: Link,
    outcome: Row,
    partners: dict[int, Row],
) -> Row | None:
    """The values to write into an existing record, or None on a conflict."""
    m = env.model(MODELS[kind])
    reason = _held_back(record, link, partners) if kind == "lead" else None
    changes: Row = {}
    for name, wish in task.wanted.items():
        if _current(env, m, name, record) != wish:
            if reason and name in _PUSHED:
                outcome["withheld"][name] = reason
            else:
                changes[name] = task.values[name]
    for name, value in task.expected.items():
        if name in outcome["withheld"] or (name in task.wanted and name not in changes):
            continue
        if _current(env, m, name, record) != value:
            return None
    unlinked = kind == "lead" and link.given and not record["partner_id"]
    if unlinked and link_allowed(task, record, link, outcome["withheld"]) and link.partner:
        # Odoo fills a lead from the contact that it gets; what the lead shows has to stay.
        for name in _FILLED_BY_LINK:
            if record.get(name) and name not in changes:
                changes[name] = record[name]
        changes["partner_id"] = link.partner["id"]
    return changes
