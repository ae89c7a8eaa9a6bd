"""What happens behind `/api/v5/imports`.

What lives here: checking of an import's body and upload, the import as JSON. What does not: the
clockwork (`import_jobs.py`), the rows (`import_rows.py`).
"""

from __future__ import annotations

from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.http import Response, json_response
from pardot_odoo_pipeline.sandbox.pardot.context import Context, body_of
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.import_jobs import ImportJobs
from pardot_odoo_pipeline.sandbox.pardot.import_rows import ImportRequest
from pardot_odoo_pipeline.sandbox.pardot.import_state import ENDED, ImportJob
from pardot_odoo_pipeline.sandbox.pardot.job_listing import job_fields, listing
from pardot_odoo_pipeline.sandbox.pardot.multipart import Part, is_multipart, parts_of

__all__ = ["answer_import"]

_MEMBERS = {"operation", "object", "createOnNoMatch", "restoreDeleted", "fields", "status"}
_OLD_MEMBERS = {"state", "columns"}
_ORIGINS = ("ui", "api", "all")
_FIELDS = frozenset(
    {
        "id",
        "status",
        "isExpired",
        "batchesRef",
        "errorRef",
        "errorsRef",
        "createdCount",
        "updatedCount",
        "errorCount",
        "createdAt",
        "updatedAt",
        "createdById",
        "updatedById",
        *(_MEMBERS - {"status"}),
    }
)


def answer_import(context: Context, jobs: ImportJobs, parts: list[str]) -> Response:
    """Answer a request for imports; `parts` follows `/api/v5/imports`.

    Raises:
        ApiError: The request is refused.
    """
    method = context.request.method
    match parts:
        case [] if method == "POST":
            return _create(context, jobs)
        case [] if method == "GET":
            return _query(context, jobs)
        case [job_id] if job_id.isdigit() and method == "GET":
            names = job_fields(context, _fields(context))
            return json_response(_shown(context, jobs.read(int(job_id)), names), rows=1)
        case [job_id] if job_id.isdigit() and method == "PATCH":
            return _submit(context, jobs, int(job_id))
        case [job_id, "batches"] if job_id.isdigit() and method == "POST":
            jobs.read(int(job_id))
            jobs.add_batch(int(job_id), _file(context))
            return Response(204)
        case [job_id, "errors"] if job_id.isdigit() and method == "GET":
            headers = {"content-type": "text/csv; charset=utf-8"}
            return Response(200, headers, jobs.errors(int(job_id)))
        case [job_id, "do", "cancel"] if job_id.isdigit() and method == "POST":
            return _answer(context, jobs.cancel(int(job_id)))
        case [] | [_] | [_, "batches" | "errors"]:
            raise ApiError(60)
    raise ApiError(198)


def _create(context: Context, jobs: ImportJobs) -> Response:
    names = job_fields(context, _fields(context)) if "fields" in context.query else ["id"]
    uploads: list[Part] = []
    if is_multipart(context.request.headers):
        parts = _parts(context)
        given = next((part.content for part in parts if part.name == "input"), b"{}")
        uploads = [part for part in parts if part.name != "input"]
        try:
            body = orjson.loads(given)
        except ValueError:
            raise ApiError(150) from None
    else:
        body = body_of(context)
    request = _checked(body)
    status = body.get("status", "Open")
    if status not in ("Open", "Ready"):
        raise ApiError(154, "status")
    if len(uploads) > 1:
        raise ApiError(163)
    if status == "Ready" and not uploads:
        raise ApiError(156)
    job = jobs.create(request, context.store.api_user_id)
    for upload in uploads:
        jobs.add_batch(job.id, upload.content)
    job = jobs.submit(job.id) if status == "Ready" else jobs.read(job.id)
    location = f"{context.base_url}/api/v5/imports/{job.id}"
    return json_response(_shown(context, job, names), 201, {"location": location})


def _checked(body: Any) -> ImportRequest:
    if not isinstance(body, dict):
        raise ApiError(150)
    if set(body) & _OLD_MEMBERS:
        raise ApiError(228)
    unknown = sorted(set(body) - _MEMBERS)
    if unknown:
        raise ApiError(154, ", ".join(unknown))
    for name, value in (("operation", "Upsert"), ("object", "Prospect")):
        if name not in body:
            raise ApiError(153, name)
        if str(body[name]).lower() != value.lower():
            raise ApiError(154, name)
    options = body.get("fields", [])
    if not isinstance(options, list) or not all(map(_is_option, options)):
        raise ApiError(165)
    return ImportRequest(
        create_on_no_match=_flag(body, "createOnNoMatch", True),
        restore_deleted=_flag(body, "restoreDeleted", False),
        overwrite=_chosen(options, "overwrite"),
        null_overwrite=_chosen(options, "nullOverwrite"),
        fields=options,
    )


def _is_option(option: Any) -> bool:
    return (
        isinstance(option, dict)
        and isinstance(option.get("field"), str)
        and set(option) <= {"field", "overwrite", "nullOverwrite"}
        and all(type(option[name]) is bool for name in option if name != "field")
    )


def _chosen(options: list[dict[str, Any]], name: str) -> dict[str, bool]:
    return {option["field"]: option[name] for option in options if name in option}


def _flag(body: dict[str, Any], name: str, otherwise: bool) -> bool:
    value = body.get(name, otherwise)
    if type(value) is not bool:
        raise ApiError(50, name)
    return value


def _submit(context: Context, jobs: ImportJobs, job_id: int) -> Response:
    jobs.read(job_id)
    body = body_of(context)
    if set(body) & _OLD_MEMBERS:
        raise ApiError(228)
    if set(body) != {"status"} or body["status"] != "Ready":
        raise ApiError(154, "status")
    return _answer(context, jobs.submit(job_id))


def _answer(context: Context, job: ImportJob) -> Response:
    if "fields" not in context.query:
        return Response(204)
    return json_response(_shown(context, job, job_fields(context, _fields(context))), rows=1)


def _query(context: Context, jobs: ImportJobs) -> Response:
    if context.query.get("origin", "api") not in _ORIGINS:
        raise ApiError(188)
    names = job_fields(context, _fields(context))
    return listing(context, jobs.all(), lambda job: _shown(context, job, names))


def _parts(context: Context) -> list[Part]:
    try:
        return parts_of(context.request.headers, context.request.body)
    except ValueError as wrong:
        raise ApiError(158, str(wrong)) from None


def _file(context: Context) -> bytes:
    """The one file that a batch upload carries, as a part or as the whole body."""
    if not is_multipart(context.request.headers):
        if not context.request.headers.get("content-type", "").startswith("text/csv"):
            raise ApiError(162)
        files = [context.request.body]
    else:
        files = [part.content for part in _parts(context) if part.name != "input"]
    if len(files) > 1:
        raise ApiError(163)
    if not files or not files[0]:
        raise ApiError(162)
    return files[0]


def _fields(context: Context) -> frozenset[str]:
    """The names that `fields` takes."""
    chosen = context.switches["import_error_field"]
    return _FIELDS if chosen == "both" else (_FIELDS - {"errorRef", "errorsRef"}) | {chosen}


def _shown(context: Context, job: ImportJob, names: list[str]) -> dict[str, Any]:
    root = f"/api/v5/imports/{job.id}"
    if context.switches["import_refs"] == "absolute":
        root = context.base_url + root
    ended = job.status in ENDED
    errors = f"{root}/errors" if ended and job.error_count and not job.is_expired else None
    render = context.zone.render
    everything = {
        "id": job.id,
        "status": job.status,
        "isExpired": job.is_expired,
        "batchesRef": f"{root}/batches" if job.status == "Open" and not job.is_expired else None,
        "errorRef": errors,
        "errorsRef": errors,
        "createdCount": job.created_count if ended else None,
        "updatedCount": job.updated_count if ended else None,
        "errorCount": job.error_count if ended else None,
        "createdAt": render(job.created),
        "updatedAt": render(job.updated),
        "createdById": job.user_id,
        "updatedById": job.user_id,
        "operation": "Upsert",
        "object": "Prospect",
        "createOnNoMatch": job.request.create_on_no_match,
        "restoreDeleted": job.request.restore_deleted,
        "fields": job.request.fields,
    }
    return {name: everything[name] for name in names}
