"""The call that a webhook action makes.

What lives here: one POST with the time-out, headers and carelessness of the real one. What does
not: when it is made and what it says (`orm/automation.py`).

It is made after the commit and before the answer, by the thread of the request: whoever changed
the record waits for the target, a second at most for each record. A target that is down, slow or
refuses is noted in the log, and the call is never made again.
"""

from __future__ import annotations

import logging

import requests

__all__ = ["call_webhook"]

_LOG = logging.getLogger(__name__)
_TIMEOUT_SECONDS = 1


def call_webhook(action: int, url: str, body: str) -> None:
    """Send the body to the address; a failure is logged without either, as they hold secrets."""
    try:
        answer = requests.post(
            url,
            data=body,
            headers={"Content-Type": "application/json"},
            timeout=_TIMEOUT_SECONDS,
        )
        answer.raise_for_status()
    except requests.exceptions.RequestException as problem:
        _LOG.warning("The webhook of action %d failed: %s", action, type(problem).__name__)
