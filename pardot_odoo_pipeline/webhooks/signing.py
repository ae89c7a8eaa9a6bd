"""Signing as Standard Webhooks says, for what we send ourselves. Pure.

What lives here: the three headers of a signed request. What does not: judging those of others
(`guards`), which must look at bytes as they came.
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime

from pardot_odoo_pipeline.webhooks.secrets import signing_key

__all__ = ["signature", "signed_headers"]


def signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """The value of ``webhook-signature``: HMAC-SHA256 over id, time and body."""
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    digest = hmac.digest(signing_key(secret), signed, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def signed_headers(secret: str, message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """What a request carries so that the receiver knows whose it is, and that it is new."""
    timestamp = str(int(now.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }
