"""Whether a value is what the other system made of the one that it was sent.

What lives here: the judgement after a write of which nothing was read back, such as an import. What
does not: conversions that are known (`mapping`).
"""

from __future__ import annotations

from typing import Any

__all__ = ["looks_converted"]

_SHORTEST = 20


def looks_converted(sent: Any, shown: Any) -> bool:
    """Whether ``shown`` is ``sent``, cut to a length or in another spelling of blanks and case.

    A person who shortens a value within the minutes between a write and its first reading looks the
    same; they are rare, and the value that was sent stands on our side.
    """
    if not isinstance(sent, str) or not isinstance(shown, str):
        return False
    one, other = (" ".join(text.split()).casefold() for text in (sent, shown))
    return one == other or (len(other) >= _SHORTEST and one.startswith(other))
