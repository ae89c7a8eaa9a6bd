"""What happens behind `/api/v5/exports`.

What lives here: checking of an export's body, the job as JSON, downloads. What does not: the
clockwork of jobs (`export_jobs.py`), the files (`export_files.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pardot_odoo_pipeline.sandbox.http import Response, json_response
from pardot_odoo_pipeline.sandbox.pardot.catalogue import ObjectType
from pardot_odoo_pipeline.sandbox.pardot.context import Context, body_of
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.export_files import stream_file
from pardot_odoo_pipeline.sandbox.pardot.export_jobs import ExportJobs, ExportRequest, Job
from pardot_odoo_pipeline.sandbox.pardot.job_listing import job_fields, listing
from pardot_odoo_pipeline.sandbox.pardot.selection import related, select
from pardot_odoo_pipeline.sandbox.pardot.times import parse_moment

__all__ = ["answer_export"]

_MAXIMUM_FIELDS = 150
_MAXIMUM_BYTES = 200_000_000
_MEMBERS = {
    "object",
    "fields",
    "procedure",
    "includeByteOrderMark",
    "maxFileSizeBytes",
    "legacyDateFormat",
}
_PROCEDURES = {"filter_by_created_at": "created", "filter_by_updated_at": "updated"}
_JOB_FIELDS = frozenset(
    {
        "id",
        "status",
        "isExpired",
        "resultRefs",
        "createdAt",
        "updatedAt",
        "createdById",
        "updatedById",
        *_MEMBERS,
    }
)


def answer_export(context: Context, jobs: ExportJobs, parts: list[str]) -> Response:
    """Answer a request for exports; `parts` follows `/api/v5/exports`.

    Raises:
        ApiError: The request is refused.
    """
    method = context.request.method
    match parts:
        case [] if method == "POST":
            names = job_fields(context, _JOB_FIELDS) if "fields" in context.query else ["id"]
            job = jobs.create(_checked(context), context.store.api_user_id)
            location = f"{context.base_url}/api/v5/exports/{job.id}"
            return json_response(_shown(context, job, names), 201, {"location": location})
        case [] if method == "GET":
            names = job_fields(context, _JOB_FIELDS)
            return listing(context, jobs.all(), lambda job: _shown(context, job, names))
        case [job_id] if method == "GET" and job_id.isdigit():
            names = job_fields(context, _JOB_FIELDS)
            return json_response(_shown(context, jobs.read(int(job_id)), names), rows=1)
        case [job_id, "results", number] if (
            method == "GET" and job_id.isdigit() and number.isdigit()
        ):
            path = jobs.file(int(job_id), int(number))
            size = path.stat().st_size
            headers = {"content-type": "text/csv; charset=utf-8", "content-length": str(size)}
            return Response(200, headers, stream_file(path))
        case [] | [_] | [_, "results", _]:
            raise ApiError(60)
    raise ApiError(198)


def _checked(context: Context) -> ExportRequest:
    body = body_of(context)
    unknown = sorted(set(body) - _MEMBERS)
    if unknown:
        raise ApiError(154, ", ".join(unknown))
    target = _target(context, body)
    names = body.get("fields")
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise ApiError(153, "fields")
    if len(names) > _MAXIMUM_FIELDS:
        raise ApiError(154, f"fields: at most {_MAXIMUM_FIELDS}")
    for collection in {target.collection, *related(context.store.catalogue, target, names)}:
        context.store.ensure_full(collection)
    select(context.store.catalogue, target, names, single=True)
    file_bytes = body.get("maxFileSizeBytes", _MAXIMUM_BYTES)
    if type(file_bytes) is not int:
        raise ApiError(154, "maxFileSizeBytes")
    if file_bytes < context.switches["export_minimum_file_bytes"]:
        raise ApiError(231)
    if file_bytes > _MAXIMUM_BYTES:
        raise ApiError(232)
    bound, low, high, deleted = _window(context, target, body.get("procedure"))
    return ExportRequest(
        collection=target.collection,
        fields=tuple(dict.fromkeys(names)),
        bound=bound,
        low=low,
        high=high,
        inclusive=context.switches["export_bounds"] == "inclusive",
        deleted=deleted,
        file_bytes=file_bytes,
        byte_order_mark=_flag(body, "includeByteOrderMark"),
        legacy_dates=_flag(body, "legacyDateFormat"),
        body={"procedure": body["procedure"], "object": body.get("object", "Prospect")},
    )


def _target(context: Context, body: dict[str, Any]) -> ObjectType:
    name = body.get("object")
    if name is None:
        if context.switches["export_object_member"] == "required":
            raise ApiError(153, "object")
        name = "prospect"
    target = context.store.catalogue.by_singular(str(name))
    if target is None or target.singleton:
        raise ApiError(154, "object")
    return target


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if type(value) is not bool:
        raise ApiError(50, name)
    return value


def _window(
    context: Context, target: ObjectType, procedure: Any
) -> tuple[str, int | None, int, str]:
    """The time field, the window's ends and the recycle-bin choice of a procedure."""
    if not isinstance(procedure, dict) or "name" not in procedure:
        raise ApiError(153, "procedure")
    stem = _PROCEDURES.get(str(procedure["name"]))
    if stem is None or f"{stem}At" not in target.fields:
        raise ApiError(174)
    arguments = procedure.get("arguments") or {}
    if not isinstance(arguments, dict):
        raise ApiError(177)
    known = {f"{stem}After", f"{stem}Before"} | ({"deleted"} if target.soft_delete else set())
    unknown = sorted(set(arguments) - known)
    if unknown:
        raise ApiError(175, ", ".join(unknown))
    if f"{stem}After" not in arguments:
        raise ApiError(176, f"{stem}After")
    low = _moment(arguments, f"{stem}After")
    high = int(context.now)
    if f"{stem}Before" in arguments:
        high = _moment(arguments, f"{stem}Before")
    if high < low:
        raise ApiError(177, "the window ends before it begins")
    if high > _year_after(low):
        raise ApiError(177, "the window is longer than a year")
    deleted = arguments.get("deleted", False)
    deleted = str(deleted).lower() if isinstance(deleted, bool) else str(deleted)
    if deleted not in ("all", "true", "false"):
        raise ApiError(177, "deleted")
    return f"{stem}At", low, high, deleted


def _moment(arguments: dict[str, Any], name: str) -> int:
    try:
        return parse_moment(str(arguments[name]))
    except (ValueError, OverflowError):
        raise ApiError(177, name) from None


def _year_after(seconds: int) -> float:
    start = datetime.fromtimestamp(seconds, UTC)
    # The 29th of February has no anniversary in most years; its year ends a day later.
    try:
        return start.replace(year=start.year + 1).timestamp()
    except ValueError:
        return start.replace(year=start.year + 1, month=3, day=1).timestamp()


def _shown(context: Context, job: Job, names: list[str]) -> dict[str, Any]:
    refs = None
    if job.status == "Complete" and not job.is_expired:
        root = f"{context.base_url}/api/v5/exports/{job.id}/results"
        refs = [f"{root}/{number}" for number in range(1, job.files + 1)]
    render = context.zone.render
    everything = {
        "id": job.id,
        "status": job.status,
        "isExpired": job.is_expired,
        "resultRefs": refs,
        "createdAt": render(job.created),
        "updatedAt": render(job.updated),
        "createdById": job.user_id,
        "updatedById": job.user_id,
        "object": job.request.body["object"],
        "fields": list(job.request.fields),
        "procedure": job.request.body["procedure"],
        "includeByteOrderMark": job.request.byte_order_mark,
        "maxFileSizeBytes": job.request.file_bytes,
        "legacyDateFormat": job.request.legacy_dates,
    }
    return {name: everything[name] for name in names}
