"""Faults on demand and a log of every request, around any sandbox app.

What lives here: `Faults` (what should go wrong, how often), `RequestLog` (a bounded memory of what
was asked and answered) and `ObservedApp`, which puts both around an app. What does not: the
control port's routes (`control.py`), the carrying out of delays and resets (`http.py`).
"""

from __future__ import annotations

import fnmatch
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.http import App, Request, Response

__all__ = ["Fault", "Faults", "ObservedApp", "RequestLog"]

_GATEWAY_PAGE = (
    "<html>\r\n<head><title>{status} Gateway Time-out</title></head>\r\n<body>\r\n"
    "<center><h1>{status} Gateway Time-out</h1></center>\r\n</body>\r\n</html>\r\n"
)


@dataclass
class Fault:
    """One thing that goes wrong for the next matching requests.

    Attributes:
        method: Only this method, or any.
        path: Only paths that match this shell pattern, or start with it.
        contains: Only requests whose body holds this text.
        times: How many more requests it hits.
        status: Answer with this HTTP status.
        body: Answer with this JSON value or text.
        code: The product's error code to answer with; the app says in which envelope.
        delay_seconds: Deliver the answer that much later.
        reset: Break the connection.
        html: Answer with a gateway's HTML page.
        after: Let the app do its work first, then lose its answer.
    """

    method: str | None = None
    path: str | None = None
    contains: str | None = None
    times: int = 1
    status: int | None = None
    body: Any = None
    code: int | str | None = None
    delay_seconds: float = 0.0
    reset: bool = False
    html: bool = False
    after: bool = False

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Fault:
        """Read the control port's form: `{"match": {...}, "times": n, "action": {...}}`.

        Raises:
            ValueError: A member is unknown.
        """
        match, action = dict(value.get("match") or {}), dict(value.get("action") or {})
        unknown = (
            (set(value) - {"match", "times", "action"})
            | (set(match) - {"method", "path", "contains"})
            | (set(action) - {"status", "body", "code", "delay_seconds", "reset", "html", "after"})
        )
        if unknown:
            raise ValueError(f"unknown members: {', '.join(sorted(unknown))}")
        return cls(times=int(value.get("times", 1)), **match, **action)

    def matches(self, request: Request) -> bool:
        """Whether it strikes this request."""
        if self.method is not None and self.method.upper() != request.method:
            return False
        if self.contains is not None and self.contains.encode() not in request.body:
            return False
        if self.path is None:
            return True
        return request.path.startswith(self.path) or fnmatch.fnmatchcase(request.path, self.path)

    @property
    def replaces_the_answer(self) -> bool:
        """Whether the app's own answer is lost (a mere delay keeps it)."""
        return (
            self.reset
            or self.html
            or any(value is not None for value in (self.status, self.body, self.code))
        )

    def answer(self, envelope: Callable[[int | str, int | None], Response]) -> Response:
        """The answer given in place of the app's."""
        if self.reset:
            return Response(status=0, reset=True)
        if self.html:
            status = self.status or 504
            page = _GATEWAY_PAGE.format(status=status).encode()
            return Response(status, {"content-type": "text/html"}, page)
        if self.body is not None:
            text = isinstance(self.body, str)
            return Response(
                self.status or 500,
                {"content-type": "text/plain" if text else "application/json"},
                self.body.encode() if text else orjson.dumps(self.body),
                code=self.code,
            )
        if self.code is not None:
            return envelope(self.code, self.status)
        return Response(self.status or 500, {"content-type": "text/plain"}, b"")


class Faults:
    """The faults that wait for their request; the oldest match strikes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Queue one."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[Fault]:
        """Those that have not struck out yet."""
        with self._lock:
            return list(self._waiting)

    def take(self, request: Request) -> Fault | None:
        """The fault for this request, its count lowered; or none."""
        if not self._waiting:
            return None
        with self._lock:
            for fault in self._waiting:
                if fault.matches(request):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None


@dataclass
class RequestLog:
    """The last requests with their numbers, statuses and times; bounded, in memory only."""

    capacity: int = 50_000
    _entries: deque[dict[str, Any]] = field(init=False)
    _next: int = field(default=1, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self._entries = deque(maxlen=self.capacity)

    def add(
        self, moment: datetime, request: Request, response: Response, milliseconds: float
    ) -> None:
        """Remember one request and its answer."""
        entry = {
            "n": 0,
            "time": moment.isoformat(timespec="milliseconds"),
            "method": request.method,
            "path": request.path,
            "query": [list(pair) for pair in request.query],
            "status": response.status,
            "code": response.code,
            "ms": round(milliseconds, 2),
            "rows": response.rows,
        }
        with self._lock:
            entry["n"] = self._next
            self._next += 1
            self._entries.append(entry)

    def since(self, number: int = 0) -> dict[str, Any]:
        """Requests numbered `number` and up, and the number that the next one will get."""
        with self._lock:
            kept: Iterable[dict[str, Any]] = (e for e in self._entries if e["n"] >= number)
            return {"requests": list(kept), "next": self._next}

    def clear(self) -> None:
        """Forget the entries; the numbering goes on."""
        with self._lock:
            self._entries.clear()


class ObservedApp:
    """An app whose requests are logged and may be struck by faults.

    Args:
        app: The product.
        clock: Anything with `now()`.
        envelope: Builds the product's error answer from a code and, where given, a status.
        faults: What should go wrong.
        log: Where requests are remembered.
    """

    def __init__(
        self,
        app: App,
        clock: Any,
        envelope: Callable[[int | str, int | None], Response],
        faults: Faults | None = None,
        log: RequestLog | None = None,
    ) -> None:
        self.app = app
        self.clock = clock
        self.envelope = envelope
        self.faults = faults or Faults()
        self.log = log or RequestLog()

    def handle(self, request: Request) -> Response:
        """Answer, or fail as asked; log either way."""
        started = time.perf_counter()
        fault = self.faults.take(request)
        response = self._answer(request, fault)
        response.headers.setdefault("date", format_datetime(self.clock.now(), usegmt=True))
        self.log.add(self.clock.now(), request, response, (time.perf_counter() - started) * 1000)
        return response

    def _answer(self, request: Request, fault: Fault | None) -> Response:
        if fault is None:
            return self.app.handle(request)
        if not fault.replaces_the_answer:
            response = self.app.handle(request)
        elif fault.after:
            lost = self.app.handle(request)
            response = fault.answer(self.envelope)
            response.on_sent = lost.on_sent
        else:
            response = fault.answer(self.envelope)
        response.delay_seconds += fault.delay_seconds
        return response
