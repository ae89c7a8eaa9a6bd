"""A seed's history: what people do, what fails, which batches are run, and when.

What lives here: drawing it, and its form as a file. What does not: playing it (`world`).

A history is a list, each item of which draws on a random number of its own: whatever is taken out
of it, the rest stays as it was. So a history that fails can be made smaller.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

from pardot_odoo_pipeline_tests.simulation.faults import KINDS, ODOO_HOST, PARDOT_HOST

__all__ = ["Event", "History", "draw"]

SWITCHES: dict[str, tuple[Any, ...]] = {
    "unchanged_update_bumps": (True, False),
    "activity_bumps_updated_at": (False, True),
    "latest_match": ("activity", "update"),
    "create_without_fields": ("id", "nothing"),
    "unreadable_after_write": (False, True),
    "duplicate_email_code": (9, 54),
    "deleted_update_status": (400, 404, 405),
    "unknown_parameter": ("refuse", "ignore"),
    "page_token_extra_parameters": ("refuse", "tolerate_equal"),
    "empty_last_page": (True, False),
    "deleted_counts_as_filter": (False, True),
    "email_case_sensitive": (False, True),
    "concurrency_status": (429, 400, 403),
    "daily_limit_status": (429, 200, 400, 403),
    "failed_calls_count": (True, False),
    "refresh_token_rotation": (False, True),
    "business_unit_unknown_status": (400, 401, 403),
    "header_invalid_status": (400, 401, 403),
    "api_key_status": (401, 400, 403),
    "too_many_filters_status": (400, 403),
    "export_bounds": ("inclusive", "exclusive"),
    "export_booleans": ("true_false", "1_0"),
    "export_object_member": ("optional", "required"),
    "membership_returns_as": ("same", "new"),
    "merge_bumps_activities": (False, True),
    "read_lag_seconds": (0.0, 0.0, 20.0, 60.0),
    "access_token_lifetime_seconds": (7200, 7200, 600),
    "time_zone": ("America/New_York", "UTC", "Asia/Kolkata"),
}
"""The points on which the outside world is unsure, and what each may be; the usual first."""


@dataclass(frozen=True)
class Event:
    """One item.

    Attributes:
        at: Seconds after the begin.
        do: What.
        n: Its own number: what it draws comes from it and the seed.
        how: The rest.
    """

    at: float
    do: str
    n: int
    how: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class History:
    """All that happens.

    Attributes:
        seed: Of the turns that actors take, and of everything that items draw.
        begin: The template.
        settings: How the installation is set up.
        switches: How Pardot behaves where it is unsure.
        restless: How likely a turn ends at a call.
        events: What happens, in order.
        why: What it found, for people.
    """

    seed: int
    begin: str = "synced"
    settings: dict[str, Any] = field(default_factory=dict)
    switches: dict[str, Any] = field(default_factory=dict)
    restless: float = 0.3
    events: tuple[Event, ...] = ()
    why: str = ""

    def to_json(self) -> str:
        """As a file: one line for each item."""
        facts = asdict(self)
        items = ",\n".join(
            f"  {json.dumps(one, ensure_ascii=False)}" for one in facts.pop("events")
        )
        head = json.dumps(facts, indent=1, ensure_ascii=False)[:-2]
        return f'{head},\n "events": [\n{items}\n ]\n}}\n'

    @classmethod
    def from_json(cls, text: str) -> History:
        """From a file."""
        facts = json.loads(text)
        events = tuple(Event(**one) for one in facts.pop("events"))
        return cls(**facts, events=events)


_PEOPLE = "people"
_WEIGHTS = {
    _PEOPLE: 40,
    "interval": 10,
    "tick": 8,
    "named": 3,
    "again": 2,
    "range": 1,
    "push": 4,
    "fault": 10,
    "crash": 4,
    "outage": 1,
    "lag": 2,
    "revoke": 1,
    "full": 1,
    "jump": 1,
}


def draw(seed: int) -> History:
    """The history of a seed."""
    random = Random(f"history {seed}")
    # Each seed leaves most sorts of trouble out: what is rare alone is rarer still in company.
    sorts = [name for name in _WEIGHTS if name in (_PEOPLE, "interval") or random.random() < 0.5]
    weights = [_WEIGHTS[name] for name in sorts]
    kinds = {
        host: random.sample(all_, random.randint(1, 4)) for host, all_ in sorted(KINDS.items())
    }
    switches = {
        name: random.choice(values) for name, values in SWITCHES.items() if random.random() < 0.3
    }
    events: list[Event] = []
    at = 0.0
    for n in range(random.randint(8, 20)):
        at += random.choice((0.0, 0.2, 1.0, 5.0, 30.0, 70.0, 400.0))
        do = random.choices(sorts, weights)[0]
        events.append(Event(round(at, 1), do, n, _how(random, do, kinds)))
        if do in ("fault", "crash", "full", "outage"):
            # Trouble that meets nobody is none.
            events.append(Event(round(at + 0.1, 1), random.choice(("interval", "tick")), 100 + n))
    return History(
        seed,
        random.choice(("synced", "synced", "synced", "planted")),
        {"with_key": random.random() < 0.7, "refreshing": random.random() < 0.4},
        switches,
        random.choice((0.0, 0.1, 0.3, 0.7)),
        tuple(sorted(events, key=lambda event: event.at)),
    )


def _how(random: Random, do: str, kinds: dict[str, list[str]]) -> dict[str, Any]:
    if do == "fault":
        host = random.choice((ODOO_HOST, PARDOT_HOST))
        narrow: dict[str, Any] = random.choice(
            ({}, {}, {"contains": "run"}, {"contains": "search_read"}, {"contains": "crm.lead"})
            if host == ODOO_HOST
            else ({}, {}, {"method": "PATCH"}, {"contains": "oauth2"}, {"contains": "prospects"})
        )
        kind = random.choice(kinds[host])
        return {"host": host, "kind": kind, "times": random.choice((1, 1, 2, 6)), **narrow}
    if do == "crash":
        return {"calls": random.randint(1, 120)}
    if do == "outage":
        return {
            "host": random.choice((ODOO_HOST, PARDOT_HOST)),
            "seconds": random.choice((60.0, 900.0, 14_400.0)),
            "seen": random.choice(("unreachable", "503", "timeout before")),
        }
    if do == "full":
        return {"seconds": random.choice((1.0, 30.0, 600.0))}
    if do == "jump":
        return {"seconds": random.choice((-30.0, -2.0, 3_600.0, 90_000.0))}
    if do == "range":
        return {"seconds": random.choice((100.0, 5_000.0))}
    return {}
