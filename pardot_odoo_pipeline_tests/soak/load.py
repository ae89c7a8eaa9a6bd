"""What people do in both systems, and the sender that pushes it.

What lives here: seeded acts, each with the event that announces it, and sending as a real sender
does: again until it is acknowledged, now and then twice, now and then late. What does not: whether
the events had their effect (`verdict`).
"""

from __future__ import annotations

import heapq
import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests
from standardwebhooks.webhooks import Webhook

from pardot_odoo_pipeline_tests.soak.site import SoakSite, make_person
from pardot_odoo_pipeline_tests.world import EVERYONE

__all__ = ["Expected", "Load", "Sender"]

_AGAIN_SECONDS = 0.25
_TIMEOUT = 10.0
_TWICE, _LATE = 0.15, 0.2
_LATE_SECONDS = 2.0
_FORMS = range(74001, 74009)
_SUBMITS_FORM = 4


@dataclass
class Expected:
    """What both systems must show of a person.

    Attributes:
        fields: Of lead and contact, by name in Odoo.
        pardot: Of the prospect, by name in Pardot.
        activities: Each stands in the lead's history once.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    pardot: dict[str, Any] = field(default_factory=dict)
    activities: list[str] = field(default_factory=list)


@dataclass(order=True)
class _Sending:
    due: float
    number: int
    event_id: str = field(compare=False)
    event: Mapping[str, Any] = field(compare=False)
    odoo: bool = field(compare=False)


class Sender(threading.Thread):
    """Posts events until each was acknowledged.

    Args:
        site: Where to.
    """

    def __init__(self, site: SoakSite) -> None:
        super().__init__(name="sender", daemon=True)
        self.acknowledged: dict[str, float] = {}
        self.told: Counter[str] = Counter()
        self.refused: list[str] = []
        self._site = site
        self._webhook = Webhook(site.secret)
        self._session = requests.Session()
        self._numbers = itertools.count()
        self._due: list[_Sending] = []
        self._open = 0
        self._lock = threading.Condition()
        self._ends = False

    def send(
        self, event_id: str, event: Mapping[str, Any], *, after: float = 0.0, odoo: bool = False
    ) -> None:
        """Send an event, at once or later."""
        due = time.monotonic() + after
        with self._lock:
            self._open += 1
            sending = _Sending(due, next(self._numbers), event_id, event, odoo)
            heapq.heappush(self._due, sending)
            self._lock.notify()

    def is_idle(self) -> bool:
        """Whether everything was acknowledged."""
        return self._open == 0

    def end(self) -> None:
        """Send nothing more."""
        with self._lock:
            self._ends = True
            self._lock.notify()
        self.join()

    def run(self) -> None:
        while (sending := self._next()) is not None:
            done = self._post(sending)
            with self._lock:
                if done:
                    self._open -= 1
                    continue
                self.told["repeats"] += 1
                sending.due = time.monotonic() + _AGAIN_SECONDS
                heapq.heappush(self._due, sending)

    def _next(self) -> _Sending | None:
        with self._lock:
            while not self._ends:
                wait = self._due[0].due - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)
                self._lock.wait(wait)
        return None

    def _post(self, sending: _Sending) -> bool:
        """Whether it was acknowledged, or never can be."""
        body = json.dumps(sending.event)
        headers = {"content-type": "application/json"}
        if sending.odoo:
            url = f"{self._site.url}/webhooks/odoo/odoo/{self._site.token}"
        else:
            url = f"{self._site.url}/webhooks/pardot/salesforce"
            now = datetime.now(UTC)
            headers |= {
                "webhook-id": sending.event_id,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": self._webhook.sign(sending.event_id, now, body),
            }
        try:
            answer = self._session.post(url, data=body, headers=headers, timeout=_TIMEOUT)
        except requests.RequestException:
            return False
        if answer.status_code == 202:
            said = answer.json()
            self.told["accepted"] += said["accepted"]
            self.told["duplicates"] += said["duplicates"]
            self.acknowledged.setdefault(sending.event_id, time.time())
            return True
        if answer.status_code in (429, 503):
            return False
        self.refused.append(f"{sending.event_id}: {answer.status_code}")
        return True


class Load:
    """Acts of people, each followed by its event.

    Args:
        site: Where.
        sender: Sends the events.
        draw: Of everything random.
        name: Makes ids and values of this load its own.
    """

    def __init__(self, site: SoakSite, sender: Sender, draw: random.Random, name: str) -> None:
        self.people: dict[str, Expected] = {}
        self.acts = 0
        self._site = site
        self._sender = sender
        self._draw = draw
        self._name = name
        self._acts = {
            self._submit_form: 30,
            self._edit: 20,
            self._score: 15,
            self._sell: 25,
            self._come: 10,
        }

    def keep_on(self, per_second: float, stop: threading.Event) -> None:
        """Act at a steady rate until it is told to stop."""
        begun = time.monotonic()
        for number in itertools.count(1):
            self.act()
            if stop.wait(max(begun + number / per_second - time.monotonic(), 0)):
                return

    def act(self) -> None:
        """One person does one thing."""
        self.acts += 1
        # Before the act, as the moment that the record shows is whole seconds.
        self._at = datetime.now(UTC).isoformat()
        act = self._draw.choices(list(self._acts), list(self._acts.values()))[0]
        act()

    def _submit_form(self) -> None:
        who, values = self._somebody(), self._title()
        given = {
            "type": _SUBMITS_FORM,
            "prospectId": int(who),
            "formId": self._draw.choice(_FORMS),
            "points": 0,
        }
        done = self._site.world.pardot.control("POST", "/activity", given)
        self._site.world.edit(who, **values)
        self._expect(who, fields={"function": values["jobTitle"]}, activity=str(done["id"]))
        self._tell({"eventType": "form_submitted", "prospectId": who})

    def _edit(self) -> None:
        who, values = self._somebody(), self._title()
        self._site.world.edit(who, **values)
        self._expect(who, fields={"function": values["jobTitle"]})
        self._tell({"eventType": "prospect_updated", "prospectId": who})

    def _score(self) -> None:
        who, score = self._somebody(), self._draw.randrange(1, 500)
        self._site.world.edit(who, score=score)
        self._expect(who, fields={"x_pardot_score": score})
        self._tell({"eventType": "score_changed", "prospectId": who, "score": score})

    def _come(self) -> None:
        """Somebody new fills in a form handler, which knows the address alone."""
        who = make_person(self._site.world, self.acts, f"{self._name}n")
        self._expect(who, fields={"function": f"Beginner {self.acts}"})
        address = f"{self._name}n{self.acts}@example.org"
        self._tell({"eventType": "form_handler_submitted", "email": address})

    def _sell(self) -> None:
        """A salesperson writes on the contact, and an automation rule pushes that."""
        who, street = self._somebody(), f"Floor {self._name} {self.acts}"
        client = self._site.world.client
        [row] = client.search_read(
            "res.partner", [("x_pardot_prospect_id", "=", who)], ["id"], context=EVERYONE
        )
        client.write("res.partner", [row["id"]], {"street2": street})
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
        self._expect(who, fields={"street2": street}, pardot={"addressTwo": street})
        event = {"_model": "res.partner", "_id": row["id"], "_action": "Changes", "write_date": now}
        self._send(f"res.partner:{row['id']}:{now}", event, odoo=True)

    def _somebody(self) -> str:
        return self._draw.choice(self._site.people)

    def _title(self) -> dict[str, str]:
        return {"jobTitle": f"Role {self._name} {self.acts}"}

    def _expect(
        self,
        who: str,
        *,
        fields: Mapping[str, Any],
        pardot: Mapping[str, Any] | None = None,
        activity: str | None = None,
    ) -> None:
        expected = self.people.setdefault(who, Expected())
        expected.fields.update(fields)
        expected.pardot.update(pardot or {})
        expected.activities += [activity] if activity else []

    def _tell(self, event: dict[str, Any]) -> None:
        event_id = f"{self._name}-{self.acts}"
        self._send(event_id, {"eventId": event_id, "occurredAt": self._at, **event})

    def _send(self, event_id: str, event: Mapping[str, Any], *, odoo: bool = False) -> None:
        late = self._draw.random() < _LATE
        after = self._draw.uniform(0, _LATE_SECONDS) if late else 0.0
        self._sender.send(event_id, event, after=after, odoo=odoo)
        if self._draw.random() < _TWICE:
            again = after + self._draw.uniform(0, _LATE_SECONDS)
            self._sender.send(event_id, event, after=again, odoo=odoo)
