"""JSON-2: `POST /json/2/<model>/<method>`.

What lives here: the bearer key, named arguments and real statuses. What does not: the methods
(`methods.py`).
"""

from __future__ import annotations

from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.http import Request, Response, json_response
from pardot_odoo_pipeline.sandbox.odoo.database import Database
from pardot_odoo_pipeline.sandbox.odoo.dispatch import call_named
from pardot_odoo_pipeline.sandbox.odoo.errors import OdooError, unforeseen
from pardot_odoo_pipeline.sandbox.odoo.jsonrpc import rows_in
from pardot_odoo_pipeline.sandbox.odoo.users import check_key

__all__ = ["answer_json2"]

_NO_DATABASE = (
    "<!DOCTYPE html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    "<p>No database is selected and the requested URL was not found.</p>\n"
)


def answer_json2(database: Database, name: str, request: Request) -> Response:
    """Answer one JSON-2 request."""
    if request.headers.get("x-odoo-database", name) != name:
        return Response(
            404, {"content-type": "text/html; charset=utf-8"}, _NO_DATABASE.encode(), code=404
        )
    try:
        result = _call(database, request)
    except OdooError as error:
        return json_response(error.as_data(with_status=True), error.status, code=error.name)
    except Exception as problem:
        failure = unforeseen(problem)
        return json_response(failure.as_data(), failure.status, code=failure.name)
    return json_response(result, rows=rows_in(result))


def _call(database: Database, request: Request) -> Any:
    parts = request.path.removeprefix("/json/2/").split("/")
    if request.method != "POST" or len(parts) != 2:
        raise OdooError(
            "werkzeug.exceptions.NotFound", "Did you mean POST /json/2/<model>/<method>?", 404
        )
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not key:
        raise OdooError(
            "werkzeug.exceptions.Unauthorized",
            "User not authenticated, use an API Key with a Bearer Authorization header.",
            401,
        )
    with database.transaction(1) as env:
        uid = check_key(env, key.strip())
        if uid is None:
            raise OdooError("werkzeug.exceptions.Unauthorized", "Invalid apikey", 401)
        env.uid = uid
        try:
            body = orjson.loads(request.body) if request.body else {}
        except ValueError as wrong:
            raise OdooError(
                "werkzeug.exceptions.BadRequest", f"could not parse the body as json: {wrong}", 400
            ) from None
        return call_named(env, parts[0], parts[1], body if isinstance(body, dict) else {})
