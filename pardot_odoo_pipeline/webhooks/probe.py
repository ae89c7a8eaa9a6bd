"""A test event, sent as a sender would and looked for in the inbox.

What lives here: one round for one source, and what each way of failing means. What does not: the
commands (``cli/provision_webhooks.py``), and the rules in Odoo.

Nothing that an exception or an answer says is shown: both may hold the address, which may be the
secret.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError

from pardot_odoo_pipeline.clock import Clock
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import inbox
from pardot_odoo_pipeline.ledger.store.inbox_lookup import found_event
from pardot_odoo_pipeline.mapping.webhook_rules import Authentication
from pardot_odoo_pipeline.pushed_events import EventState, EventType, Note
from pardot_odoo_pipeline.webhooks.secrets import Source, source_url
from pardot_odoo_pipeline.webhooks.signing import signed_headers

__all__ = ["Verdict", "probe"]

_ANSWER_SECONDS = 10
_PAUSE_SECONDS = 0.05
_NEW_SECRET_SECONDS = 5.0
_UNAUTHORISED = "unauthorised"
_ADDRESS = "See that WEBHOOK_PUBLIC_URL is the receiver's address, "


@dataclass(frozen=True)
class Verdict:
    """What became of the test event of a source.

    Attributes:
        source: Which.
        code: "arrived", or a short name of what went wrong.
        cause: What went wrong.
        fix: What to do about it.
        seconds: From sending until it was seen in the inbox.
    """

    source: str
    code: str
    cause: str = ""
    fix: str = ""
    seconds: float | None = None

    @property
    def arrived(self) -> bool:
        """Whether it came through."""
        return self.code == "arrived"


def probe(source: Source, base: str, ledger: Ledger, clock: Clock, *, wait: float) -> Verdict:
    """Send a test event through an address, and look for it in the ledger.

    Args:
        source: As whom.
        base: The receiver's address.
        ledger: Where it must arrive; it is closed there at once.
        clock: The clock of this installation.
        wait: How many seconds to look for it.
    """
    begun = time.monotonic()
    event_id = f"test_{secrets.token_hex(12)}"
    while True:
        try:
            answer = _send(source, base, event_id, clock)
        except requests.RequestException as failure:
            return Verdict(source.name, *_unreached(failure))
        objection = _objection(source, answer)
        if objection is None:
            break
        # A receiver that runs looks for new secrets every two seconds.
        patience = min(wait, _NEW_SECRET_SECONDS)
        if objection[0] != _UNAUTHORISED or time.monotonic() > begun + patience:
            return Verdict(source.name, *objection)
        time.sleep(_PAUSE_SECONDS * 5)
    while not _seen(ledger, source.name, event_id, clock):
        if time.monotonic() > begun + wait:
            return Verdict(
                source.name,
                "elsewhere",
                f"The event was taken, and is not in this ledger after {wait:g} seconds: the "
                "address leads to the receiver of another installation",
                f"{_ADDRESS}and LEDGER_URL the same for both",
            )
        time.sleep(_PAUSE_SECONDS)
    return Verdict(source.name, "arrived", seconds=round(time.monotonic() - begun, 3))


def _send(source: Source, base: str, event_id: str, clock: Clock) -> requests.Response:
    body = json.dumps({"eventType": EventType.TEST, "eventId": event_id}).encode()
    headers = {"Content-Type": "application/json"}
    secret = source.secrets[0]
    if source.rule.authentication is Authentication.SIGNATURE:
        headers |= signed_headers(secret, event_id, clock.now(), body)
    elif source.rule.authentication is Authentication.BEARER:
        headers["Authorization"] = f"Bearer {secret}"
    return requests.post(
        source_url(base, source),
        data=body,
        headers=headers,
        timeout=_ANSWER_SECONDS,
        allow_redirects=False,
    )


def _seen(ledger: Ledger, source: str, event_id: str, clock: Clock) -> bool:
    with ledger.read() as connection:
        found = found_event(connection, source, event_id)
    if found is None:
        return False
    number, state = found
    if state is EventState.WAITING:
        with ledger.write() as connection:
            inbox.close(connection, [number], now=clock.now(), note=Note.TEST)
    return True


def _unreached(failure: requests.RequestException) -> tuple[str, str, str]:
    if isinstance(failure, requests.exceptions.SSLError):
        return (
            "tls",
            "The address does not prove who it is: its certificate is not accepted",
            "Give the proxy a certificate of the host's own name with its whole chain; for one of "
            "your own authority set REQUESTS_CA_BUNDLE",
        )
    reasons = [type(one) for one in _reasons(failure)]
    if NameResolutionError in reasons:
        return (
            "name",
            "The name in the address is not known here",
            f"{_ADDRESS}and that the name is in DNS",
        )
    if isinstance(failure, requests.Timeout) or ConnectTimeoutError in reasons:
        return (
            "timeout",
            f"Nothing answered within {_ANSWER_SECONDS} seconds",
            "Let the firewall pass the port, and the proxy reach the receiver",
        )
    if ConnectionRefusedError in reasons:
        return (
            "refused",
            "Nothing listens at the address",
            "Start the receiver (`pardot-odoo up`), or the proxy before it",
        )
    return "connection", "The connection ended without an answer", f"{_ADDRESS}and try again"


def _reasons(failure: BaseException | None) -> Iterator[BaseException]:
    """A failure and what it was made of; each library wraps the one below in its own way."""
    seen: list[BaseException] = []
    waiting: list[Any] = [failure]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or one in seen:
            continue
        seen.append(one)
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
        yield one


def _objection(source: Source, answer: requests.Response) -> tuple[str, str, str] | None:
    document = _document(answer)
    status = answer.status_code
    if status == 202 and {"accepted", "duplicates"} <= set(document):
        return None
    if status == 401 and document.get("error") == _UNAUTHORISED:
        allow = (
            ", that this machine's address is among those it allows" if source.rule.allow else ""
        )
        return (
            _UNAUTHORISED,
            "The receiver does not take the event for this source's: it has another secret, "
            "another rule, or another time",
            f"See that the receiver runs with the same secret and rules{allow}, and that both "
            "clocks are right",
        )
    if status in (429, 503) and "error" in document:
        return (
            str(document["error"])[:40],
            "The receiver cannot take the event just now",
            "Try again; if it stays so, see `pardot-odoo status` and the receiver's log",
        )
    if "error" in document and "cause" in document:
        return (
            str(document["error"])[:40],
            f"The receiver refuses the event with status {status}",
            "Let the receiver and this command be of the same version",
        )
    if status == 404:
        return (
            "not_found",
            "Something answers at the address, and knows no webhooks there (404)",
            f"{_ADDRESS}with the part of the path under which the proxy forwards to it",
        )
    if 300 <= status < 400:
        return (
            "redirect",
            f"The address leads elsewhere (status {status}), which senders do not follow",
            "Name the address that it leads to",
        )
    return (
        "stranger",
        f"What answers at the address is not the receiver (status {status})",
        f"{_ADDRESS}and that nothing before it asks for a login",
    )


def _document(answer: requests.Response) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
