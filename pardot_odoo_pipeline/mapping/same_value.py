"""Whether a value read from Odoo is the one that we would write.

What lives here: equality per field type, blind to what Odoo does to a value on the way: ``<p>``
around text, ``http://`` before a website, False for empty, [id, name] for a record, microseconds.
What does not: what to do about a difference (``merge``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pardot_odoo_pipeline.mapping.emails import email_key
from pardot_odoo_pipeline.mapping.html import html_to_text
from pardot_odoo_pipeline.mapping.times import read_odoo_time

__all__ = ["is_empty", "normal_form", "same_value"]

_PHONE_FILLING = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]+")
_WEBSITE_SCHEME = re.compile(r"^http://", re.IGNORECASE)
# Odoo has no null for these: 0 and False are values as well as nothing.
_NEVER_EMPTY = frozenset({"boolean", "integer", "float", "monetary"})


def is_empty(field_type: str, value: Any) -> bool:
    """Whether a value is empty for this type: None, False and "" are one."""
    if value is None:
        return True
    if field_type in _NEVER_EMPTY:
        return False
    if field_type == "html":
        return not html_to_text(value if isinstance(value, str) else "")
    return value is False or value == "" or value == [] or value == ()


def same_value(field_type: str, ours: Any, theirs: Any, *, name: str = "") -> bool:
    """Whether both stand for one value.

    Args:
        field_type: The Odoo type, as ``fields_get`` names it.
        ours: What we would write, in RPC form.
        theirs: What Odoo showed, as read or with many2one as id.
        name: The Odoo field; addresses, phones and websites are plain char fields, told by
            their names.
    """
    if type(ours) is type(theirs) and ours == theirs:
        return True
    match field_type:
        case "boolean":
            return bool(ours) == bool(theirs)
        case "integer":
            return int(ours or 0) == int(theirs or 0)
        case "float" | "monetary":
            return math.isclose(float(ours or 0), float(theirs or 0), rel_tol=1e-9, abs_tol=1e-6)
    if is_empty(field_type, ours) or is_empty(field_type, theirs):
        return is_empty(field_type, ours) and is_empty(field_type, theirs)
    match field_type:
        case "many2one":
            return _record_id(ours) == _record_id(theirs)
        case "many2many" | "one2many":
            return sorted(ours) == sorted(theirs)
        case "datetime":
            return _moment(ours) == _moment(theirs)
        case "date":
            return str(ours)[:10] == str(theirs)[:10]
        case "html":
            return html_to_text(str(ours)) == html_to_text(str(theirs))
        case _:
            return _same_text(name, str(ours), str(theirs))


def normal_form(field_type: str, value: Any, *, name: str = "") -> Any:
    """A form in which values that stand for one are equal: for hashes of many of them.

    Values with equal forms are always the same by `same_value`. The reverse may fail at its edges
    (numbers that differ by a rounding error): then somebody is looked at in vain.

    Args:
        field_type: The Odoo type.
        value: In RPC form.
        name: The Odoo field.
    """
    match field_type:
        case "boolean":
            return bool(value)
        case "integer":
            return int(value or 0)
        case "float" | "monetary":
            return round(float(value or 0), 6)
    if is_empty(field_type, value):
        return None
    match field_type:
        case "many2one":
            return _record_id(value)
        case "many2many" | "one2many":
            return sorted(value)
        case "datetime":
            return str(_moment(value))
        case "date":
            return str(value)[:10]
        case "html":
            return html_to_text(str(value))
        case _:
            return _normal_text(name, str(value).strip())


def _normal_text(name: str, text: str) -> str:
    if name in {"phone", "mobile"}:
        return _bare_phone(text)
    if name in {"email", "email_from"}:
        return email_key(text) or text
    return _bare_website(text) if name == "website" else text


def _record_id(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return value[0]
    return value.get("id") if isinstance(value, Mapping) else value


def _moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return read_odoo_time(value.isoformat())
    if isinstance(value, date):
        value = value.isoformat()
    try:
        return read_odoo_time(str(value))
    except ValueError:
        return value


def _same_text(name: str, ours: str, theirs: str) -> bool:
    ours, theirs = ours.strip(), theirs.strip()
    if ours == theirs:
        return True
    if name in {"phone", "mobile"}:
        return _bare_phone(ours) == _bare_phone(theirs)
    if name in {"email", "email_from"}:
        return email_key(ours) == email_key(theirs)
    if name == "website":
        return _bare_website(ours) == _bare_website(theirs)
    return False


def _bare_phone(text: str) -> str:
    bare = _PHONE_FILLING.sub("", text)
    return "+" + bare[2:] if bare.startswith("00") else bare


def _bare_website(text: str) -> str:
    return _WEBSITE_SCHEME.sub("", text).rstrip("/")
