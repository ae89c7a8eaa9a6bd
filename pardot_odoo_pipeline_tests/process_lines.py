"""What commands that run in the test's process log, as the same lines that a process writes."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import threading
from collections.abc import Iterator

from pardot_odoo_pipeline import process_logs


@contextlib.contextmanager
def logged(process: str = "test") -> Iterator[io.StringIO]:
    """Let the project be in charge of the logs meanwhile; afterwards pytest is again."""
    root, ours = logging.getLogger(), logging.getLogger(process_logs.OURS)
    factory, hooks = logging.getLogRecordFactory(), (sys.excepthook, threading.excepthook)
    kept, levels = list(root.handlers), (root.level, ours.level)
    stream = io.StringIO()
    process_logs.set_up(process, log_format="json", stream=stream)
    try:
        yield stream
    finally:
        logging.setLogRecordFactory(factory)
        root.handlers = kept
        sys.excepthook, threading.excepthook = hooks
        root.setLevel(levels[0])
        ours.setLevel(levels[1])
