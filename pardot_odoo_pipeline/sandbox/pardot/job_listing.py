"""Queries over jobs: imports, bulk actions and others that are no tables of the catalogue.

What lives here: the `fields` of a job, and a page of jobs with its window, limit and order. What
does not: the jobs themselves.
"""

from __future__ import annotations

import base64
import binascii
import operator
from collections.abc import Callable
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

import orjson

from pardot_odoo_pipeline.sandbox.http import Response, json_response
from pardot_odoo_pipeline.sandbox.pardot.catalogue import Field, Kind, ObjectType
from pardot_odoo_pipeline.sandbox.pardot.context import Context
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.fields import BY_UPDATE, fields_of, named
from pardot_odoo_pipeline.sandbox.pardot.parameters import Condition, parse_fields, parse_shape

__all__ = ["Job", "job_fields", "listing"]

# What all jobs have in common, for their filters and orders.
_JOBS = ObjectType(
    collection="jobs",
    singular="job",
    fields=named([Field("id", Kind.INTEGER), *fields_of(Kind.DATETIME, "createdAt updatedAt")]),
    filters=BY_UPDATE,
)


class Job(Protocol):
    """What a listing needs to know of a job."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def created(self) -> int:
        """The second of its creation."""

    @property
    def updated(self) -> int:
        """The second of its last change."""


_J = TypeVar("_J", bound=Job)


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


def listing(
    context: Context,
    jobs: list[_J],
    shown: Callable[[_J], dict[str, Any]],
) -> Response:
    """A page of jobs, by id or by a time.

    Args:
        context: The request.
        jobs: All jobs.
        shown: A job as JSON.

    Raises:
        ApiError: A parameter or the page token is refused.
    """
    query = dict(context.query)
    start = 0
    token = query.pop("nextPageToken", None)
    if token:
        try:
            facts = orjson.loads(base64.b64decode(token.replace(" ", "+"), validate=True))
            query, start = {**facts["query"]}, int(facts["start"])
        except (binascii.Error, ValueError, KeyError, TypeError):
            raise ApiError(211) from None
    query.pop("origin", None)
    shape = parse_shape(_JOBS, query, context.switches)
    found = [job for job in jobs if all(_fits(job, one) for one in shape.conditions)]
    for key in reversed(shape.order):
        found.sort(key=lambda job: _value(job, key.field), reverse=key.descending)
    values = [shown(job) for job in found[start : start + shape.limit]]
    following = address = None
    if start + shape.limit < len(found):
        query.pop("fields", None)
        facts = {"query": query, "start": start + shape.limit}
        following = base64.b64encode(orjson.dumps(facts)).decode()
        parameters = urlencode({"fields": context.query["fields"], "nextPageToken": following})
        address = f"{context.base_url}{context.request.path}?{parameters}"
    return json_response(
        {"nextPageToken": following, "nextPageUrl": address, "values": values}, rows=len(values)
    )


def _fits(job: Job, condition: Condition) -> bool:
    value = _value(job, condition.field)
    if condition.comparison == "in":
        return value in condition.value
    return bool(_COMPARISONS[condition.comparison](value, condition.value))


def _value(job: Job, field: str) -> int:
    return {"id": job.id, "createdAt": job.created, "updatedAt": job.updated}[field]


_COMPARISONS = {
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
