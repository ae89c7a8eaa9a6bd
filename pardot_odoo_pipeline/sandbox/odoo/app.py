"""The server as an application: addresses to answers.

What lives here: routing. What does not: sockets (`sandbox/http.py`), the protocols (`jsonrpc.py`,
`json2.py`).
"""

from __future__ import annotations

import orjson

from pardot_odoo_pipeline.sandbox.http import Request, Response, json_response
from pardot_odoo_pipeline.sandbox.odoo.database import Database
from pardot_odoo_pipeline.sandbox.odoo.errors import OdooError
from pardot_odoo_pipeline.sandbox.odoo.json2 import answer_json2
from pardot_odoo_pipeline.sandbox.odoo.jsonrpc import answer_jsonrpc, version_info
from pardot_odoo_pipeline.sandbox.odoo.web import WebSessions

__all__ = ["OdooApp", "error_envelope"]

_LOGIN_PAGE = b"<html><head><title>Odoo</title></head><body>Log in</body></html>"
_MAX_BODY = 128 * 1024 * 1024
_HTML = {"content-type": "text/html; charset=utf-8"}


def error_envelope(code: int | str, status: int | None) -> Response:
    """The answer of a server that is broken as such, for injected faults."""
    error = OdooError(str(code), "Injected fault", status or 500)
    return json_response(error.as_data(), error.status, code=code)


class OdooApp:
    """An Odoo server over one database.

    Args:
        database: Its state.
        name: The database's name.
    """

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._sessions = WebSessions(database, name)

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        path = request.path.rstrip("/") or "/"
        if len(request.body) > _MAX_BODY:
            return Response(413, _HTML, b"Request Entity Too Large")
        if request.headers.get("content-encoding"):
            return Response(400, _HTML, b"Invalid JSON data")
        if path == "/jsonrpc" and request.method == "POST":
            return answer_jsonrpc(self._database, self._name, request)
        if path.startswith("/json/2/") and self._database.version >= 19:
            return answer_json2(self._database, self._name, request)
        answer = self._sessions.answer(request)
        if answer is not None:
            return answer
        if path == "/web/webclient/version_info":
            return json_response(
                {
                    "jsonrpc": "2.0",
                    "id": _id(request),
                    "result": version_info(self._database.version),
                }
            )
        if path == "/web/version" and self._database.version >= 19:
            version = version_info(self._database.version)
            return json_response(
                {
                    "version_info": version["server_version_info"],
                    "version": version["server_version"],
                }
            )
        if path == "/web/health":
            return json_response({"status": "pass"})
        if path in ("/", "/web", "/web/login") or path.startswith("/json/2/"):
            # 18 knows no JSON-2 and answers an unknown address with its login page and 200.
            return Response(200, _HTML, _LOGIN_PAGE)
        return Response(404, _HTML, b"<title>404 Not Found</title>")


def _id(request: Request) -> object:
    try:
        return orjson.loads(request.body).get("id")
    except (ValueError, AttributeError):
        return None
