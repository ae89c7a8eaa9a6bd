"""What Pardot is told of a deal: the promises of one-way fields, whatever people do."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.canonical import UNREAD_COLUMN
from pardot_odoo_pipeline.mapping.deal_forms import (
    BLANK,
    DealLookups,
    DealStatus,
    Stage,
    api_value,
    deal_facts,
    shown_facts,
)
from pardot_odoo_pipeline.mapping.stage_rules import DealDatum, StageRules
from pardot_odoo_pipeline.merge.lifecycle import FactsDecision, decide_facts, key_of
from pardot_odoo_pipeline.merge.values import AgreedPair

NAMES = ("stage", "owner", "expected_revenue", "close_date", "status", "lost_reason")
RULES = StageRules.model_validate({"fields": {name: f"{name}__c" for name in NAMES}})
LOOKUPS = DealLookups(
    stages={1: Stage("New", False), 2: Stage("Qualified", False)},
    lost_reasons={5: "Too expensive"},
    users={7: "ann@example.com"},
    pardot_users={"ann@example.com": 2101},
)
UTC = ZoneInfo("UTC")
RECORD: dict[str, Any] = {
    "active": True,
    "stage_id": 2,
    "user_id": 7,
    "expected_revenue": 1200.5,
    "date_deadline": "2026-05-01",
    "date_closed": False,
    "lost_reason_id": False,
}

words = st.sampled_from([BLANK, "Qualified", "Won", "somebody's text"])
facts = st.dictionaries(st.sampled_from(list(DealDatum)), words)


class OneField:
    """A prospect's fields, and what the ledger remembers, over some batches."""

    def __init__(self, shown: dict[DealDatum, Any]) -> None:
        self.shown = shown
        self.pairs: dict[str, AgreedPair] = {}

    def batch(self, told: dict[DealDatum, Any], *, cut: int = 100) -> FactsDecision:
        decided = decide_facts(told, self.shown, self.pairs)
        self.shown |= {
            datum: value[:cut] if isinstance(value, str) else value
            for datum, value in decided.values.items()
        }
        confirmed = {
            key_of(datum): AgreedPair(self.shown[datum], told[datum]) for datum in decided.values
        }
        self.pairs |= {**decided.pairs, **confirmed}
        assert set(decided.after) == set(confirmed)
        return decided


@given(facts, facts, st.integers(3, 20))
def test_what_was_told_once_is_not_told_again(
    told: dict[DealDatum, Any], shown: dict[DealDatum, Any], cut: int
) -> None:
    pardot = OneField(shown)
    pardot.batch(told, cut=cut)
    again = pardot.batch(told, cut=cut)
    assert (again.values, again.losers) == ({}, ())


@given(facts, facts, st.lists(st.tuples(facts, facts), max_size=4))
def test_pardot_shows_what_odoo_says_or_what_odoo_never_had(
    told: dict[DealDatum, Any],
    shown: dict[DealDatum, Any],
    later: list[tuple[dict[DealDatum, Any], dict[DealDatum, Any]]],
) -> None:
    pardot = OneField(shown)
    pardot.batch(told)
    for edits, changes in later:
        pardot.shown |= edits
        told = {**told, **changes}
        pardot.batch(told)
    for datum, value in told.items():
        assert pardot.shown.get(datum, BLANK) == value or value is BLANK


@given(facts, facts, facts)
def test_what_somebody_typed_in_pardot_is_put_back_and_kept(
    told: dict[DealDatum, Any], shown: dict[DealDatum, Any], typed: dict[DealDatum, Any]
) -> None:
    pardot = OneField(shown)
    pardot.batch(told)
    before = dict(pardot.shown)
    pardot.shown |= typed
    decided = pardot.batch(told)
    kept = {loser.key: loser.pardot for loser in decided.losers}
    for datum in decided.values:
        gone = typed[datum]
        assert gone != before.get(datum, BLANK), "what nobody touched is not written"
        assert gone is BLANK or kept[key_of(datum)] == gone
    assert {loser.winner for loser in decided.losers} <= {"odoo"}


@given(facts, facts)
def test_a_first_contact_keeps_what_it_overwrites(
    told: dict[DealDatum, Any], shown: dict[DealDatum, Any]
) -> None:
    decided = decide_facts(told, shown, {})
    overwritten = {key_of(d): shown[d] for d in decided.values if shown.get(d, BLANK) is not BLANK}
    assert {loser.key: loser.pardot for loser in decided.losers} == overwritten
    assert {loser.rule for loser in decided.losers} <= {"first_contact:authority:odoo"}
    assert all(value is not BLANK for value in decided.values.values()), "nothing is cleared"


@given(facts)
def test_a_field_that_was_not_read_is_told_once(told: dict[DealDatum, Any]) -> None:
    decided = decide_facts(told, {}, {})
    assert decided.values == {datum: value for datum, value in told.items() if value is not BLANK}
    assert decided.losers == ()
    assert decide_facts(told, {}, decided.after).values == {}


def test_facts_of_an_open_deal() -> None:
    assert deal_facts(RECORD, DealStatus.OPEN, LOOKUPS, RULES, UTC) == {
        DealDatum.STAGE: "Qualified",
        DealDatum.OWNER: "ann@example.com",
        DealDatum.EXPECTED_REVENUE: 1200.5,
        DealDatum.CLOSE_DATE: "2026-05-01",
        DealDatum.STATUS: "Open",
        DealDatum.LOST_REASON: BLANK,
    }


def test_a_closed_deal_has_the_day_it_was_closed_on_in_the_account_s_zone() -> None:
    closed = {**RECORD, "date_closed": "2026-03-28 23:30:00", "lost_reason_id": 5}
    told = deal_facts(closed, DealStatus.LOST, LOOKUPS, RULES, ZoneInfo("Europe/Berlin"))
    assert told[DealDatum.CLOSE_DATE] == "2026-03-29"
    assert told[DealDatum.LOST_REASON] == "Too expensive"
    assert told[DealDatum.STATUS] == "Lost"


def test_a_reason_left_from_before_is_none_while_the_deal_is_open() -> None:
    again = {**RECORD, "lost_reason_id": 5}
    assert deal_facts(again, DealStatus.OPEN, LOOKUPS, RULES, UTC)[DealDatum.LOST_REASON] is BLANK


def test_an_unknown_stage_says_nothing_and_nobody_is_a_blank() -> None:
    told = deal_facts(
        {**RECORD, "stage_id": 99, "user_id": False}, DealStatus.OPEN, LOOKUPS, RULES, UTC
    )
    assert DealDatum.STAGE not in told
    assert told[DealDatum.OWNER] is BLANK


def test_a_prospect_keeps_its_user_where_pardot_does_not_know_the_salesperson() -> None:
    rules = StageRules.model_validate({"assign_user": True})
    told = deal_facts(RECORD, DealStatus.OPEN, LOOKUPS, rules, UTC)
    assert told == {DealDatum.USER: 2101}
    for nobody in (False, 8):
        record = {**RECORD, "user_id": nobody}
        assert deal_facts(record, DealStatus.OPEN, LOOKUPS, rules, UTC) == {}


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        ("1200.50", 1200.5),
        (1200.5, 1200.5),
        ("1200", 1200),
        (1200.0, 1200),
        ("0", BLANK),
        (None, BLANK),
        ("", BLANK),
        ("1200.504", 1200.5),
        ("a lot", "a lot"),
    ],
)
def test_a_revenue_has_one_form_however_it_is_spelt(raw: Any, form: Any) -> None:
    shown = shown_facts({"expected_revenue__c": raw}, RULES)
    assert shown == {DealDatum.EXPECTED_REVENUE: form}


def test_a_field_that_a_row_says_was_not_read_is_none_that_is_blank() -> None:
    raw = {"stage__c": None, "owner__c": None, UNREAD_COLUMN: "x__c stage__c"}
    assert shown_facts(raw, RULES) == {DealDatum.OWNER: BLANK}


@pytest.mark.parametrize("raw", ["2026-05-01", "2026-05-01T00:00:00+02:00", " 2026-05-01 "])
def test_a_day_has_one_form(raw: str) -> None:
    assert shown_facts({"close_date__c": raw}, RULES) == {DealDatum.CLOSE_DATE: "2026-05-01"}


def test_the_api_gets_numbers_where_the_field_holds_numbers() -> None:
    assert api_value(1200.5, as_number=True) == 1200.5
    assert api_value(1200.5, as_number=False) == "1200.5"
    assert api_value(1200, as_number=False) == "1200"
    assert api_value("Won", as_number=True) == "Won"
    assert api_value(BLANK, as_number=True) is None


def test_what_odoo_takes_back_is_cleared() -> None:
    pardot = OneField({})
    pardot.batch({DealDatum.LOST_REASON: "Too expensive"})
    assert pardot.batch({DealDatum.LOST_REASON: BLANK}).values == {DealDatum.LOST_REASON: BLANK}
    assert pardot.shown == {DealDatum.LOST_REASON: BLANK}
    assert pardot.batch({DealDatum.LOST_REASON: BLANK}).values == {}


def test_what_odoo_never_had_stays_as_pardot_has_it() -> None:
    pardot = OneField({DealDatum.LOST_REASON: "imported"})
    for _ in range(2):
        decided = pardot.batch({DealDatum.LOST_REASON: BLANK})
        assert (decided.values, decided.losers) == ({}, ())
    pardot.shown[DealDatum.LOST_REASON] = "imported again"
    assert pardot.batch({DealDatum.LOST_REASON: BLANK}).values == {}
