"""Sends what the outbox holds, as Salesforce's queue of callouts does.

What lives here: the threads, attempts and waits. What does not: what is pushed (`push_outbox.py`),
what it looks like (`push_settings.py`).

A push that is answered with 429 or 5xx, or not at all, is sent again; another refusal is final. A
push whose answer was lost goes out twice. Nothing is kept in order.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

import requests

from pardot_odoo_pipeline.sandbox.pardot.push_outbox import Outbox, Waiting
from pardot_odoo_pipeline.sandbox.pardot.push_settings import PushSettings

__all__ = ["PushSender"]

_THREADS = 4
_TAKEN_MAXIMUM = 200
_TIMEOUT_SECONDS = 10
_LONGEST_WAIT_SECONDS = 60.0


class PushSender:
    """Sends from now on, until it is stopped.

    Args:
        outbox: The events.
        settings: Where and how.
        now: The world's time in seconds, which signatures carry.
    """

    def __init__(self, outbox: Outbox, settings: PushSettings, now: Callable[[], float]) -> None:
        self._outbox = outbox
        self._settings = settings
        self._now = now
        self._news = threading.Event()
        self._stopped = False
        self._lock = threading.Lock()
        self._results: list[tuple[str, float, int | None, int]] = []
        self._under_way: set[int] = set()
        self._sessions = threading.local()
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="pushes", daemon=True)
        self._thread.start()
        for _ in range(_THREADS):
            threading.Thread(target=self._work, name="push", daemon=True).start()

    def wake(self) -> None:
        """Something may have happened."""
        self._news.set()

    def stop(self) -> None:
        """Send nothing more; what is under way counts as not sent."""
        self._stopped = True
        self._news.set()
        self._thread.join()
        for _ in range(_THREADS):
            self._queue.put(None)

    def _run(self) -> None:
        while not self._stopped:
            self._news.clear()
            self._settle()
            room = _TAKEN_MAXIMUM - len(self._under_way)
            for push in self._outbox.due(time.time(), room, self._under_way) if room else ():
                self._under_way.add(push.number)
                self._queue.put(push)
            self._news.wait(self._rest())
        self._settle()

    def _work(self) -> None:
        while (push := self._queue.get()) is not None and not self._stopped:
            self._send(push)

    def _rest(self) -> float | None:
        """How long nothing is to be done, unless there is news."""
        if self._under_way:
            return None
        due = self._outbox.next_due()
        return None if due is None else max(due - time.time(), 0.0)

    def _settle(self) -> None:
        with self._lock:
            results, self._results = self._results, []
        if results:
            self._outbox.settle(results)
            self._under_way.difference_update(number for *_, number in results)

    def _send(self, push: Waiting) -> None:
        status, wait = self._attempt(push)
        state = "waiting"
        if status is not None and status < 300:
            state = "sent"
        elif status is not None and status < 500 and status != 429:
            state = "refused"
        elif push.attempts + 1 >= self._settings.attempts:
            state = "given up"
        with self._lock:
            self._results.append((state, time.time() + wait, status, push.number))
        self._news.set()

    def _attempt(self, push: Waiting) -> tuple[int | None, float]:
        settings = self._settings
        body = settings.body(push.event, push.kind, push.prospect, push.facts)
        wait = min(settings.retry_seconds * 2**push.attempts, _LONGEST_WAIT_SECONDS)
        try:
            answer = self._session().post(
                settings.url,
                data=body,
                headers=settings.headers(push.event, body, self._now()),
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException:
            return None, wait
        asked = answer.headers.get("retry-after", "")
        if asked.isdecimal():
            wait = min(float(asked), _LONGEST_WAIT_SECONDS)
        return answer.status_code, wait

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._sessions, "session", None)
        if session is None:
            session = self._sessions.session = requests.Session()
            session.trust_env = False
        return session
