"""Judging a record outside Odoo, for the loader that has no server action.

What lives here: when two values are the same, which fields of a lead may be written, whether a
contact may be linked, and how a value looks in a cell of `load()`; pure functions. They follow
the wording of `apply_action/protocol.py`, which the server action implements inside Odoo. What
does not: any call.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from html import unescape
from typing import Any

from pardot_odoo_pipeline.odoo.person_writes import RecordStatus, RecordWrite, Withheld

__all__ = [
    "FILLED_BY_LINK",
    "LINK_SOURCES",
    "PUSHED",
    "Contact",
    "Judgement",
    "cell",
    "column",
    "created_values",
    "judge",
    "padded",
    "unfit_field",
    "written",
]

PUSHED = ("email_from", "phone", "mobile")
"""Odoo copies these from a lead into the lead's contact."""

FILLED_BY_LINK = (
    *("contact_name", "partner_name", "function", "title", "website", "lang_id"),
    *("phone", "mobile", "street", "street2", "city", "zip", "state_id", "country_id"),
)
"""Odoo fills these from the contact when a lead gets one."""

LINK_SOURCES = {
    **{name: (name,) for name in FILLED_BY_LINK},
    "contact_name": ("name",),
    "partner_name": ("company_name", "parent_id"),
    "lang_id": ("lang",),
}
"""The fields of the contact that each of them comes from."""

_TEXT = ("char", "text", "html")
_NUMBER = ("integer", "float", "monetary")
_PLAIN = ("boolean", "date", "datetime", "selection", "many2one", "many2many")

Types = Mapping[str, str]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Contact:
    """What must be known of a contact before a lead may touch it.

    Attributes:
        fills: Fields of a lead that linking it would fill.
        fresh: Whether it was made for this lead just now.
    """

    record_id: int
    is_company: bool
    email: str | None
    phones: Mapping[str, Any] = field(default_factory=dict)
    fills: frozenset[str] = frozenset()
    fresh: bool = False


@dataclass(frozen=True)
class Judgement:
    """What is to be written to an existing record, and what was left out."""

    status: RecordStatus
    changes: Mapping[str, Any] = field(default_factory=dict)
    withheld: Mapping[str, Withheld] = field(default_factory=dict)


def unfit_field(write: RecordWrite, types: Types) -> str | None:
    """Name the first field that cannot be written or compared; None when all can."""
    for name in (*write.values, *(write.expected or ())):
        if types.get(name) not in _TEXT + _NUMBER + _PLAIN:
            return name
    return "partner_id" if "partner_id" in write.values else None


def judge(
    write: RecordWrite,
    current: Row,
    types: Types,
    *,
    lead: bool = False,
    given: bool = False,
    own: Contact | None = None,
    linked: Contact | None = None,
) -> Judgement:
    """Compare a record with the wish for it.

    Args:
        write: The wish.
        current: The record as read, many2one as id.
        types: Field name -> type.
        lead: Whether it is a lead, to which the rules about contacts apply.
        given: Whether the row asks for a contact.
        own: The row's contact, where it is there.
        linked: The contact that the lead has now.
    """
    withheld: dict[str, Withheld] = {}
    changes: dict[str, Any] = {}
    reason = _held_back(own, linked) if lead else None
    for name, value in write.values.items():
        if _form(types[name], current[name]) != _form(types[name], value):
            if reason and name in PUSHED:
                withheld[name] = reason
            else:
                changes[name] = value
    for name, value in (write.expected or {}).items():
        if name in withheld or (name in write.values and name not in changes):
            continue
        if _form(types[name], current[name]) != _form(types[name], value):
            return Judgement(RecordStatus.CONFLICT, withheld=withheld)
    if lead and given and linked is None:
        refused = _link_refused(write.values, current, own)
        if own is None or refused:
            withheld["partner_id"] = refused or Withheld.PARTNER_MISSING
        else:
            for name in FILLED_BY_LINK:
                if current.get(name) and name not in changes:
                    changes[name] = current[name]
            changes["partner_id"] = own.record_id
    return Judgement(RecordStatus.WRITTEN if changes else RecordStatus.SAME, changes, withheld)


def created_values(
    write: RecordWrite, *, given: bool, own: Contact | None
) -> tuple[dict[str, Any], dict[str, Withheld]]:
    """The values for a lead that is to be made, with its contact; and what was left out."""
    values = dict(write.values)
    withheld: dict[str, Withheld] = {}
    if not given:
        return values, withheld
    refused = _link_refused(values, {}, own)
    if own is None or refused:
        withheld["partner_id"] = refused or Withheld.PARTNER_MISSING
        return values, withheld
    values["partner_id"] = own.record_id
    for name in ("phone", "mobile"):
        if _phones_differ(values.get(name), own.phones.get(name)) and not own.fresh:
            withheld[name] = Withheld.PHONE_DIFFERS
            del values[name]
    return values, withheld


def padded(rows: Mapping[int, Row], filled: Mapping[int, Collection[str]]) -> dict[int, Row]:
    """Records to be made, with the empty fields of each named where others have a value.

    `load()` takes rows of one shape, and hardly two people have the same fields: without this, one
    person in a call would be the rule.

    Args:
        rows: Position to values.
        filled: Position to the fields that Odoo would give a value by itself: leaving one out does
            not mean empty.
    """
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    return {
        n: {name: row.get(name, False) for name in names if name in row or name not in filled[n]}
        for n, row in rows.items()
    }


def column(name: str, types: Types) -> str:
    """The name of a field's column in `load()`."""
    return f"{name}/.id" if types[name] in ("many2one", "many2many") else name


def cell(value: Any, kind: str) -> str:
    """A value as `load()` reads it: text, and empty for nothing."""
    if kind == "boolean":
        return "1" if value else "0"
    if kind in _NUMBER:
        return str(value or 0)
    if kind == "many2many":
        return ",".join(str(record_id) for record_id in value or ())
    return "" if value is None or value is False else str(value)


def written(value: Any) -> Any:
    """A value as `write()` takes it: a list of ids alone would not empty a many2many."""
    return [[6, 0, value]] if isinstance(value, list) else value


def _form(kind: str, value: Any) -> Any:
    if kind == "boolean":
        return bool(value)
    if kind in _NUMBER:
        return value or 0
    if kind == "html":
        # Odoo escapes a plain text and wraps it into a paragraph; only Odoo can sanitise more.
        text = str(value or "").strip()
        return unescape(text.removeprefix("<p>").removesuffix("</p>"))
    if kind == "many2one" and isinstance(value, list | tuple):
        return value[0] if value else None
    if kind == "many2many":
        return sorted(set(value or ()))
    return value or None


def _held_back(own: Contact | None, linked: Contact | None) -> Withheld | None:
    if linked is None:
        return None
    if linked.is_company:
        return Withheld.PARTNER_IS_COMPANY
    if own is None or own.record_id != linked.record_id:
        return Withheld.PARTNER_IS_ANOTHER
    return None


def _link_refused(values: Row, current: Row, own: Contact | None) -> Withheld | None:
    if own is None:
        return Withheld.PARTNER_MISSING
    if own.is_company:
        return Withheld.PARTNER_IS_COMPANY
    if _email_key(values.get("email_from", current.get("email_from"))) != _email_key(own.email):
        return Withheld.EMAIL_DIFFERS
    if current and not own.fresh:
        for name in ("phone", "mobile"):
            if _phones_differ(values.get(name, current.get(name)), own.phones.get(name)):
                return Withheld.PHONE_DIFFERS
    return None


def _email_key(text: Any) -> str:
    return parseaddr(str(text or ""))[1].strip().lower()


def _phones_differ(one: Any, other: Any) -> bool:
    return bool(one and other and one != other)
