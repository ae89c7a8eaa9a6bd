"""What goes wrong on the way to a system, and on the disk.

What lives here: the faults that wait for a call, and what they make of it. What does not: when they
are set (`history`), and what people do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
import requests
import urllib3.exceptions

from pardot_odoo_pipeline.sandbox.http import Request, Response, json_response
from pardot_odoo_pipeline.sandbox.odoo.errors import OdooError
from pardot_odoo_pipeline.sandbox.pardot.errors import error_response
from pardot_odoo_pipeline_tests.simulation.network import as_bytes

if TYPE_CHECKING:
    from pardot_odoo_pipeline_tests.simulation.process import Process
    from pardot_odoo_pipeline_tests.simulation.world import World

__all__ = ["KINDS", "ODOO_HOST", "PARDOT_HOST", "Fault", "Faults", "Network"]

PARDOT_HOST, ODOO_HOST = "pardot.sim", "odoo.sim"
LONGEST_TRANSACTION = 120.0
"""Seconds after which a server gives up what it works on: Odoo's limit by default."""

_ANYWHERE = (
    "unreachable",
    "cut before",
    "cut after",
    "timeout before",
    "timeout after",
    "timeout later",
    "slow",
    "twice",
    "half",
    "502",
    "503",
    "504 before",
    "504 after",
    "500 page",
    "200 page",
)
KINDS: dict[str, tuple[str, ...]] = {
    PARDOT_HOST: (*_ANYWHERE, "429", "66", "183", "202", "62", "116", "122"),
    ODOO_HOST: (*_ANYWHERE, "serialization", "locked", "memory"),
}
"""What may go wrong, by host."""

_ODOO_ERRORS = {
    "serialization": (
        "psycopg2.errors.SerializationFailure",
        "could not serialize access due to concurrent update",
    ),
    "locked": ("psycopg2.errors.LockNotAvailable", "could not obtain lock on row"),
    "memory": ("builtins.MemoryError", ""),
}
_PAGE = (
    b"<html>\r\n<head><title>Gateway</title></head>\r\n<body>\r\n<center><h1>Gateway</h1>"
    b"</center>\r\n</body>\r\n</html>\r\n"
)


@dataclass
class Fault:
    """What happens to the next calls that fit.

    Attributes:
        host: To whom.
        kind: One of `KINDS`.
        times: To how many of them.
        method: Only such ones.
        contains: Only those whose path or body holds this.
    """

    host: str
    kind: str
    times: int = 1
    method: str | None = None
    contains: str | None = None

    def fits(self, host: str, request: Request) -> bool:
        """Whether it strikes a request."""
        if host != self.host or self.method not in (None, request.method):
            return False
        text = self.contains
        return text is None or text in request.path or text.encode() in request.body


@dataclass
class Faults:
    """All that wait.

    Attributes:
        world: Whose.
        waiting: For the next calls.
        outages: Host to the end of its outage, and what is seen of it.
        full_until: The disk has no room until then.
    """

    world: World
    waiting: list[Fault] = field(default_factory=list)
    outages: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    full_until: datetime | None = None

    def take(self, host: str, request: Request) -> str | None:
        """What happens to this call."""
        until, seen = self.outages.get(host, (None, ""))
        if until is not None and self.world.clock.now() < until:
            return seen
        for fault in self.waiting:
            if fault.fits(host, request):
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                self.world.tell(f"{fault.kind}: {request.method} {request.path}")
                return fault.kind
        return None

    def outage(self, host: str, seconds: float, seen: str) -> None:
        """A system is away for so long."""
        self.outages[host] = (self.world.clock.now() + timedelta(seconds=seconds), seen)

    def disk_is_full(self) -> bool:
        """Whether nothing can be written now."""
        return self.full_until is not None and self.world.clock.now() < self.full_until

    def clear(self) -> None:
        """All is well again."""
        self.waiting.clear()
        self.outages.clear()
        self.full_until = None


class Network:
    """Carries calls from processes to the systems, as well as it can.

    Args:
        world: Whose.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def exchange(self, process: Process, host: str, request: Request, timeout: Any) -> Response:
        """One call and its answer, or what becomes of them.

        Raises:
            requests.RequestException: The network failed.
        """
        world = self._world
        kind = world.faults.take(host, request)
        wait = world.scheduler.sleep
        patience = timeout[1] if isinstance(timeout, tuple) else timeout or 120.0
        if kind == "unreachable":
            raise _unreachable()
        wait(process.random.choice((0.01, 0.03, 0.12)))
        if kind == "cut before":
            raise requests.ConnectionError("Connection aborted.")
        if kind == "timeout before":
            wait(patience)
            raise requests.ReadTimeout
        if kind == "timeout later":
            late = process.random.uniform(0, LONGEST_TRANSACTION)
            world.scheduler.spawn(
                "server", lambda: self._finish(process, host, request), after=late
            )
            wait(patience)
            raise requests.ReadTimeout
        if kind is not None and (refused := _refusal(host, request, kind)) is not None:
            return refused
        if kind == "twice":
            self._handle(process, host, request).sent()
        answer = self._handle(process, host, request)
        if kind == "slow":
            wait(process.random.choice((5.0, 30.0, 90.0)))
        else:
            wait(process.random.choice((0.02, 0.05, 0.3)))
        if kind in ("cut after", "timeout after"):
            answer.sent()
            if kind == "timeout after":
                wait(patience)
                raise requests.ReadTimeout
            raise requests.ConnectionError("Connection aborted.")
        if kind == "504 after":
            answer.sent()
            return _page(504)
        if kind == "half" and request.method != "HEAD":
            return _half(answer)
        return answer

    def _finish(self, process: Process, host: str, request: Request) -> None:
        """What the server goes on with although nobody waits for it any more."""
        self._world.tell(f"a server finishes late: {request.method} {request.path}")
        self._handle(process, host, request).sent()

    def _handle(self, process: Process, host: str, request: Request) -> Response:
        world = self._world
        world.before_server(process, host, request)
        answer = world.site.systems.handle(host, request)
        world.after_server(process, host, request, answer)
        return answer


def _unreachable() -> requests.ConnectionError:
    refused = urllib3.exceptions.NewConnectionError(None, "refused")  # type: ignore[arg-type]
    return requests.ConnectionError(
        urllib3.exceptions.MaxRetryError(None, "", refused)  # type: ignore[arg-type]
    )


def _refusal(host: str, request: Request, kind: str) -> Response | None:
    """An answer that is given in place of the work."""
    if kind in ("502", "503"):
        return _page(int(kind))
    if kind == "504 before":
        return _page(504)
    if kind == "500 page":
        return _page(500)
    if kind == "200 page":
        return _page(200)
    if kind == "429":
        return Response(429, {"content-type": "text/html", "retry-after": "7"}, _PAGE)
    if kind.isdigit():
        return error_response(int(kind))
    if kind in _ODOO_ERRORS and host == ODOO_HOST:
        data = OdooError(*_ODOO_ERRORS[kind]).as_data()
        if request.path == "/jsonrpc":
            number = orjson.loads(request.body).get("id")
            error = {"code": 200, "message": "Odoo Server Error", "data": data}
            return json_response({"jsonrpc": "2.0", "id": number, "error": error})
        return json_response(data, 500)
    return None


def _page(status: int) -> Response:
    return Response(status, {"content-type": "text/html"}, _PAGE)


def _half(answer: Response) -> Response:
    """The connection ends in the middle of the body, which only its length tells."""
    body = as_bytes(answer)
    answer.sent()
    if len(body) < 2:
        return Response(0, reset=True)
    headers = {**answer.headers, "content-length": str(len(body))}
    return Response(answer.status, headers, body[: len(body) // 2])
