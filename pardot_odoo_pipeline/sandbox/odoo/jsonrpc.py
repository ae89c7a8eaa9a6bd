"""JSON-RPC: `POST /jsonrpc`.

What lives here: the envelope and the services `common` and `object`. What does not: the methods
(`methods.py`).
"""

from __future__ import annotations

import itertools
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.http import Request, Response, json_response
from pardot_odoo_pipeline.sandbox.odoo.database import Database
from pardot_odoo_pipeline.sandbox.odoo.dispatch import call_positional
from pardot_odoo_pipeline.sandbox.odoo.errors import OdooError, type_error, unforeseen
from pardot_odoo_pipeline.sandbox.odoo.users import check_login, check_user

__all__ = ["answer_jsonrpc", "rows_in", "version_info"]


def version_info(version: int) -> dict[str, Any]:
    """What `common.version` tells."""
    return {
        "server_version": f"{version}.0",
        "server_version_info": [version, 0, 0, "final", 0, ""],
        "server_serie": f"{version}.0",
        "protocol_version": 1,
    }


def answer_jsonrpc(database: Database, name: str, request: Request) -> Response:
    """Answer one JSON-RPC request; errors come with HTTP 200 as Odoo sends them."""
    try:
        body = orjson.loads(request.body)
        parameters = body["params"]
        service, method, args = parameters["service"], parameters["method"], parameters["args"]
    except (ValueError, KeyError, TypeError):
        return Response(
            400, {"content-type": "text/html; charset=utf-8"}, b"Invalid JSON data", code="json"
        )
    try:
        result = _guarded(database, name, service, method, args)
    except OdooError as error:
        envelope = {
            "jsonrpc": "2.0",
            "id": body.get("id"),
            "error": {
                "code": 0 if database.version >= 19 else 200,
                "message": "Odoo Server Error",
                "data": error.as_data(),
            },
        }
        return json_response(envelope, code=error.name)
    answer = {"jsonrpc": "2.0", "id": body.get("id")}
    if result is not None or database.version < 19:
        answer["result"] = result
    return json_response(answer, rows=rows_in(result))


def _guarded(database: Database, name: str, service: str, method: str, args: list[Any]) -> Any:
    try:
        return _call(database, name, service, method, args)
    except OdooError:
        raise
    except Exception as problem:
        raise unforeseen(problem) from None


def rows_in(result: Any) -> int | None:
    """How many records a result carries, for the request log."""
    return len(result) if isinstance(result, list) else None


def _call(database: Database, name: str, service: str, method: str, args: list[Any]) -> Any:
    if service == "common":
        return _common(database, name, method, args)
    if service != "object" or method not in ("execute", "execute_kw"):
        raise OdooError("builtins.KeyError", repr(service))
    asked, uid, secret, model, called, *rest = args
    if asked != name:
        raise _no_database(asked)
    positional = list(rest[0]) if method == "execute_kw" and rest else rest
    keywords = dict(rest[1]) if method == "execute_kw" and len(rest) > 1 else {}
    with database.transaction(uid if isinstance(uid, int) else 0) as env:
        if not check_user(env, uid, secret):
            raise OdooError("odoo.exceptions.AccessDenied", "Access Denied")
        return call_positional(env, model, called, list(positional), keywords)


def _common(database: Database, name: str, method: str, args: list[Any]) -> Any:
    if method == "version":
        return version_info(database.version)
    if method in ("authenticate", "login"):
        try:
            asked, login, secret = itertools.islice(args, 3)
        except ValueError:
            raise type_error(f"exp_{method}() missing required positional arguments") from None
        if asked != name:
            raise _no_database(asked)
        with database.transaction(1) as env:
            return check_login(env, login, secret) or False
    raise OdooError("builtins.Exception", f"Method not found: {method}")


def _no_database(asked: Any) -> OdooError:
    return OdooError(
        "psycopg2.OperationalError",
        'connection to server at "127.0.0.1", port 5432 failed: '
        f'FATAL:  database "{asked}" does not exist\n',
    )
