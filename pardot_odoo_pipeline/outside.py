"""What a process finds around it: network, chance, other threads, the disk.

What lives here: these ports and what they are on a real machine. What does not: what is done with
them, and the clock (`clock`), which the settings choose.

Everything whose outcome may differ from one run to the next goes through here, so that a simulation
can decide it by a seed.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import requests
from requests.adapters import BaseAdapter

__all__ = ["Disk", "Executor", "Outside", "beside", "replace_file", "side_by_side"]

Executor = Callable[[Callable[[Any], Any], list[Any], int], list[Any]]
"""Given what to do, for whom, and how many at once: the results in order."""


class Disk(Protocol):
    """Lets a file appear whole under its name."""

    def __call__(self, written: Path, name: Path) -> None:
        """Give the written file its name, in place of whatever had it."""
        ...


def replace_file(written: Path, name: Path) -> None:
    """Give the written file its name, in place of whatever had it."""
    written.replace(name)


def side_by_side(do: Callable[[Any], Any], subjects: list[Any], at_once: int) -> list[Any]:
    """What ``do`` returns for each, in their order; after an exception no more are begun.

    Raises:
        Exception: The first that ``do`` raised.
    """
    with ThreadPoolExecutor(at_once) as pool:
        futures = [pool.submit(do, subject) for subject in subjects]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextlib.contextmanager
def beside(seconds: float, act: Callable[[], bool], name: str) -> Iterator[None]:
    """Act every so many seconds as long as the block lasts, or until the act says no."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(seconds):
            if not act():
                return

    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@dataclass(frozen=True)
class Outside:
    """The surroundings of one process.

    Attributes:
        adapter: Carries HTTP requests; none: over sockets.
        chance: A number from 0 to 1, without 1.
        new_id: A text that nobody else has: 32 hexadecimal digits.
        side_by_side: Does the same for many, a few at once.
        beside: Does something every few seconds as long as something else lasts.
        replace_file: Lets a file appear whole under its name.
        stopwatch: Seconds since some moment: how long calls take is a figure that people are told.
        is_real: Whether this is a machine and no world that is replayed: only then is it recorded
            for people what was called, in files with times and threads of their own.
    """

    adapter: BaseAdapter | None = None
    chance: Callable[[], float] = random.random
    new_id: Callable[[], str] = field(default=lambda: uuid4().hex)
    side_by_side: Executor = side_by_side
    beside: Callable[[float, Callable[[], bool], str], AbstractContextManager[None]] = beside
    replace_file: Disk = replace_file
    stopwatch: Callable[[], float] = time.perf_counter
    is_real: bool = True

    def session(self) -> requests.Session | None:
        """A session over the adapter; none where sockets will do."""
        if self.adapter is None:
            return None
        session = requests.Session()
        session.trust_env = False  # no proxy stands before an adapter
        session.mount("https://", self.adapter)
        session.mount("http://", self.adapter)
        return session
