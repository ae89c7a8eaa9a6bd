"""One HTTP request to an Odoo and what the network can do to it.

What lives here: sending JSON, reading JSON, telling apart every way in which no JSON comes back.
What does not: the two protocols (``wire``) and Odoo's own errors (``refusals``).

Nothing is sent twice here, whatever happens: Odoo finishes and commits a call whose client has
gone, so a second try is a decision for somebody who has looked. What may have been carried out is
``in_doubt``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import requests

from pardot_odoo_pipeline.odoo.connection import OdooConnection
from pardot_odoo_pipeline.odoo.errors import OdooBadValue
from pardot_odoo_pipeline.odoo.silence import broken_json, no_answer, page_instead

__all__ = ["Exchange", "Transport"]


class _Bearer(requests.auth.AuthBase):
    """Sets our own header, or none. Being there keeps requests from using a ``.netrc`` entry."""

    def __init__(self, key: str | None) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key is not None:
            request.headers["Authorization"] = f"bearer {self._key}"
        return request


@dataclass(frozen=True)
class Exchange:
    """What a request came to.

    Attributes:
        status: HTTP status; None when no answer came.
        sent: Bytes of its body.
        received: Bytes of the answer's body, unpacked.
    """

    status: int | None = None
    sent: int = 0
    received: int = 0


class Transport:
    """Posts JSON to one Odoo.

    Args:
        connection: Where, and with which certificates and time-outs.
        session: A requests session to use (its pool, proxies and adapters).

    Attributes:
        last: What the last request came to, whether or not it worked.
        told_time: The server's time as the last answer told it, in the words of HTTP.
    """

    def __init__(self, connection: OdooConnection, session: requests.Session | None = None) -> None:
        self._connection = connection
        self._session = session or requests.Session()
        self.last = Exchange()
        self.told_time: str | None = None

    def post(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> tuple[int, Any]:
        """Send once, answer status and decoded JSON whatever the status is.

        Args:
            path: Below the server's root, with a leading slash.
            body: The JSON object to send.
            key: The API key for the ``Authorization`` header.
            headers: More headers.
            timeout: Seconds to wait for the answer instead of the connection's ``read_timeout``.

        Raises:
            OdooError: No JSON came back; its type says why.
        """
        connection = self._connection
        self.last = Exchange()
        content = _encoded(body)
        self.last = Exchange(sent=len(content))
        try:
            answer = self._session.post(
                connection.url + path,
                data=content,
                headers={"Content-Type": "application/json", **(headers or {})},
                auth=_Bearer(key),
                timeout=(connection.connect_timeout, timeout or connection.read_timeout),
                verify=connection.verify_tls,
                allow_redirects=False,
            )
        except (requests.RequestException, OSError) as error:
            raise no_answer(connection.url, error) from None
        self.told_time = answer.headers.get("Date", self.told_time)
        self.last = Exchange(answer.status_code, len(content), len(answer.content))
        if answer.headers.get("Content-Type", "").partition(";")[0].strip() == "application/json":
            try:
                return answer.status_code, orjson.loads(answer.content)
            except orjson.JSONDecodeError:
                raise broken_json(connection.url) from None
        raise page_instead(connection.url, answer)

    def close(self) -> None:
        """Let go of pooled connections."""
        self._session.close()


def _encoded(body: Mapping[str, Any]) -> bytes:
    """JSON as Odoo reads it. Dates, NaN, half characters are our own mistakes: told, not sent."""
    try:
        return json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError):
        raise OdooBadValue(
            "A value of the call cannot be written as JSON",
            fix="Turn dates into 'YYYY-MM-DD HH:MM:SS' and empty values into False first",
            code="not_json",
        ) from None
