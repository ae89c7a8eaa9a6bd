"""`python -m pardot_odoo_pipeline.cli.leash PARENT MODULE …`: a module that ends with its parent.

What lives here: the watch over the parent. What does not: starting children (`processes`).

A command killed with ``kill -9`` cannot end what it started, and servers left behind would hold
their ports and files. So every child looks itself whether its parent is still there: that works on
every system, whatever the way in which the parent ended.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

__all__ = ["main"]

_LOOK_SECONDS = 1.0
_END_SECONDS = 20.0


def main(arguments: list[str]) -> None:
    """Run the module as `python -m` does, on the leash of the process named first."""
    parent, module = int(arguments[0]), arguments[1]
    # A shell's background job ignores SIGINT, and Dagster ends on SIGTERM as it does on SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_watch, args=(parent,), name="leash", daemon=True).start()
    sys.argv[:] = arguments[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)  # nothing tells a child that its parent has ended
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_END_SECONDS)  # what it may take to end in order; then this process is no more
    # The child leads its own session, so its group is it and what it started.
    os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1:])
