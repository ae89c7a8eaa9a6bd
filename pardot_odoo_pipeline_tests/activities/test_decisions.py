"""What holds for every set of activities, however it is cut into batches and repeated."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.activity_rules import ActivityRules
from pardot_odoo_pipeline.mapping.activity_table import (
    KINDS,
    ActivityDisposition,
    Counter,
    Show,
    kind_of,
)
from pardot_odoo_pipeline.mapping.activity_values import canonical_activity
from pardot_odoo_pipeline.merge.activities import (
    MOST_LINES,
    Activity,
    ActivityPlan,
    Entry,
    Known,
    Owner,
    Ownership,
    decide,
)
from pardot_odoo_pipeline.merge.activity_numbers import numbers
from pardot_odoo_pipeline.merge.activity_texts import summary_of, text_of
from pardot_odoo_pipeline.schemas.activities_raw import ActivitiesRaw
from pardot_odoo_pipeline.schemas.activities_validated import split_activities

RULES = ActivityRules()
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWNERS = {
    "1": Owner(Ownership.ACTIVE, "1", 11),
    "2": Owner(Ownership.ACTIVE, "1", 11),
    "3": Owner(Ownership.ACTIVE, "3", 13),
    "4": Owner(Ownership.WAITING, "4"),
    "5": Owner(Ownership.ERASED, "5"),
}
KEYS = ["form_submission", "email_open", "page_view", "email_sent", "other", "link_click"]


@st.composite
def one(draw: st.DrawFn, number: int) -> Activity:
    at = BEGIN + timedelta(minutes=draw(st.integers(0, 4_000)))
    return Activity(
        str(number),
        draw(st.sampled_from([None, *OWNERS, "6"])),
        draw(st.sampled_from(KEYS)),
        draw(st.sampled_from([None, "emailId:1", "emailId:2"])),
        draw(st.one_of(st.none(), st.text(max_size=8))),
        draw(st.sampled_from([None, "https://a.example/x", "https://a.example/y?a=1&b=2"])),
        draw(st.one_of(st.none(), st.text(max_size=8))),
        at,
        at.date().isoformat(),
    )


@st.composite
def some(draw: st.DrawFn) -> list[Activity]:
    return [draw(one(number)) for number in range(1, draw(st.integers(1, 25)))]


class Odoo:
    """What stands in Odoo and in the ledger when every batch is carried out."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.known: dict[str, Known] = {}

    def batch(self, activities: list[Activity]) -> ActivityPlan:
        standing = {e.group_key: e for e in self.entries.values() if e.group_key}
        plan = decide(activities, OWNERS, self.known, standing, RULES)
        for entry in plan.entries.values():
            self.entries[entry.id] = replace(entry, message_id=1, fresh=False)
        for decision in plan.decisions:
            if decision.entry or decision.disposition is ActivityDisposition.IGNORED_BY_RULE:
                self.known[decision.activity_id] = Known(decision.disposition.value)
        return plan

    def said(self) -> set[tuple[str | None, int, int, str, str]]:
        """What people can read, whichever activity an entry bears the id of."""
        return {
            (e.group_key or e.id, e.lead_id, e.content["count"], e.content["first"], e.kind)
            for e in self.entries.values()
        }


@given(some())
def test_every_activity_has_exactly_one_decision(activities: list[Activity]) -> None:
    plan = Odoo().batch(activities)
    assert sorted(d.activity_id for d in plan.decisions) == sorted(a.id for a in activities)
    shown = [d for d in plan.decisions if d.entry is not None]
    assert sum(e.content["count"] for e in plan.entries.values()) == len(shown)
    heads = [d for d in shown if d.disposition is ActivityDisposition.SHOWN]
    assert len(heads) == len(plan.entries)


@given(some(), st.integers(0, 25), st.booleans())
def test_batches_and_repetitions_do_not_matter(
    activities: list[Activity], cut: int, again: bool
) -> None:
    ordered = sorted(activities, key=lambda a: a.occurred_at)
    at_once, in_parts = Odoo(), Odoo()
    at_once.batch(ordered)
    in_parts.batch(ordered[:cut])
    if again:
        repeated = in_parts.batch(ordered[:cut])
        assert not repeated.entries, "what was settled is never written again"
    in_parts.batch(ordered if again else ordered[cut:])
    assert in_parts.said() == at_once.said()


@given(some())
def test_nobody_elses_lead_and_nobody_who_is_not_there(activities: list[Activity]) -> None:
    plan = Odoo().batch(activities)
    by_id = {a.id: a for a in activities}
    for decision in plan.decisions:
        owner = OWNERS.get(by_id[decision.activity_id].prospect_id or "")
        if decision.entry is None:
            continue
        assert owner is not None
        assert owner.lead_id == plan.entries[decision.entry].lead_id


@given(some())
def test_an_entry_is_text_and_nothing_else(activities: list[Activity]) -> None:
    hostile = [replace(a, label="<script>x</script>", details='"><img src=x>') for a in activities]
    for entry in Odoo().batch(hostile).entries.values():
        body = text_of(entry)
        assert "<script" not in body
        assert "<img" not in body
        assert body.count("<li>") <= MOST_LINES + 1
        assert summary_of(entry)


def test_an_entry_of_many_pages_has_an_end() -> None:
    views = [
        Activity(
            str(n),
            "1",
            "page_view",
            f"visitorPageViewId:{n}",
            None,
            f"https://a.example/{n}",
            None,
            BEGIN,
            "2026-03-01",
        )
        for n in range(1, 300)
    ]
    [entry] = Odoo().batch(views).entries.values()
    assert entry.content["count"] == 299
    assert f"and {299 - MOST_LINES} more" in text_of(entry)


@given(
    st.lists(
        st.tuples(st.integers(0, 90), st.sampled_from([c.value for c in Counter])), max_size=40
    )
)
def test_numbers_are_sums(done: list[tuple[int, str]]) -> None:
    today = date(2026, 6, 1)
    days = [((today - timedelta(days=age)).isoformat(), counter, 1) for age, counter in done]
    found = numbers(days, today)
    for counter, name in (("opens", "email_opens"), ("forms", "form_submissions")):
        assert found[f"x_pardot_{name}"] == sum(c == counter for _, c in done)
    assert found["x_pardot_activities_30d"] == sum(age < 30 for age, _ in done)
    assert found["x_pardot_trend_30d"] == sum(1 if age < 30 else -1 for age, _ in done if age < 60)
    summed = [
        ("", counter, 1) if age >= 60 else day
        for day, (age, counter) in zip(days, done, strict=True)
        for counter in [day[1]]
    ]
    assert numbers(summed, today) == found, "what is long past may be summed up"


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"type": 4, "formId": 1}, "form_submission"),
        ({"type": 4, "formHandlerId": 1}, "form_handler_submission"),
        ({"type": 4, "landingPageId": 1}, "landing_page_submission"),
        ({"type": 11, "emailId": 1}, "email_open"),
        ({"type": 11}, "email_open"),
        ({"type": 1, "emailTemplateId": 1}, "email_click"),
        ({"type": 2, "visitorPageViewId": 1}, "page_view"),
        ({"type": 2, "formId": 1, "visitorPageViewId": 1}, "form_view"),
        ({"type": 13, "emailId": 1}, "email_bounced"),
        ({"type": 12, "listEmailId": 1}, "unsubscribed"),
        ({"type": 35, "emailId": 1}, "indirect_open"),
        ({"type": 4}, "other"),
        ({"type": 77, "formId": 1}, "other"),
    ],
)
def test_type_and_asset_tell_what_happened(row: dict[str, Any], kind: str) -> None:
    assert kind_of(row)[0].key == kind


def test_the_table_of_kinds_is_sound() -> None:
    keys = [kind.key for kind in KINDS]
    assert len(keys) == len(set(keys))
    assert set(range(1, 39)) == {kind.type for kind in KINDS if kind.type is not None}
    for kind in KINDS:
        assert not (kind.activity and kind.show is Show.NONE)


@pytest.mark.parametrize(
    ("details", "url"),
    [
        ("https://a.example/x?y=1", "https://a.example/x?y=1"),
        ("javascript:alert(1)", None),
        ("https://", None),
        ('https://a.example/"onclick=x', None),
        ("http://[broken", None),
        ("/products/valves", None),
    ],
)
def test_only_addresses_become_links(details: str, url: str | None) -> None:
    row = {
        "id": "1",
        "type": "1",
        "emailId": "7",
        "details": details,
        "createdAt": "2026-03-01T10:00:00+01:00",
    }
    found = canonical_activity(row, "UTC", label=lambda *_: "News", url=lambda *_: None)
    assert found["url"] == url
    assert found["occurred_at"] == "2026-03-01T09:00:00+00:00"


def test_a_kind_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean email_open"):
        ActivityRules.model_validate({"kinds": {"email_opn": {"show": "each"}}})


def test_a_row_that_cannot_be_placed_is_set_aside_and_named() -> None:
    good = {"id": "1", "type": "4", "prospectId": "7", "createdAt": "2026-03-01T10:00:00+01:00"}
    bad = {
        "id_unusable": {"id": None},
        "type_unusable": {"type": "form"},
        "owner_unusable": {"prospectId": "somebody"},
        "time_unusable": {"createdAt": "2026-03-01 10:00"},
    }
    columns = ActivitiesRaw.to_schema().columns
    told = [good, *({**good, "id": str(n)} | wrong for n, wrong in enumerate(bad.values(), 2))]
    frame = pd.DataFrame(
        {name: pd.array([row.get(name) for row in told], dtype="string") for name in columns}
    )
    frame["read_as"] = pd.array(["change"] * len(told), dtype="string")
    frame["read_at"] = frame["createdAt"]
    valid, reasons = split_activities(frame)
    assert valid["id"].tolist() == ["1"]
    assert reasons == dict.fromkeys(bad, 1)
