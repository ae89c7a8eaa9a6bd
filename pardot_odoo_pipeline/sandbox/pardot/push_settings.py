"""What the Salesforce side of the sandbox is told to push, where and how.

What lives here: reading and refusing the settings, a push's body and headers. What does not: which
events there are (`push_outbox.py`), sending (`push_sender.py`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlencode

import orjson

__all__ = ["KINDS", "STYLES", "PushSettings"]

KINDS = frozenset(
    {
        "form_submitted",
        "form_handler_submitted",
        "email_opened",
        "email_clicked",
        "email_bounced",
        "unsubscribed",
        "page_viewed",
        "list_joined",
        "list_left",
        "score_changed",
        "prospect_created",
        "prospect_updated",
        "prospect_deleted",
    }
)
"""What is pushed."""

STYLES = ("camelCase", "PascalCase", "form")


@dataclass(frozen=True)
class PushSettings:
    """The settings as `PUT /pushes` takes them.

    Attributes:
        url: Where to.
        secret: Signs as Standard Webhooks do: `whsec_` and a key in base64.
        bearer: Goes into the Authorization header instead.
        types: Which events; all without.
        style: How the body names its members.
        email: Whether the body names the person's address: with the id, or `only`.
        own_writes: Whether what the API's own user does is pushed as well.
        delay_seconds: How long after the event.
        shuffle_seconds: At most so much longer, at random for each push.
        duplicate: How often each event is pushed.
        lose_every: Each so many-th push is lost on its way; 0 for none.
        retry_seconds: The first wait before another attempt; it doubles, up to a minute.
        attempts: After so many a push is given up.
        seed: Of what is left to chance.
    """

    url: str
    secret: str = ""
    bearer: str = ""
    types: tuple[str, ...] = tuple(sorted(KINDS))
    style: str = "camelCase"
    email: str = "no"
    own_writes: bool = False
    delay_seconds: float = 0.0
    shuffle_seconds: float = 0.0
    duplicate: int = 1
    lose_every: int = 0
    retry_seconds: float = 1.0
    attempts: int = 10
    seed: int = 0

    @classmethod
    def read(cls, wish: Any) -> PushSettings:
        """The settings in a request's JSON.

        Raises:
            ValueError: A member is unknown or does not fit.
        """
        if not isinstance(wish, dict) or not isinstance(wish.get("url"), str):
            raise ValueError("url is needed")
        unknown = sorted(set(wish) - {f.name for f in fields(cls)})
        if unknown:
            raise ValueError(f"unknown: {', '.join(unknown)}")
        if not wish["url"].startswith(("http://", "https://")):
            raise ValueError("url must begin with http:// or https://")
        made = cls(**{**wish, "types": tuple(wish.get("types") or cls.types)})
        if not set(made.types) <= KINDS:
            raise ValueError(f"types must be among {', '.join(sorted(KINDS))}")
        if made.style not in STYLES:
            raise ValueError(f"style must be one of {', '.join(STYLES)}")
        if made.email not in ("no", "yes", "only"):
            raise ValueError("email must be no, yes or only")
        if made.secret and made.bearer:
            raise ValueError("secret or bearer, not both")
        if made.secret:
            made.key()
        if min(made.delay_seconds, made.shuffle_seconds, made.lose_every) < 0:
            raise ValueError("nothing may be negative")
        if min(made.duplicate, made.attempts) < 1 or made.retry_seconds <= 0:
            raise ValueError("duplicate, attempts and retry_seconds must be above 0")
        return made

    def shown(self) -> dict[str, Any]:
        """Everything but the secrets."""
        told = {f.name: getattr(self, f.name) for f in fields(self)}
        return {**told, "secret": bool(self.secret), "bearer": bool(self.bearer)}

    def kept(self) -> dict[str, Any]:
        """Everything, to be read again."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def key(self) -> bytes:
        """The signing key.

        Raises:
            ValueError: The secret is not of the form `whsec_<base64>`.
        """
        try:
            return base64.b64decode(self.secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            raise ValueError("secret must be whsec_ and base64") from None

    def body(self, event: str, kind: str, prospect: int, facts: dict[str, Any]) -> bytes:
        """A push's body.

        Args:
            event: Its id.
            kind: Its type.
            prospect: Of whom.
            facts: What else is known of it; `email` is told only if it is to be.
        """
        members = {"eventId": event, "eventType": kind, "prospectId": prospect, **facts}
        if self.email == "no":
            members.pop("email", None)
        elif self.email == "only" and members.get("email"):
            del members["prospectId"]
        members = {name: value for name, value in members.items() if value is not None}
        if self.style == "form":
            return urlencode(members).encode()
        if self.style == "PascalCase":
            members = {name[0].upper() + name[1:]: value for name, value in members.items()}
        return orjson.dumps(members)

    def headers(self, event: str, body: bytes, now: float) -> dict[str, str]:
        """A push's headers.

        Args:
            event: Its id.
            body: Its body.
            now: The sender's present second.
        """
        form = self.style == "form"
        told = {
            "content-type": "application/x-www-form-urlencoded" if form else "application/json",
            "user-agent": "SFDC-Callout/66.0",
        }
        if self.bearer:
            told["authorization"] = f"Bearer {self.bearer}"
        if self.secret:
            moment = str(int(now))
            signed = b".".join((event.encode(), moment.encode(), body))
            mark = base64.b64encode(hmac.new(self.key(), signed, hashlib.sha256).digest())
            told |= {
                "webhook-id": event,
                "webhook-timestamp": moment,
                "webhook-signature": f"v1,{mark.decode()}",
            }
        return told
