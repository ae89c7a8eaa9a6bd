"""The receiver's row among the processes that show life, for `status` on whatever machine.

What lives here: writing that row. What does not: when (`asgi`), and who reads it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import workers

__all__ = ["SignsOfLife"]


class SignsOfLife:
    """One process and its row.

    A ledger that cannot be written is no reason to do anything here: it keeps the receiver from
    taking events, and `/readyz` says so.

    Args:
        ledger: The receiver's.
        now: The present moment.
    """

    def __init__(self, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._now = now
        self._host = socket.gethostname()
        self._id = f"{self._host[:40]}:{os.getpid()}:{uuid4().hex[:8]}"

    def show(self) -> None:
        """Say that this process lives; the first time, and after a week's silence, anew."""
        try:
            now = self._now()
            with self._ledger.write() as connection:
                if not workers.heartbeat(connection, self._id, now=now):
                    workers.register(
                        connection,
                        self._id,
                        workers.RECEIVER,
                        host=self._host,
                        pid=os.getpid(),
                        now=now,
                    )
        except PipelineError:
            return

    def end(self) -> None:
        """Say that it ends by its own decision."""
        try:
            with self._ledger.write() as connection:
                workers.stop(connection, self._id, now=self._now())
        except PipelineError:
            return
