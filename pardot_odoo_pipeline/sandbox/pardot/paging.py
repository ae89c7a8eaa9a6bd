"""Page tokens: what a chain of pages carries from one request to the next.

What lives here: encoding, decoding and checking of tokens. What does not: the SQL that resumes.

The token has the shape seen on the real service: base64 over JSON with the order, the filters, the
last keys served, the running count and the hour of expiry.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.pardot.catalogue import ObjectType
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.parameters import QueryShape, parse_shape
from pardot_odoo_pipeline.sandbox.pardot.times import AccountZone

__all__ = ["Place", "decode", "encode", "refuse_extras"]


@dataclass(frozen=True)
class Place:
    """Where a chain stands: the keys of the last row, rows served so far, the page's number."""

    resume: dict[str, Any]
    served: int
    page: int


def encode(shape: QueryShape, place: Place, expires: float, zone: AccountZone) -> str:
    """The token for the page after `place`."""
    return base64.b64encode(
        orjson.dumps(
            {
                "orderBy": shape.order_text,
                "filters": [list(pair) for pair in shape.raw_filters],
                "limit": shape.limit,
                "resumeValue": place.resume,
                "page": place.page,
                "recCount": place.served,
                "expireTime": zone.render(int(expires)),
                "deleted": shape.deleted,
            }
        )
    ).decode("ascii")


def decode(
    token: str, target: ObjectType, switches: Switches, now: float
) -> tuple[QueryShape, Place]:
    """Read a token back into the query that it continues.

    Raises:
        ApiError: 211 for anything that is not a token of this object, 210 for one too old.
    """
    try:
        # A plus sign that was not encoded arrives as a blank.
        facts = orjson.loads(base64.b64decode(token.replace(" ", "+"), validate=True))
        query = dict(facts["filters"])
        query["limit"] = str(facts["limit"])
        if facts["orderBy"]:
            query["orderBy"] = facts["orderBy"]
        if facts["deleted"] is not None:
            query["deleted"] = facts["deleted"]
        expires = datetime.fromisoformat(facts["expireTime"]).timestamp()
        shape = parse_shape(target, query, switches)
        resume = {key.field: facts["resumeValue"][key.field] for key in shape.order}
        place = Place(resume, int(facts["recCount"]), int(facts["page"]))
    except (binascii.Error, ValueError, KeyError, TypeError, ApiError):
        raise ApiError(211) from None
    if expires <= now:
        raise ApiError(210)
    return shape, place


def refuse_extras(shape: QueryShape, query: dict[str, str], switches: Switches) -> None:
    """Check what a caller sends beside the token and `fields`.

    Raises:
        ApiError: 5, always or only for what differs from the chain's own, as the switch says.
    """
    own = dict(shape.raw_filters)
    own["limit"] = str(shape.limit)
    if shape.order_text:
        own["orderBy"] = shape.order_text
    if shape.deleted is not None:
        own["deleted"] = shape.deleted
    tolerant = switches["page_token_extra_parameters"] == "tolerate_equal"
    for name, text in query.items():
        if name in ("fields", "nextPageToken") or (tolerant and own.get(name) == text):
            continue
        raise ApiError(5, f"{name} is not allowed with nextPageToken")
