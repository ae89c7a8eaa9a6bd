"""What happens behind `/api/v5/bulk-actions`.

What lives here: checking of a bulk action's body and file, the action as JSON. What does not: what
it does (`bulk_jobs.py`).
"""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.http import Response, json_response
from pardot_odoo_pipeline.sandbox.pardot.bulk_jobs import DELETE, PERMANENT, BulkJob, BulkJobs
from pardot_odoo_pipeline.sandbox.pardot.context import Context, body_of
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.job_listing import job_fields, listing
from pardot_odoo_pipeline.sandbox.pardot.multipart import is_multipart, parts_of

__all__ = ["answer_bulk_action"]

_MAXIMUM_IDS = 100_000
_FIELDS = frozenset(
    {
        "id",
        "object",
        "action",
        "bulkAction",
        "status",
        "origin",
        "count",
        "processedCount",
        "percentComplete",
        "errorCount",
        "errorsRef",
        "fileName",
        "createdAt",
        "updatedAt",
        "createdById",
        "updatedById",
    }
)
# How the service spells its actions is not documented: any spelling of these words will do.
_SPELLINGS = {
    "delete": DELETE,
    "bulkdelete": DELETE,
    "deleteprospects": DELETE,
    "prospectdelete": DELETE,
    "permanentdelete": PERMANENT,
    "permanentlydelete": PERMANENT,
    "permanentlydeleteprospects": PERMANENT,
    "prospectpermanentdelete": PERMANENT,
}


def answer_bulk_action(context: Context, jobs: BulkJobs, parts: list[str]) -> Response:
    """Answer a request for bulk actions; `parts` follows `/api/v5/bulk-actions`.

    Raises:
        ApiError: The request is refused.
    """
    method = context.request.method
    match parts:
        case [] if method == "POST":
            return _create(context, jobs)
        case [] if method == "GET":
            names = job_fields(context, _FIELDS)
            return listing(context, jobs.all(), lambda job: _shown(context, job, names))
        case [job_id] if job_id.isdigit() and method == "GET":
            names = job_fields(context, _FIELDS)
            return json_response(_shown(context, jobs.read(int(job_id)), names), rows=1)
        case [job_id] if job_id.isdigit() and method == "PATCH":
            return _change(context, jobs, int(job_id))
        case [job_id, "errors"] if job_id.isdigit() and method == "GET":
            return _errors(jobs, int(job_id))
        case [] | [_] | [_, "errors"]:
            raise ApiError(60)
    raise ApiError(198)


def _create(context: Context, jobs: BulkJobs) -> Response:
    names = job_fields(context, _FIELDS) if "fields" in context.query else ["id"]
    if not is_multipart(context.request.headers):
        raise ApiError(151)
    try:
        parts = parts_of(context.request.headers, context.request.body)
        body = orjson.loads(next((p.content for p in parts if p.name == "input"), b"{}"))
    except ValueError:
        raise ApiError(150) from None
    if not isinstance(body, dict):
        raise ApiError(150)
    name, action = _action(body)
    files = [part for part in parts if part.name != "input"]
    if not files:
        raise ApiError(162)
    if len(files) > 1:
        raise ApiError(163)
    job = jobs.create(action, name, _ids(files[0].content), files[0].filename)
    location = f"{context.base_url}/api/v5/bulk-actions/{job.id}"
    return json_response(_shown(context, job, names), 201, {"location": location})


def _action(body: dict[str, Any]) -> tuple[str, str]:
    unknown = sorted(set(body) - {"object", "action", "bulkAction"})
    if unknown:
        raise ApiError(154, ", ".join(unknown))
    if str(body.get("object", "Prospect")).lower() != "prospect":
        raise ApiError(154, "object")
    given = body.get("action", body.get("bulkAction"))
    if not isinstance(given, str):
        raise ApiError(205)
    action = _SPELLINGS.get(re.sub(r"[^a-z]", "", given.lower()))
    if action is None:
        raise ApiError(205, given)
    return given, action


def _ids(content: bytes) -> list[str]:
    """The ids of a file of one column, with or without a header."""
    try:
        text = content.decode("utf-8-sig")
        cells = [row[0].strip() for row in csv.reader(io.StringIO(text), strict=True) if row]
    except (UnicodeDecodeError, csv.Error):
        raise ApiError(159) from None
    if cells and not cells[0].isdigit():
        del cells[0]
    if not cells:
        raise ApiError(162)
    if not all(re.fullmatch(r"\d{1,18}", cell, re.ASCII) for cell in cells):
        raise ApiError(159)
    if len(cells) > _MAXIMUM_IDS:
        raise ApiError(63)
    return cells


def _change(context: Context, jobs: BulkJobs, job_id: int) -> Response:
    jobs.read(job_id)
    body = body_of(context)
    if set(body) != {"status"} or body["status"] not in ("Paused", "Ready", "Cancelled"):
        raise ApiError(154, "status")
    job = jobs.change(job_id, body["status"])
    if "fields" not in context.query:
        return Response(204)
    return json_response(_shown(context, job, job_fields(context, _FIELDS)), rows=1)


def _errors(jobs: BulkJobs, job_id: int) -> Response:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["id", "error"])
    writer.writerows(jobs.errors(job_id))
    headers = {"content-type": "text/csv; charset=utf-8"}
    return Response(200, headers, buffer.getvalue().encode())


def _shown(context: Context, job: BulkJob, names: list[str]) -> dict[str, Any]:
    render = context.zone.render
    errors = f"{context.base_url}/api/v5/bulk-actions/{job.id}/errors" if job.errors else None
    everything = {
        "id": job.id,
        "object": "Prospect",
        "action": job.name,
        "bulkAction": job.name,
        "status": job.status,
        "origin": "API",
        "count": job.count,
        "processedCount": job.done,
        "percentComplete": 100 * job.done // max(job.count, 1),
        "errorCount": job.errors,
        "errorsRef": errors,
        "fileName": job.file,
        "createdAt": render(job.created),
        "updatedAt": render(job.updated),
        "createdById": job.user_id,
        "updatedById": job.user_id,
    }
    return {name: everything[name] for name in names}
