"""The network: requests become calls of the sandboxes' code, in this thread.

What lives here: the adapter that carries a request of `requests` to an app and its answer back.
What does not: which faults there are, and when (`faults`).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from pardot_odoo_pipeline.sandbox.http import Request, Response

__all__ = ["Carrier", "Line", "as_bytes", "as_request"]

Carrier = Callable[[str, Request, Any], Response]
"""Given host, request and time-outs: the answer."""


def as_request(prepared: requests.PreparedRequest) -> tuple[str, Request]:
    """The host, and the request as an app sees it."""
    parts = urlsplit(prepared.url or "")
    body = prepared.body or b""
    if isinstance(body, str):
        body = body.encode()
    headers = {name.lower(): _text(value) for name, value in prepared.headers.items()}
    headers["host"] = parts.netloc
    query = parse_qsl(parts.query, keep_blank_values=True, encoding="utf-8")
    method = prepared.method or "GET"
    return parts.netloc, Request(method, unquote(parts.path), query, headers, body)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def as_bytes(answer: Response) -> bytes:
    """The whole body of an answer."""
    return answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)


class _Body(io.RawIOBase):
    """What `requests` reads an answer from."""

    def __init__(self, pieces: bytes | Iterator[bytes], sent: Callable[[], None]) -> None:
        self._rest = pieces if isinstance(pieces, bytes) else b""
        self._pieces = iter(()) if isinstance(pieces, bytes) else pieces
        self._sent = sent
        self._read = 0

    def tell(self) -> int:
        return self._read

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest += piece
        end = len(self._rest) if size < 0 else size
        taken, self._rest = self._rest[:end], self._rest[end:]
        self._read += len(taken)
        return taken

    def close(self) -> None:
        if not self.closed:
            close = getattr(self._pieces, "close", None)
            if close is not None:
                close()
            self._sent()
        super().close()


class Line(BaseAdapter):
    """Takes the place of sockets.

    Args:
        carry: Answers, or raises what `requests` raises where a network fails.
    """

    def __init__(self, carry: Carrier) -> None:
        super().__init__()
        self._carry = carry

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        del verify, cert, proxies
        host, asked = as_request(request)
        told = self._carry(host, asked, timeout)
        if told.reset:
            told.sent()
            raise requests.ConnectionError("Connection reset by peer", request=request)
        answer = requests.Response()
        answer.status_code = told.status
        answer.headers = CaseInsensitiveDict(told.headers)
        answer.encoding = requests.utils.get_encoding_from_headers(answer.headers)
        answer.url, answer.request, answer.connection = request.url or "", request, self
        announced = answer.headers.get("content-length")
        if isinstance(told.body, bytes) and announced and int(announced) > len(told.body):
            told.sent()
            if stream:
                answer.raw = _Body(iter([told.body]), told.sent)
                return answer
            raise requests.exceptions.ChunkedEncodingError("Connection broken: IncompleteRead")
        if isinstance(told.body, bytes):
            # Nothing is left to be read from a socket.
            answer._content, answer._content_consumed = told.body, True  # type: ignore[attr-defined]
            answer.raw = io.BytesIO(told.body)
            told.sent()
        else:
            answer.raw = _Body(told.body, told.sent)
        return answer

    def close(self) -> None:
        """There is nothing to be closed: sessions come and go, the line stays."""
