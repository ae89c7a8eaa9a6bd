"""Who writes at the moment: the API's own user, somebody else, or nobody.

What lives here: that one fact, for the thread that writes. What does not: what follows from it
(`push_outbox.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum

__all__ = ["Actor", "acting", "acting_as"]


class Actor(Enum):
    """Who writes."""

    API = "api"
    PERSON = "person"
    NOBODY = "nobody"  # what is planted was there all along


_actor: ContextVar[Actor] = ContextVar("actor", default=Actor.API)


def acting() -> Actor:
    """Who writes."""
    return _actor.get()


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Let what is written meanwhile be somebody's."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)
