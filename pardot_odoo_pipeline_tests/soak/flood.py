"""Many events, most of them duplicates and none in order, against one clean sync.

What lives here: two worlds with the same edits, one told by events alone, one synced once, and the
comparison. What does not: kills (`rounds`).
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.desks import inbox_events
from pardot_odoo_pipeline.ledger.tables import sync_batches
from pardot_odoo_pipeline_tests.agreement import LEAD, PARTNER, PROSPECT
from pardot_odoo_pipeline_tests.soak.posting import post_all
from pardot_odoo_pipeline_tests.soak.site import PROCESSES, SoakSite, make_person
from pardot_odoo_pipeline_tests.soak.verdict import held, unrest
from pardot_odoo_pipeline_tests.world import EVERYONE, api_calls, wait_for

__all__ = ["flood"]

_PHASES = 4
_NEW = 10
"""Every tenth person comes during the flood."""

_DISTINCT = 5
"""One event in so many is the first of its id."""

_QUIET_SECONDS = 3600
_LATER_SECONDS = 400
"""What happened in the last minute is left to the next interval."""

_TYPES = ("form_submitted", "prospect_updated", "score_changed", "email_clicked")


@dataclass(frozen=True)
class Edit:
    """What somebody changes, the same in both worlds.

    Attributes:
        person: By number.
        pardot: Values of the prospect.
        odoo: Values of the contact.
    """

    person: int
    pardot: Mapping[str, Any]
    odoo: Mapping[str, Any]


def flood(
    home: Path,
    events: int,
    people: int,
    seed: int,
    ledger_url: str | None = None,
    *,
    processes: tuple[str, ...] = PROCESSES,
) -> dict[str, Any]:
    """Play it and compare; figures, and under ``problems`` what was not as promised."""
    old = people - people // _NEW
    edits = _edits(people, old, random.Random(f"{seed}/edits"))
    draw = random.Random(f"{seed}/events")
    told: dict[str, Any] = {"events": events, "people": people}
    with SoakSite.running(home / "told", people=old, ledger_url=ledger_url, start=False) as site:
        before = _batches(site)
        site.start_all(processes)
        begun = time.monotonic()
        told |= _tell(site, edits, events, old, draw)
        told["sent_seconds"] = round(time.monotonic() - begun, 1)
        wait_for(lambda: not unrest(site), _QUIET_SECONDS)
        told["seconds"] = round(time.monotonic() - begun, 1)
        site.end_all()
        told |= _figures(site, before)
        told["problems"] = list(_notes(site))
        shown = _shown(site)
        told["problems"] += [f"told again: {one}" for one in _told_again(site)]
        told["problems"] += [f"changed later: {one}" for one in _differences(shown, _shown(site))]
    with SoakSite.running(home / "synced", people=old, start=False) as clean:
        for phase in edits:
            _carry_out(clean, phase, old)
        clean.world.advance(_LATER_SECONDS)
        clean.world.sync(**clean.env)
        told["problems"] += _differences(shown, _shown(clean))
    return told


def _edits(people: int, old: int, draw: random.Random) -> list[list[Edit]]:
    """For each phase what is edited; everybody is edited in one of them at least."""
    phases: list[list[Edit]] = []
    for phase in range(_PHASES):
        edited = [n for n in range(people) if n % _PHASES == phase or draw.random() < 0.3]
        draw.shuffle(edited)
        phases.append(
            [
                Edit(
                    number,
                    {"jobTitle": f"Role {phase} of {number}", "score": draw.randrange(1, 400)},
                    {"street2": f"Floor {phase}"} if number < old and draw.random() < 0.5 else {},
                )
                for number in edited
            ]
        )
    return phases


def _carry_out(site: SoakSite, edits: list[Edit], old: int) -> list[dict[str, Any]]:
    """Edit, and say of each edit how an event tells it."""
    contacts = {
        row["x_pardot_prospect_id"]: row["id"]
        for row in site.world.client.search_read(
            "res.partner",
            [("x_pardot_prospect_id", "!=", False)],
            ["x_pardot_prospect_id"],
            context=EVERYONE,
        )
    }
    pushed: list[dict[str, Any]] = []
    for edit in edits:
        at = datetime.now(UTC)
        if edit.person >= len(site.people):
            # In the same order in both worlds, so that they get the same ids.
            for number in range(len(site.people), edit.person + 1):
                site.people.append(make_person(site.world, number))
        who = site.people[edit.person]
        site.world.edit(who, **edit.pardot)
        named: dict[str, Any] = {"prospectId": who}
        if edit.person >= old:
            named = {"email": f"soak{edit.person}@example.org"}
        pushed.append({"occurredAt": at.isoformat(), "score": edit.pardot["score"], **named})
        if edit.odoo:
            site.world.client.write("res.partner", [contacts[who]], dict(edit.odoo))
            moment = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
            event = {"_model": "res.partner", "_id": contacts[who], "write_date": moment}
            pushed.append({**event, "_action": "Changes"})
    return pushed


def _tell(
    site: SoakSite, edits: list[list[Edit]], events: int, old: int, draw: random.Random
) -> dict[str, Any]:
    """Edit in phases, and send after each what happened so far, shuffled and many times over."""
    known: list[dict[str, Any]] = []
    answers: Counter[str] = Counter()
    number = 0
    for phase, these in enumerate(edits):
        pushed = _carry_out(site, these, old)
        share = events * (phase + 1) // _PHASES - events * phase // _PHASES
        fresh = []
        for at in range(max(share // _DISTINCT, len(pushed))):
            event = pushed[at % len(pushed)]
            if "_model" in event:
                fresh.append(event)
                continue
            number += 1
            kind = draw.choice(_TYPES)
            fresh.append({"eventId": f"flood-{number}", "eventType": kind, **event})
        known += fresh
        # Each at least once, the others again, and among them those of earlier phases.
        sent = fresh + draw.choices(known, k=max(share - len(fresh), 0))
        draw.shuffle(sent)
        answers.update(post_all(site, sent, draw))
    return {"distinct": answers["accepted"], "duplicates": answers["duplicates"]}


def _batches(site: SoakSite) -> set[str]:
    with site.ledger.read() as connection:
        return {row.key for row in connection.execute(sa.select(sync_batches.c.key))}


def _figures(site: SoakSite, before: set[str]) -> dict[str, Any]:
    t = sync_batches
    with site.ledger.read() as connection:
        rows = connection.execute(sa.select(t.c.key, t.c.outcome, t.c.people)).all()
    made = [row for row in rows if row.key not in before]
    outcomes = [row.outcome or {} for row in made]
    return {
        "batches": len(made),
        "people_read": sum(row.people or 0 for row in made),
        "pardot_calls": sum(outcome.get("pardot_calls", 0) for outcome in outcomes),
        "odoo_calls": sum(outcome.get("odoo_calls", 0) for outcome in outcomes),
    }


def _notes(site: SoakSite) -> Iterator[str]:
    t = inbox_events
    with site.ledger.read() as connection:
        rows = connection.execute(
            sa.select(t.c.note, sa.func.count()).where(t.c.note.is_not(None)).group_by(t.c.note)
        ).all()
    yield from (f"{number} events closed as {note}" for note, number in rows)
    yield from site.world.twins()
    yield from held(site)


def _told_again(site: SoakSite) -> list[str]:
    """What a further batch writes on either side: nothing, when all is right."""
    before = _versions(site)
    site.world.advance(_LATER_SECONDS)
    site.world.forget()
    site.world.sync(**site.env)
    calls = api_calls(site.world.pardot)
    told = [f"{call['method']} {call['path']}" for call in calls if call["method"] != "GET"]
    return told + [name for name, at in _versions(site).items() if before.get(name) != at]


def _versions(site: SoakSite) -> dict[str, str]:
    """When each record was last written, which Odoo notes also where nothing changed."""
    return {
        f"{model} {row['id']}": row["write_date"]
        for model in ("crm.lead", "res.partner")
        for row in site.world.client.search_read(model, [], ["write_date"], context=EVERYONE)
    }


def _shown(site: SoakSite) -> dict[str, dict[str, Any]]:
    """What both systems show of everybody, without what is each world's own."""
    shown: dict[str, dict[str, Any]] = {}
    for model, fields in (
        ("crm.lead", [*LEAD.values(), "type", "active", "partner_id"]),
        ("res.partner", [*PARTNER.values(), "active"]),
    ):
        for row in site.world.client.search_read(
            model,
            [("x_pardot_prospect_id", "!=", False)],
            ["x_pardot_prospect_id", *fields],
            context=EVERYONE,
        ):
            who = row.pop("x_pardot_prospect_id")
            del row["id"]
            shown[f"{model} of {who}"] = {
                name: value[1] if isinstance(value, list) and len(value) == 2 else value
                for name, value in row.items()
            }
    for who in site.people:
        row = site.prospect(who)
        shown[f"prospect {who}"] = {name: row[name] for name in PROSPECT}
    return shown


def _differences(
    ours: Mapping[str, Mapping[str, Any]], theirs: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    found = [f"{name}: only in one" for name in sorted(ours.keys() ^ theirs.keys())]
    for name in sorted(ours.keys() & theirs.keys()):
        found += [
            f"{name}: {key} is {value!r}, not {theirs[name][key]!r}"
            for key, value in ours[name].items()
            if value != theirs[name][key]
        ]
    return found
