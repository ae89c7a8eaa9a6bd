"""Who a process is, so that a dead one is known at once and a live one never taken for dead.

What lives here: the identity that a process gives, and whether the process behind one is gone. What
does not: what becomes of a dead one's work (`launching`, `dead_runs`).

A process id says who somebody is only where it was given. Two containers may share a host's name,
even its kernel, and each has a process 7; after a restart another program has the number. So an
identity also tells the place, which is the boot of the kernel and the namespace of its process
ids, and when the process started. Where neither is known, as outside Linux, host and number count.
"""

from __future__ import annotations

import hashlib
import os
import socket
from functools import cache
from pathlib import Path

__all__ = ["identity", "is_dead_here"]

_PROCESSES = Path("/proc")
_STATE, _START = 0, 19
"""Where `/proc/<pid>/stat` tells them, counted from behind the name of the program."""


def identity(pid: int, nonce: str, host: str | None = None) -> str:
    """``host:pid:place.start:nonce``, at most 64 characters."""
    return f"{_short(host or socket.gethostname())}:{pid}:{_place()}.{_started(pid)}:{nonce[:8]}"


def is_dead_here(worker_id: str | None) -> bool:
    """Whether a process ran here and is gone; of one elsewhere nothing can be said."""
    parts = (worker_id or "").split(":")
    if len(parts) != 4 or not parts[1].isdecimal():
        return False
    host, pid = parts[0], int(parts[1])
    place, _, start = parts[2].partition(".")
    if (host, place) != (_short(socket.gethostname()), _place()):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # it lives, and is somebody else's; perhaps not the one that is meant
    about = _about(pid)
    # Ended, and its parent has not noticed; or its number is another program's by now.
    return bool(about) and (about[_STATE] == "Z" or bool(start and start != about[_START]))


def _short(host: str) -> str:
    return host[:26]


def _started(pid: int) -> str:
    about = _about(pid)
    return about[_START] if about else ""


def _about(pid: int) -> list[str]:
    try:
        return (_PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


@cache
def _place() -> str:
    try:
        boot = (_PROCESSES / "sys/kernel/random/boot_id").read_text().strip()
        namespace = (_PROCESSES / "self/ns/pid").readlink()
    except OSError:
        return ""
    return hashlib.sha256(f"{boot} {namespace}".encode()).hexdigest()[:8]
