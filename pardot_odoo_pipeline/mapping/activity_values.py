"""The values of one activity in canonical form.

What lives here: kind, asset, plain texts, address and day of a row. What does not: reading rows and
names (``steps/activities``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pardot_odoo_pipeline.mapping.activity_table import ASSET_FIELDS, ActivityKind, kind_of
from pardot_odoo_pipeline.mapping.html import strip_tags
from pardot_odoo_pipeline.mapping.times import day_in_zone

__all__ = ["asset_of", "canonical_activity"]

_LONGEST_LABEL = 200
_LONGEST_TEXT = 1_000
_LONGEST_URL = 2_000
_PAGE = "visitorPageViewId"
_EMAILS = ("emailId", "emailTemplateId", "listEmailId")

NameOf = Callable[[str, int], str | None]


def asset_of(row: Mapping[str, Any]) -> tuple[ActivityKind, str | None, int | None]:
    """What happened, and the field and id of what it happened to."""
    ids = {name: int(row[name]) for name in ASSET_FIELDS if _is_number(row.get(name))}
    kind, field = kind_of({"type": int(row["type"]), **ids})
    return kind, field, ids.get(field) if field else None


def canonical_activity(
    row: Mapping[str, Any], zone: str, *, label: NameOf, url: NameOf
) -> dict[str, Any]:
    """One row of ``activities_normalized`` from a validated one.

    Args:
        row: The API's fields as text.
        zone: The account's time zone: a day of noise begins at its midnight.
        label: The name of an asset by field and id, where it is known.
        url: The address of an asset, likewise.
    """
    kind, field, number = asset_of(row)
    told = _plain(row.get("details"), _LONGEST_TEXT)
    name = address = None
    if field is not None and number is not None:
        name, address = label(field, number), url(field, number)
    opened = _address(row.get("url")) or _address(row.get("details"))
    if field == _PAGE:
        # The name of a page is what was opened there, not what the entry is about.
        told, name, opened = told or _plain(name, _LONGEST_TEXT), None, opened or _address(address)
    name = _plain(name, _LONGEST_LABEL)
    if name is None and told is not None and opened is None and field != _PAGE:
        name = told[:_LONGEST_LABEL]
    if told in (name, opened) or (name is not None and field in _EMAILS):
        # Of an e-mail the API tells the subject, again and again.
        told = None
    occurred = datetime.fromisoformat(row["createdAt"]).astimezone(UTC)
    return {
        "activity_id": row["id"],
        "prospect_id": row.get("prospectId"),
        "visitor_id": row.get("visitorId"),
        "kind": kind.key,
        "asset": f"{field}:{number}" if field else None,
        "label": name,
        "url": opened,
        "details": told,
        "occurred_at": occurred.isoformat(),
        "day": day_in_zone(occurred, zone),
        "counter": kind.counter.value if kind.counter else None,
        "is_new": row.get("read_as") == "change",
    }


def _is_number(value: object) -> bool:
    return isinstance(value, str) and value.isdecimal()


def _plain(text: str | None, limit: int) -> str | None:
    if not text:
        return None
    return " ".join(strip_tags(text)[0].split())[:limit] or None


def _address(text: str | None) -> str | None:
    """The text as an address that may become a link; nothing that a browser would run."""
    address = (text or "").strip()
    if any(sign <= " " or sign in '<>"' for sign in address) or len(address) > _LONGEST_URL:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if address.startswith(("http://", "https://")) and parts.netloc else None
