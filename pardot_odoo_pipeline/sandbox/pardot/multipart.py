"""Bodies of `multipart/form-data` requests.

What lives here: cutting a body into its parts. What does not: what a part means to a route.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Part", "is_multipart", "parts_of"]

_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^\s;]+))', re.IGNORECASE)
_PARAMETER = re.compile(r'(name|filename)="((?:[^"\\]|\\.)*)"', re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """One part: its field's name, its file's name where it is a file, its bytes."""

    name: str
    filename: str | None
    content: bytes


def is_multipart(headers: dict[str, str]) -> bool:
    """Whether a request announces such a body."""
    return headers.get("content-type", "").lower().startswith("multipart/form-data")


def parts_of(headers: dict[str, str], body: bytes) -> list[Part]:
    """The parts of a body.

    Raises:
        ValueError: The body is not what its header announces.
    """
    found = _BOUNDARY.search(headers.get("content-type", ""))
    if found is None:
        raise ValueError("no boundary")
    mark = b"--" + (found[1] or found[2]).encode("latin-1")
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise ValueError("the last boundary is missing")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    head, divider, content = piece.partition(b"\r\n\r\n")
    if not divider:
        raise ValueError("a part without a body")
    names = {
        key.lower(): value.replace('\\"', '"')
        for key, value in _PARAMETER.findall(head.decode("utf-8", "replace"))
    }
    if "name" not in names:
        raise ValueError("a part without a name")
    return Part(names["name"], names.get("filename"), content)
