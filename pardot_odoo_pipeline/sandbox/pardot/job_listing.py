"""Queries over jobs: imports, bulk actions and others that are no tables of the catalogue.

What lives here: the `fields` of a job, and a page of jobs with its window, limit and order. What
does not: the jobs themselves.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any
from urllib.parse import urlencode

from pardot_odoo_pipeline.sandbox.http import Response, json_response
from pardot_odoo_pipeline.sandbox.pardot.context import Context
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.parameters import parse_fields

__all__ = ["job_fields", "listing"]


def job_fields(context: Context, known: frozenset[str]) -> list[str]:
    """The names in `fields`.

    Raises:
        ApiError: 13 when there are none, 180 for an unknown one.
    """
    names = parse_fields(context.query)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ApiError(180, ", ".join(unknown))
    return names


def listing(context: Context, shown: list[dict[str, Any]]) -> Response:
    """A page of jobs, oldest first.

    Raises:
        ApiError: 23 for a wrong limit, 211 for a wrong page token.
    """
    limit = context.query.get("limit", "200")
    if not re.fullmatch(r"\d{1,4}", limit) or not 1 <= int(limit) <= 1000:
        raise ApiError(23)
    start, size = 0, int(limit)
    token = context.query.get("nextPageToken")
    if token:
        try:
            start, size = map(int, base64.b64decode(token, validate=True).split(b"/"))
        except (binascii.Error, ValueError):
            raise ApiError(211) from None
    values = shown[start : start + size]
    following = address = None
    if start + size < len(shown):
        following = base64.b64encode(f"{start + size}/{size}".encode()).decode()
        query = urlencode({"fields": context.query["fields"], "nextPageToken": following})
        address = f"{context.base_url}{context.request.path}?{query}"
    return json_response(
        {"nextPageToken": following, "nextPageUrl": address, "values": values}, rows=len(values)
    )
