"""What people do in Pardot, and the signed event that follows: the load of a measurement."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from standardwebhooks.webhooks import Webhook

EDIT, NEW = "edit", "new"
NEW_SHARE = 0.25


@dataclass
class Sent:
    """An event on its way.

    Attributes:
        event_id: Its id.
        kind: An edit of somebody who is linked, or somebody new.
        prospect: Whom.
        title: The job title that Odoo must show.
        accepted_at: When the receiver's 202 was here, in seconds since the epoch.
        seen_at: When the title was found committed in Odoo.
    """

    event_id: str
    kind: str
    prospect: str
    title: str
    accepted_at: float
    seen_at: float | None = None


class People:
    """Who submits forms.

    Args:
        control: The control port of Pardot's sandbox.
        secret: Signs the events.
        linked: Prospects that have a lead; nobody's turn comes twice.
        seed: Of everything random.
    """

    def __init__(self, control: str, secret: str, linked: list[str], seed: int) -> None:
        self.random = random.Random(seed)
        self._control = control
        self._webhook = Webhook(secret)
        self._linked = self.random.sample(linked, len(linked))
        self._run = f"{seed}-{int(time.time())}"
        self._number = 0
        self._session = requests.Session()

    def submit_form(self, receiver: str) -> Sent:
        """Somebody fills in a form: Pardot's record changes, and the event is pushed at once."""
        self._number += 1
        event_id = f"bench-{self._run}-{self._number:05d}"
        title = f"Role {self._number} of {self._run}"
        kind = NEW if self.random.random() < NEW_SHARE else EDIT
        occurred_at = datetime.now(UTC).isoformat()
        event: dict[str, Any] = {"eventId": event_id, "eventType": "form_submitted"}
        event["occurredAt"] = occurred_at
        if kind == NEW:
            # A form handler knows the address alone.
            event["email"] = f"person{self._number}@{self._run}.example.com"
            prospect = self._make(event["email"], title)
        else:
            prospect = event["prospectId"] = self._linked.pop()
            self._change(f"/prospects/{prospect}", {"jobTitle": title})
        accepted_at = self._push(receiver, event_id, event)
        return Sent(event_id, kind, prospect, title, accepted_at)

    def _make(self, address: str, title: str) -> str:
        company = f"Company {self.random.randrange(10**6)} Ltd"
        name = {"firstName": "Ada", "lastName": f"Byron {self._number}"}
        values = {**name, "email": address, "company": company, "jobTitle": title}
        return str(self._change("/objects/prospects", values)["id"])

    def _change(self, path: str, values: dict[str, Any]) -> dict[str, Any]:
        answer = self._session.post(self._control + path, json={"values": values}, timeout=20)
        answer.raise_for_status()
        changed: dict[str, Any] = answer.json()
        return changed

    def _push(self, receiver: str, event_id: str, event: dict[str, Any]) -> float:
        body, now = json.dumps(event), datetime.now(UTC)
        headers = {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(event_id, now, body),
            "content-type": "application/json",
        }
        url = f"{receiver}/webhooks/pardot/salesforce"
        answer = self._session.post(url, data=body, headers=headers, timeout=20)
        accepted_at = time.time()
        answer.raise_for_status()
        return accepted_at
