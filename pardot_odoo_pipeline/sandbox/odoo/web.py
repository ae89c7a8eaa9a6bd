"""Web sessions: `/web/session/authenticate` and `/web/dataset/call_kw`.

What lives here: logging in with a cookie and calling a method with it, as far as making an API key
needs. What does not: pages.
"""

from __future__ import annotations

import secrets
import threading
from http.cookies import SimpleCookie
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.http import Request, Response, json_response
from pardot_odoo_pipeline.sandbox.odoo.database import Database
from pardot_odoo_pipeline.sandbox.odoo.dispatch import call_positional
from pardot_odoo_pipeline.sandbox.odoo.errors import OdooError
from pardot_odoo_pipeline.sandbox.odoo.users import check_login

__all__ = ["WebSessions"]

_EXPIRED = OdooError("odoo.http.SessionExpiredException", "Session expired")


class WebSessions:
    """The sessions of one server; they end with its process."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._users: dict[str, int] = {}
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Response | None:
        """Answer a request to a session's address; None for any other."""
        if request.method != "POST" or not request.path.startswith(
            ("/web/session/authenticate", "/web/dataset/call_kw")
        ):
            return None
        headers: dict[str, str] = {}
        try:
            body = orjson.loads(request.body)
            parameters = body["params"]
        except (ValueError, KeyError, TypeError):
            return Response(400, {"content-type": "text/html; charset=utf-8"}, b"Invalid JSON data")
        try:
            if request.path.startswith("/web/session/"):
                result, token = self._log_in(parameters)
                headers["set-cookie"] = f"session_id={token}; HttpOnly; Path=/"
            else:
                result = self._call(request, parameters)
        except OdooError as error:
            told = {"code": 0, "message": "Odoo Server Error", "data": error.as_data()}
            envelope = {"jsonrpc": "2.0", "id": body.get("id"), "error": told}
            return json_response(envelope, code=error.name)
        return json_response(
            {"jsonrpc": "2.0", "id": body.get("id"), "result": result}, 200, headers
        )

    def _log_in(self, parameters: dict[str, Any]) -> tuple[dict[str, Any], str]:
        with self._database.transaction(1) as env:
            uid = check_login(env, parameters.get("login"), parameters.get("password"))
        if uid is None or parameters.get("db") != self._name:
            raise OdooError("odoo.exceptions.AccessDenied", "Access Denied")
        token = secrets.token_hex(20)
        with self._lock:
            self._users[token] = uid
        version = f"{self._database.version}.0"
        return {"uid": uid, "db": self._name, "server_version": version}, token

    def _call(self, request: Request, parameters: dict[str, Any]) -> Any:
        cookies = SimpleCookie(request.headers.get("cookie", ""))
        token = cookies["session_id"].value if "session_id" in cookies else ""
        uid = self._users.get(token)
        if uid is None:
            raise _EXPIRED
        with self._database.transaction(uid) as env:
            env.notes.add("web")
            return call_positional(
                env,
                parameters["model"],
                parameters["method"],
                list(parameters.get("args") or []),
                dict(parameters.get("kwargs") or {}),
            )
