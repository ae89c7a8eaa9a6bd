"""Posting many events in arrays of all sizes, over several connections.

What lives here: signed requests in a row, repeated until acknowledged. What does not: which events.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import requests
from standardwebhooks.webhooks import Webhook

from pardot_odoo_pipeline_tests.soak.site import SoakSite

__all__ = ["post_all"]

_CONNECTIONS = 4
_SIZES = (1, 1, 1, 5, 20, 100)
_AGAIN_SECONDS = 0.2
_GIVE_UP_SECONDS = 120


def post_all(site: SoakSite, events: Sequence[dict[str, Any]], draw: random.Random) -> Counter[str]:
    """Post every event, as good as in this order; what the receiver said of them."""
    ours = [event for event in events if "_model" not in event]
    odoo = [event for event in events if "_model" in event]
    requests_ = [*_arrays(ours, draw), *_arrays(odoo, draw)]
    draw.shuffle(requests_)
    own = threading.local()
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        said = pool.map(lambda some: _post(site, some, own), requests_)
        return sum(said, Counter())


def _arrays(events: list[dict[str, Any]], draw: random.Random) -> list[list[dict[str, Any]]]:
    made, at = [], 0
    while at < len(events):
        size = draw.choice(_SIZES)
        made.append(events[at : at + size])
        at += size
    return made


def _post(site: SoakSite, events: list[dict[str, Any]], own: threading.local) -> Counter[str]:
    if not hasattr(own, "session"):
        own.session = requests.Session()
    body = json.dumps(events if len(events) > 1 else events[0])
    limit = time.monotonic() + _GIVE_UP_SECONDS
    while True:
        headers = {"content-type": "application/json"}
        url = f"{site.url}/webhooks/odoo/odoo/{site.token}"
        if "_model" not in events[0]:
            url, now = f"{site.url}/webhooks/pardot/salesforce", datetime.now(UTC)
            message = f"request-{events[0]['eventId']}-{len(events)}"
            headers |= {
                "webhook-id": message,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": Webhook(site.secret).sign(message, now, body),
            }
        answer = own.session.post(url, data=body, headers=headers, timeout=30)
        if answer.status_code == 202:
            return Counter(answer.json())
        assert answer.status_code in (429, 503), answer.text
        assert time.monotonic() < limit, answer.text
        time.sleep(_AGAIN_SECONDS)
