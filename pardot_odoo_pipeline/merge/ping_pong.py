"""Whether both sides keep writing over each other (to be completed by its owner)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

__all__ = ["is_ping_pong"]


def is_ping_pong(history: Sequence[Mapping[str, Any]], now: datetime, human_edit: bool) -> bool:
    """Not yet."""
    return False
